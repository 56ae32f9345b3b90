package scanner

import (
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

func TestHostTable(t *testing.T) {
	table := newHostTable()
	for i := range 1000 {
		table.name(fmt.Sprintf("h%d.example", i), 1)
	}
	table.name("h7.example", 1)
	table.name("h8.example", 1)
	table.name("h8.example", -1)
	for host, want := range map[string]int64{"h7.example": 2, "h8.example": 1, "h9.example": 1, "h1000.example": 0} {
		if got := table.domains(host); got != want {
			t.Errorf("%s is named by %d domains, want %d", host, got, want)
		}
	}
	none := judge.HostFacts{State: run.TLSANone, Verdict: run.None, Reason: run.ReasonTLSA}
	for i := range 900 {
		f := none
		f.Alias = i%2 == 0
		table.set(fmt.Sprintf("h%d.example", i), f, 0)
	}
	verified := judge.HostFacts{State: run.TLSAUsable, Verdict: run.Verified}
	table.set("h1.example", verified, 1)
	table.set("h2.example", verified, 2)
	alias := none
	alias.Alias = true
	for host, want := range map[string]judge.HostFacts{
		"h1.example": verified, "h2.example": verified, "h3.example": none, "h4.example": alias,
		"h950.example": {}, "h1000.example": {},
	} {
		if got := table.of(host); !reflect.DeepEqual(got, want) {
			t.Errorf("%s has the facts %+v, want %+v", host, got, want)
		}
	}
	if len(table.kinds) != 1+2+2 {
		t.Errorf("%d kinds of facts kept: hosts without sessions share theirs", len(table.kinds))
	}
}

// Names that are there twice are found, and hardly any other is suspected.
func TestTwice(t *testing.T) {
	names := newTwice()
	for i := range 50_000 {
		names.add(fmt.Sprintf("d%d.example", i))
	}
	again := []string{"d0.example", "d4711.example", "d49999.example"}
	for _, name := range again {
		names.add(name)
		names.add(name)
	}
	found := names.suspects()
	var got []string
	for i := range 50_000 {
		if name := fmt.Sprintf("d%d.example", i); names.suspect(name, found) {
			got = append(got, name)
		}
	}
	if !slices.Equal(got, again) {
		t.Errorf("suspects %v, want %v", got, again)
	}
	if len(names.suspects()) != 0 {
		t.Error("what was added was not forgotten")
	}
}

func TestSessions(t *testing.T) {
	s := newSessions()
	for _, e := range []run.EndpointEvidence{
		{Base: "a", Address: "192.0.2.1", Attempt: 1}, {Base: "a", Address: "192.0.2.2", Attempt: 1}, {Base: "b", Address: "192.0.2.1", Attempt: 1},
		{Base: "c", Address: "192.0.2.3", Attempt: 1},
	} {
		s.add(&e)
	}
	if got := len(s.of("nobody")); got != 0 {
		t.Errorf("%d sessions with a base domain that has none", got)
	}
	for _, verdict := range []run.Verdict{run.Mismatch, run.Verified} { // two hosts of one base domain
		ends := s.of("a")
		if len(ends) != 2 || ends[1].Address != "192.0.2.2" || ends[0].Verdict != "" {
			t.Fatalf("the sessions of a are %+v", ends)
		}
		ends[0].Verdict, ends[1].Verdict = verdict, run.Unreachable
		s.keep("a", ends)
	}
	ends := s.of("c")
	ends[0].Verdict, ends[0].NamesSeen = run.Mismatch, []string{"x", "y"}
	s.keep("c", ends)
	got := map[string]run.Verdict{}
	err := s.each(func(e *run.Endpoint) error {
		got[e.Base+" "+e.Address] = e.Verdict
		if e.Base == "c" && !slices.Equal(e.NamesSeen, []string{"x", "y"}) {
			t.Errorf("names seen: %v", e.NamesSeen)
		}
		return nil
	})
	want := map[string]run.Verdict{"a 192.0.2.1": run.Verified, "a 192.0.2.2": run.Unreachable, "c 192.0.2.3": run.Mismatch}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("judged sessions %v (%v), want %v", got, err, want)
	}
}

func TestSets(t *testing.T) {
	names := newNameSet()
	for _, step := range []struct {
		name string
		new  bool
	}{{"a", true}, {"b", true}, {"a", false}, {"", true}, {"", false}, {"A", true}} {
		if got := names.add(step.name); got != step.new {
			t.Errorf("%q is new: %v, want %v", step.name, got, step.new)
		}
	}
	endpoints := newEndpointSet()
	for _, step := range []struct {
		base, address string
		attempt       int32
		new           bool
	}{
		{"a", "192.0.2.1", 1, true}, {"a", "192.0.2.1", 1, false}, {"a", "192.0.2.1", 2, true}, {"b", "192.0.2.1", 1, true},
		{"a", "::ffff:192.0.2.1", 1, true}, {"a", "2001:db8::1", 1, true}, {"a", "2001:db8::1", 1, false}, {"", "192.0.2.1", 1, true},
	} {
		if got := endpoints.add(step.base, netip.MustParseAddr(step.address), step.attempt); got != step.new {
			t.Errorf("%s at %s in attempt %d is new: %v, want %v", step.base, step.address, step.attempt, got, step.new)
		}
	}
}
