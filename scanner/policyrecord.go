package scanner

import (
	"slices"
	"strings"

	"github.com/miekg/dns"

	"danescan/datasets/run"
)

// Bounds of what is kept of a policy record.
const (
	maxRecord = 512 // octets of its text
	maxURIs   = 8   // of a TLSRPT record
	maxURI    = 256 // octets of each
)

// What is wrong with a record that is meant to be one of MTA-STS or TLSRPT.
const (
	badVersion = "version" // it does not begin with the version and a semicolon
	badSyntax  = "syntax"  // no name=value pairs between semicolons
	noID       = "no-id"
	badID      = "id"
	noRUA      = "no-rua"
	badRUA     = "rua"    // no list of URIs
	badScheme  = "scheme" // no URI that is mailto or https
)

// choose picks the record that counts among all TXT records at a name. Where there
// are several, those that do not begin with the version and a semicolon are
// discarded; more than one of the rest is as good as none (RFC 8461, Section 3.1;
// RFC 8460, Section 3).
//
// The state is valid where there is a record to be taken apart. Where all are
// discarded, but one of them was meant, it is invalid: senders see no record, and
// the operator sees no reason.
func choose(texts []string, version string) (string, run.RecordState) {
	var kept, meant []string
	for _, t := range texts {
		if strings.HasPrefix(t, version+";") {
			kept = append(kept, t)
		} else if meantAs(t, version) {
			meant = append(meant, t)
		}
	}
	switch {
	case len(kept) > 1:
		return slices.Min(kept), run.RecordSeveral
	case len(kept) == 1:
		return kept[0], run.RecordValid
	case len(meant) == 1 && len(texts) == 1:
		return meant[0], run.RecordValid // nothing is discarded from one: the grammar decides
	case len(meant) > 0:
		return slices.Min(meant), run.RecordInvalid
	}
	return "", run.RecordNone
}

// meantAs reports whether a text begins with a version, and not with a longer one.
func meantAs(text, version string) bool {
	rest, ok := strings.CutPrefix(text, version)
	return ok && (rest == "" || !alphanumeric(rest[0]))
}

// field is one name=value of a policy record.
type field struct{ name, value string }

// fieldsOf takes apart what follows the version: one or more fields, each behind a
// semicolon with white space around it; another semicolon may end them. False where
// it is none of this.
func fieldsOf(rest string) ([]field, bool) {
	parts := strings.Split(rest, ";")
	last := len(parts) - 1
	if trimWSP(parts[0]) != "" || last == 0 {
		return nil, false
	}
	if last > 1 && trimWSP(parts[last]) == "" {
		last-- // the semicolon at the end
	} else if strings.TrimRight(parts[last], wsp) != parts[last] {
		return nil, false // white space at the end, without one
	}
	var fields []field
	for _, part := range parts[1 : last+1] {
		name, value, ok := strings.Cut(trimWSP(part), "=")
		if !ok || !isFieldName(name) {
			return nil, false
		}
		fields = append(fields, field{name, value})
	}
	return fields, true
}

const wsp = " \t" // WSP of RFC 5234, Appendix B.1

func trimWSP(s string) string { return strings.Trim(s, wsp) }

// isFieldName is the grammar of sts-ext-name and tlsrpt-ext-name, which are one.
func isFieldName(s string) bool {
	if s == "" || len(s) > 32 || !alphanumeric(s[0]) {
		return false
	}
	for _, c := range []byte(s) {
		if !alphanumeric(c) && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isFieldValue is the grammar of sts-ext-value and tlsrpt-ext-value.
func isFieldValue(s string) bool {
	for _, c := range []byte(s) {
		if c < 0x21 || c > 0x7e || c == '=' || c == ';' {
			return false
		}
	}
	return s != ""
}

func alphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// textsOf are the texts of TXT records, the strings of each joined without spaces
// (RFC 8461, Section 3.1).
func textsOf(records []dns.RR) []string {
	var texts []string
	for _, rr := range records {
		if txt, ok := rr.(*dns.TXT); ok {
			texts = append(texts, unescaped(strings.Join(txt.Txt, "")))
		}
	}
	return texts
}

// unescaped undoes the escapes of master files (RFC 1035, Section 5.1): a backslash
// before three digits or before any other character.
func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b = append(b, s[i])
		case i+3 < len(s) && digits(s[i+1:i+4]):
			b = append(b, (s[i+1]-'0')*100+(s[i+2]-'0')*10+s[i+3]-'0')
			i += 3
		default:
			b = append(b, s[i+1])
			i++
		}
	}
	return string(b)
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// kept is a text from outside as it is stored: its first octets, those that are no
// printable ASCII as \DDD.
func kept(text string, most int) string {
	const decimal = "0123456789"
	b := make([]byte, 0, min(len(text), most))
	for _, c := range []byte(text[:min(len(text), most)]) {
		if c >= ' ' && c <= '~' && c != '\\' {
			b = append(b, c)
			continue
		}
		b = append(b, '\\', decimal[c/100], decimal[c/10%10], decimal[c%10])
	}
	return string(b)
}
