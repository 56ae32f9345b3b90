package dnssec

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestReasons shows that the list is closed: every reason that the source names has
// its line in the table, and none is without a status to explain.
func TestReasons(t *testing.T) {
	source, err := os.ReadFile("reason.go")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?m)^\t(Reason\w+) +Reason = "([a-z0-9-]+)"`).FindAllStringSubmatch(string(source), -1)
	if len(named) != len(reasons) || len(named) < 30 {
		t.Errorf("%d reasons named, %d in the table", len(named), len(reasons))
	}
	for _, m := range named {
		line, ok := reasons[Reason(m[2])]
		if !ok || line.status == Secure {
			t.Errorf("%s: %v %t", m[1], line.status, ok)
		}
		if code := Reason(m[2]).EDE(); dns.ExtendedErrorCodeToString[code] == "" {
			t.Errorf("%s: code %d is none of the registry", m[1], code)
		}
	}
	for reason, want := range map[Reason]uint16{
		ReasonUnsupportedAlg: 1, ReasonUnsupportedDigest: 2, ReasonSignatureInvalid: 6, ReasonSignatureExpired: 7,
		ReasonSignatureNotYet: 8, ReasonDSMismatch: 9, ReasonRRSIGMissing: 10, ReasonNotZoneKey: 11,
		ReasonDenialMissing: 12, ReasonNSEC3Iterations: 27, ReasonNoReply: 22,
	} {
		if reason.EDE() != want {
			t.Errorf("%s: %d, want %d", reason, reason.EDE(), want)
		}
	}
}

// TestRootAnchors warns when the compiled-in anchors are old.
func TestRootAnchors(t *testing.T) {
	m := regexp.MustCompile(`(?m)^; date: (\d{4}-\d\d-\d\d)`).FindStringSubmatch(rootAnchors)
	if m == nil || !strings.Contains(rootAnchors, "; source: https://") {
		t.Fatal("no date or no source")
	}
	date, err := time.Parse(time.DateOnly, m[1])
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(date); age > 400*24*time.Hour {
		t.Logf("WARNING: the root anchors were last compared with IANA's on %s", m[1])
	}
	tags := map[uint16]bool{}
	for _, a := range RootAnchors() {
		tags[a.DS.KeyTag] = a.Name == "."
	}
	if len(tags) != 2 || !tags[20326] || !tags[38696] {
		t.Errorf("tags %v", tags)
	}
}

func TestParseAnchors(t *testing.T) {
	for _, c := range []struct {
		text string
		want int // -1: an error
	}{
		{"", 0},
		{"; a comment\nExample. 3600 IN DS 1 8 2 00\nexample. DNSKEY 257 3 8 AwEAAQ==\n", 2},
		{"example. IN A 192.0.2.1", -1},
		{"example. IN DS 1 8", -1},
		{"example. IN DS", -1},
		{"$INCLUDE /etc/passwd", -1},
	} {
		got, err := ParseAnchors(c.text)
		if (err != nil) != (c.want < 0) || err == nil && len(got) != c.want {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
		for _, a := range got {
			if a.Name != "example." {
				t.Errorf("%q: name %q", c.text, a.Name)
			}
		}
	}
	for _, cfg := range []Config{
		{Anchors: []Anchor{{Name: "."}}}, {Anchors: []Anchor{{Name: "..", DS: &dns.DS{}}}}, {Insecure: []string{"a..b"}},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%+v is taken", cfg)
		}
	}
}
