package judge

import (
	"fmt"
	"sync"
	"testing"
)

// TestOperatorsAreRegistrableDomains asks for more names than are remembered, from
// several goroutines, and each twice.
func TestOperatorsAreRegistrableDomains(t *testing.T) {
	cases := map[string]string{
		"mx1.mail.example.co.uk": "example.co.uk", "MX.Example.NET.": "example.net", "co.uk": "co.uk",
		"192.0.2.1": "", ".": "", "a..b": "", "x.s3.amazonaws.com": "x.s3.amazonaws.com",
	}
	o := NewOperators()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for name, want := range cases {
				for range 2 {
					if got := o.of(name); got != want {
						t.Errorf("operator of %q: %q, want %q", name, got, want)
					}
				}
			}
			for i := range maxOperators + 10 {
				name := fmt.Sprintf("h%d.example.org", i)
				if got := o.of(name); got != "example.org" {
					t.Errorf("operator of %q: %q", name, got)
				}
			}
		})
	}
	all.Wait()
	if n := len(o.known); n == 0 || n > maxOperators {
		t.Errorf("%d names remembered, want 1 to %d", n, maxOperators)
	}
	if got := (*Operators)(nil).of("mx.example.org"); got != "example.org" {
		t.Errorf("without memory: %q", got)
	}
}

func TestOperatorsDoNotKeepTheCallersMemory(t *testing.T) {
	o := NewOperators()
	lent := []byte("mx.example.org")
	o.of(string(lent[:len(lent):len(lent)]))
	allocs := testing.AllocsPerRun(100, func() { o.of("mx.example.org") })
	if allocs != 0 {
		t.Errorf("%v allocations to look a known name up, want none", allocs)
	}
}
