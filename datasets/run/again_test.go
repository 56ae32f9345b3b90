package run

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// secondLooks are rows of second looks at lines.
func secondLooks(lines ...int64) *Pile[DomainEvidence] {
	rows := NewPile[DomainEvidence]()
	for _, n := range lines {
		d := emptyDomain(n).DomainEvidence
		d.Attempts, d.MX = 2, []MX{{Preference: 10, Host: fmt.Sprint("again", n, ".example")}}
		rows.Add(&d)
	}
	return rows
}

// looksOf gives each line of a spool with the number of its looks; of rows that do
// not say, one.
func looksOf(t *testing.T, s *Spool) string {
	t.Helper()
	var all []string
	for _, d := range collect(t, s.Domains()) {
		all = append(all, fmt.Sprint(d.Line, ":", max(d.Attempts, 1)))
	}
	return strings.Join(all, " ")
}

// Second looks take the place of first ones wherever domains are read, however
// often some are added, also by the next process.
func TestSecondLooksTakeThePlaceOfFirst(t *testing.T) {
	s := newSpool(t)
	for n, lines := range [][]int64{{1, 2, 3, 4}, {11, 12}, {21}} {
		if err := s.WriteDomains(n, evidence(lines...)); err != nil {
			t.Fatal(err)
		}
	}
	put := func(n int, lines ...int64) {
		t.Helper()
		if err := s.PutAgain(n, secondLooks(lines...)); err != nil {
			t.Fatal(err)
		}
	}
	put(0, 4, 2)
	if got := looksOf(t, s); got != "1:1 2:2 3:1 4:2 11:1 12:1 21:1" {
		t.Error(got)
	}
	put(0, 1)
	put(2, 21)
	put(0, 2) // once too often
	again, err := OpenSpool(s.dir, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	if got := looksOf(t, again); got != "1:2 2:2 3:1 4:2 11:1 12:1 21:2" {
		t.Error(got)
	}
	var named []string
	for _, d := range collect(t, owned(again.NamingBatches())) {
		for _, mx := range d.MX {
			named = append(named, mx.Host)
		}
	}
	if got := strings.Join(named, " "); got != "again1.example again2.example again4.example again21.example" {
		t.Errorf("named are %s", got)
	}
	looks := collect(t, again.Looks(0))
	if len(looks) != 4 || looks[0].Attempts != 2 || looks[2].Attempts != 0 || !looks[2].ScannedAt.Equal(sampleTime) {
		t.Errorf("looks %+v", looks)
	}
	if rows := collect(t, again.DomainPart(1)); len(rows) != 2 {
		t.Errorf("a part without second looks: %v", rows)
	}
}

// Second looks at lines that the part has not are nobody's rows.
func TestStraySecondLooks(t *testing.T) {
	s := newSpool(t)
	if err := s.WriteDomains(0, evidence(3, 5)); err != nil {
		t.Fatal(err)
	}
	if err := s.PutAgain(0, secondLooks(1, 4, 5, 9)); err != nil {
		t.Fatal(err)
	}
	if got := looksOf(t, s); got != "3:1 5:2" {
		t.Error(got)
	}
}

// A damaged part of second looks is named and refused, in reading and in adding.
func TestDamagedSecondLooks(t *testing.T) {
	s := newSpool(t)
	if err := errors.Join(s.WriteDomains(0, evidence(1)), s.PutAgain(0, secondLooks(1))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.againPath(0), []byte("PAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"reading": firstError(s.Domains()), "in batches": firstError(s.DomainBatches()), "looking": firstError(s.Looks(0)), "adding": s.PutAgain(0, secondLooks(1)),
	} {
		var named *PartError
		if !errors.Is(err, ErrDamaged) || !errors.As(err, &named) || named.Path != s.againPath(0) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
