package judge

import (
	"strings"
	"testing"

	"danescan/datasets/run"
)

func TestMXTarget(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	three := label63 + "." + label63 + "." + label63 // 191 characters
	for name, want := range map[string]run.Reason{
		"mx.example.net":        "",
		"mx.example.net.":       "",
		"MX.Example.NET":        "",
		"localhost":             "",
		"_mx.example.net":       "",
		"xn--mller-kva.example": "",
		`a\.b.example`:          "",
		`a\046b.example`:        "",
		"1.2.3":                 "",
		"":                      run.ReasonRoot,
		".":                     run.ReasonRoot,
		"192.0.2.1":             run.ReasonIPLiteral,
		"192.0.2.1.":            run.ReasonIPLiteral,
		"[192.0.2.1]":           run.ReasonIPLiteral,
		"2001:db8::1":           run.ReasonIPLiteral,
		"[IPv6:2001:db8::1]":    run.ReasonIPLiteral,
		"mx..example.net":       run.ReasonBadName,
		".example.net":          run.ReasonBadName,
		"mx.example.net..":      run.ReasonBadName,
		label63 + "a.example":   run.ReasonBadName,
		`mx.example\`:           run.ReasonBadName,
		`mx\25.example`:         run.ReasonBadName,
		`mx\999.example`:        run.ReasonBadName,

		three + "." + strings.Repeat("b", 52):                          "", // 246 octets on the wire
		three + "." + strings.Repeat("b", 53):                          run.ReasonNameTooLong,
		three + "." + label63 + "." + strings.Repeat("b", 30):          run.ReasonNameTooLong,
		three + "." + strings.Repeat(`\`+"098", 52) /* escapes: 52 */ : "",
	} {
		ok, reason := MXTarget(name)
		if reason != want || ok != (want == "") {
			t.Errorf("MXTarget(%q) = %v, %q; want %q", name, ok, reason, want)
		}
	}
}

func FuzzMXTarget(f *testing.F) {
	for _, seed := range []string{"mx.example.net", ".", "", `a\`, `\`, `a\1`, `\000.\255`, "[::1]", "..", strings.Repeat("a.", 200)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		ok, reason := MXTarget(name)
		if ok != (reason == "") {
			t.Fatalf("%v beside reason %q", ok, reason)
		}
		if ok && len(name) > 4*maxBase {
			t.Fatalf("a name of %d characters is taken", len(name))
		}
	})
}
