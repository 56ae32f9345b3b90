package resolver

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

func TestServerSets(t *testing.T) {
	now := time.Unix(1000, 0)
	list := func(names ...string) *referred {
		var out referred
		for _, n := range names {
			out.names = append(out.names, mustName(n))
		}
		return &out
	}
	addressed := func(r *referred, addrs ...glued) *referred {
		r.glue = addrs
		return r
	}
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	s := newServerSets(64)
	first := s.share(list("a.example.", "b.example."), now)
	if again := s.share(list("a.example.", "b.example."), now); &again[0] != &first[0] {
		t.Error("equal lists are not shared")
	}
	glue := []glued{{1, one}, {0, two}, {1, two}}
	for what, c := range map[string]struct {
		referred *referred
		want     []NameServer
	}{
		"order":     {list("b.example.", "a.example."), []NameServer{{Name: "b.example."}, {Name: "a.example."}}},
		"fewer":     {list("a.example."), []NameServer{{Name: "a.example."}}},
		"address":   {addressed(list("a.example.", "b.example."), glued{0, one}), []NameServer{{"a.example.", []netip.Addr{one}}, {Name: "b.example."}}},
		"addresses": {addressed(list("a.example.", "b.example."), glue...), []NameServer{{"a.example.", []netip.Addr{two}}, {"b.example.", []netip.Addr{one, two}}}},
	} {
		got := s.share(c.referred, now)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", what, got, c.want)
		}
		if again := s.share(c.referred, now); &again[0] != &got[0] {
			t.Errorf("%s: not shared", what)
		}
	}
	set := addressed(list("a.example.", "b.example."), glue...).set()
	for what, other := range map[string]*referred{
		"none": addressed(list("a.example.", "b.example.")), "one less": addressed(list("a.example.", "b.example."), glue[:2]...),
		"one more": addressed(list("a.example.", "b.example."), append(glue, glued{0, one})...),
		"turned":   addressed(list("a.example.", "b.example."), glued{1, two}, glued{0, two}, glued{1, one}),
		"names":    addressed(list("a.example.", "c.example."), glue...), "more names": addressed(list("a.example.", "b.example.", "c.example."), glue...),
	} {
		if set.is(other) {
			t.Errorf("%s: taken for the same", what)
		}
	}
	for i := range 10_000 {
		s.share(list(fmt.Sprintf("ns%d.example.", i)), now)
	}
	if n := s.sets.len(); n > 64 {
		t.Errorf("%d lists, limit 64", n)
	}
}
