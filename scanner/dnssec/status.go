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
