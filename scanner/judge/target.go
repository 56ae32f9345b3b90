package judge

import (
	"net/netip"
	"strings"

	"danescan/datasets/run"
)

const (
	maxName   = 255                              // octets of a name on the wire (RFC 1035, Section 3.1)
	maxLabel  = 63                               // octets of a label
	tlsaOwner = "_25._tcp."                      // RFC 7672, Section 2.2.3
	maxBase   = maxName - len("\x03_25\x04_tcp") // wire octets left for a base domain
)

// MXTarget reports whether name can be an MX host with TLSA records. Where it
// cannot, nothing is asked about it and nothing probed, and the reason says why:
// ip-literal, root, bad-name or name-too-long. An underscore is no fault: the DNS
// carries it, and senders connect.
func MXTarget(name string) (ok bool, reason run.Reason) {
	if name == "" || name == "." {
		return false, run.ReasonRoot
	}
	if isAddress(name) {
		return false, run.ReasonIPLiteral
	}
	length, ok := wireLength(name)
	if !ok {
		return false, run.ReasonBadName
	}
	if length > maxBase {
		return false, run.ReasonNameTooLong
	}
	return true, ""
}

// isAddress reports whether name is an IP address in text, as an operator writes
// it who takes an MX record for an address record.
func isAddress(name string) bool {
	name = strings.TrimSuffix(name, ".")
	name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	if n := len(name); n == 0 || (name[n-1] < '0' || name[n-1] > '9') && !strings.Contains(name, ":") {
		return false // as nearly every name: no address is like that
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	rest, literal := strings.CutPrefix(strings.ToLower(name), "ipv6:")
	_, err := netip.ParseAddr(rest)
	return literal && err == nil
}

// wireLength returns the octets that a name in presentation form takes on the
// wire, escapes undone (RFC 1035, Section 5.1). It is not ok where a label is
// empty or too long, or an escape is cut short.
func wireLength(name string) (length int, ok bool) {
	name = trimDot(name)
	length = 1
	label := 0
	for i := 0; i < len(name); i++ {
		if name[i] == '.' {
			if label == 0 {
				return 0, false
			}
			length, label = length+label+1, 0
			continue
		}
		if name[i] == '\\' {
			skip := escapeLength(name[i+1:])
			if skip == 0 {
				return 0, false
			}
			i += skip
		}
		if label++; label > maxLabel {
			return 0, false
		}
	}
	if label == 0 {
		return 0, false
	}
	return length + label + 1, true
}

// escapeLength returns how many characters after a backslash belong to its
// escape: three digits, or any one character. 0: none is there.
func escapeLength(rest string) int {
	if rest == "" {
		return 0
	}
	if rest[0] < '0' || rest[0] > '9' {
		return 1
	}
	if len(rest) < 3 || rest[:3] > "255" {
		return 0
	}
	for _, c := range []byte(rest[:3]) {
		if c < '0' || c > '9' {
			return 0
		}
	}
	return 3
}

// trimDot takes the final dot off a name, unless it is escaped.
func trimDot(name string) string {
	if strings.HasSuffix(name, `\.`) {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// canonical returns a name as rows spell it: lower case, no final dot; the root
// stays a dot.
func canonical(name string) string {
	if name == "." {
		return name
	}
	return strings.ToLower(trimDot(name))
}
