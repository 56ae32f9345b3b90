package smtp

import (
	"bytes"
	"strings"
)

// extensions returns what the lines of an EHLO reply offer, as sent and capped,
// and whether STARTTLS is among them. The first line is the server's name
// (RFC 5321, Section 4.1.1.1). A keyword is a word, in any case: neither
// "XSTARTTLS" nor a STARTTLS in a parameter offers TLS.
func extensions(lines [][]byte) (offered []string, starttls bool) {
	for i, line := range lines {
		if i == 0 {
			continue
		}
		if isKeyword(line, "STARTTLS") {
			starttls = true
		}
		if len(offered) < maxExtensions && len(line) > 0 {
			offered = append(offered, strings.ToValidUTF8(string(line[:min(len(line), maxExtension)]), "\ufffd"))
		}
	}
	return offered, starttls
}

// isKeyword reports whether the first word of line is keyword. Like Postfix it
// takes "=" for an end of the word, too.
func isKeyword(line []byte, keyword string) bool {
	line = bytes.TrimLeft(line, " \t")
	if end := bytes.IndexAny(line, " \t="); end >= 0 {
		line = line[:end]
	}
	return strings.EqualFold(string(line), keyword)
}
