package resolver

import (
	"testing"

	"github.com/miekg/dns"
)

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		zone, name string
		want       bool
	}{
		{".", ".", true},
		{".", "example.", true},
		{"example.", ".", false},
		{"example.", "example.", true},
		{"example.", "mail.example.", true},
		{"example.", "a.b.example.", true},
		{"example.", "notexample.", false},
		{"mail.example.", "example.", false},
		{"example.", "sample.", false},
		{"example.", `a\.example.`, false},
		{"example.", `a\\.example.`, true},
		{"example.", `a\\\.example.`, false},
		{"example.", `\.example.`, false},
		{"example.", `a\046.example.`, true},
		{`a\.b.example.`, `c.a\.b.example.`, true},
		{`b.example.`, `c.a\.b.example.`, false},
	} {
		if got := within(c.zone, c.name); got != c.want {
			t.Errorf("within(%q, %q) = %v", c.zone, c.name, got)
		}
	}
}

// TestCanonical compares with the library whose results it stands in for.
func TestCanonical(t *testing.T) {
	for _, name := range []string{".", "", "com", "com.", "COM.", "Example.Com", `a\.`, `a\..`, `a\\.`, `A\046b.`, "é.example.", "\xff."} {
		if got, want := canonical(name), dns.CanonicalName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}
