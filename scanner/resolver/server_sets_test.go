package resolver

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

func TestServerSets(t *testing.T) {
	now := time.Unix(1000, 0)
	list := func(names ...string) []NameServer {
		var out []NameServer
		for _, n := range names {
			out = append(out, NameServer{Name: n})
		}
		return out
	}
	s := newServerSets(64)
	first := s.share(list("a.example.", "b.example."), now)
	if again := s.share(list("a.example.", "b.example."), now); &again[0] != &first[0] {
		t.Error("equal lists are not shared")
	}
	for what, other := range map[string][]NameServer{
		"order":   list("b.example.", "a.example."),
		"fewer":   list("a.example."),
		"address": {{Name: "a.example.", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}, {Name: "b.example."}},
	} {
		if got := s.share(other, now); !sameServer(got[0], other[0]) || len(got) != len(other) {
			t.Errorf("%s: got %v for %v", what, got, other)
		}
	}
	for i := range 10_000 {
		s.share(list(fmt.Sprintf("ns%d.example.", i)), now)
	}
	if n := s.sets.len(); n > 64 {
		t.Errorf("%d lists, limit 64", n)
	}
}
