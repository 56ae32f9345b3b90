package dnssec

// Status is the security status of a lookup (RFC 4035, Section 4.3). The zero
// value is Indeterminate: nothing becomes secure or insecure by default.
type Status uint8

const (
	Indeterminate Status = iota // no usable reply came, or a work limit was hit
	Bogus                       // should validate and does not
	Insecure                    // proven to be outside of any chain of trust
	Secure                      // proven
)

// String names the status as reports and tables do.
func (s Status) String() string {
	switch s {
	case Secure:
		return "secure"
	case Insecure:
		return "insecure"
	case Bogus:
		return "bogus"
	}
	return "indeterminate"
}

// Worst returns the lower of two statuses: the status of an alias chain is that
// of its worst link (RFC 7672, Section 2.1.3).
func Worst(a, b Status) Status { return min(a, b) }
