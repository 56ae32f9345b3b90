package scanner

import (
	"strings"

	"danescan/datasets/run"
	"danescan/scanner/resolver"
)

// tlsrptVersion begins a TLSRPT record (RFC 8460, Section 3).
const tlsrptVersion = "v=TLSRPTv1"

// tlsRPT is what the TXT lookup at _smtp._tls.<domain> says, as mtaSTS.
func tlsRPT(a resolver.Answer) *run.TLSRPT {
	row := &run.TLSRPT{Lookup: ptr(lookupRow(a)), State: run.RecordError}
	if a.Failed() {
		return row
	}
	text, state := choose(textsOf(a.Records), tlsrptVersion)
	row.Record, row.State = kept(text, maxRecord), state
	switch state {
	case run.RecordInvalid:
		row.Reason = badVersion
	case run.RecordValid:
		uris, reason := parseTLSRPT(text)
		if row.Reason = reason; reason != "" {
			row.State = run.RecordInvalid
		}
		for _, uri := range uris[:min(len(uris), maxURIs)] {
			row.RUA = append(row.RUA, kept(uri, maxURI))
		}
	}
	return row
}

// parseTLSRPT takes a TLSRPT record apart, by the grammar of RFC 8460, Section 3, and
// gives the URIs of the two schemes that reports can go to, or what is wrong.
func parseTLSRPT(text string) (uris []string, reason string) {
	if !meantAs(text, tlsrptVersion) {
		return nil, badVersion
	}
	fields, ok := fieldsOf(text[len(tlsrptVersion):])
	if !ok {
		return nil, badSyntax
	}
	reason = noRUA
	for _, f := range fields {
		if f.name != "rua" {
			if !isFieldValue(f.value) {
				return nil, badSyntax
			}
			continue
		}
		if reason == noRUA {
			reason = badScheme
		}
		for uri := range strings.SplitSeq(f.value, ",") {
			known, ok := reportURI(trimWSP(uri))
			if !ok {
				return nil, badRUA
			}
			if known {
				uris, reason = append(uris, trimWSP(uri)), ""
			}
		}
		if trimWSP(f.value) != f.value {
			return nil, badRUA // white space stands around commas alone
		}
	}
	return uris, reason
}

// reportURI reports whether a text is a URI (RFC 3986, Section 3) in which commas,
// exclamation points and semicolons are encoded, and whether reports can go there: a
// mail address or a web server.
func reportURI(s string) (known, ok bool) {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !isScheme(scheme) || !isURIText(rest) {
		return false, false
	}
	switch strings.ToLower(scheme) {
	case "mailto":
		address, _, _ := strings.Cut(rest, "?")
		at := strings.IndexByte(address, '@')
		return true, at > 0 && at < len(address)-1
	case "https":
		host, ok := strings.CutPrefix(rest, "//")
		return true, ok && host != "" && !strings.ContainsRune("/?#:", rune(host[0]))
	}
	return false, true
}

// isScheme is the grammar of RFC 3986, Section 3.1.
func isScheme(s string) bool {
	if s == "" || !alphanumeric(s[0]) || s[0] <= '9' {
		return false
	}
	for _, c := range []byte(s) {
		if !alphanumeric(c) && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isURIText reports whether a text holds what may stand in a URI (RFC 3986, Section
// 2), but for the characters that a TLSRPT record wants encoded.
func isURIText(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case alphanumeric(c) || strings.IndexByte("-._~:/?#[]@$&'()*+=", c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
