package dnssec

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/miekg/dns"
)

// manySets are records of n owners, each with two signatures, the sets of even
// owners torn apart.
func manySets(t *testing.T, n int) []Record {
	t.Helper()
	var first, last []dns.RR
	for i := range n {
		owner := fmt.Sprintf("n%d.example.", i)
		add := func(to *[]dns.RR, text string) { *to = append(*to, parseRR(t, owner+" 60 IN "+text)) }
		add(&first, "A 192.0.2.1")
		add(&first, "RRSIG A 13 2 60 20300101000000 20200101000000 1 example. AQID")
		rest := &first
		if i%2 == 0 {
			rest = &last
		}
		add(rest, "A 192.0.2.2")
		add(rest, "RRSIG A 13 2 60 20300101000000 20200101000000 2 Example. AQID")
	}
	return fromRRs(append(first, last...))
}

// TestGroupsOutgrowTheirSpace groups fewer and more sets than a message has space
// for: they are the same as without any.
func TestGroupsOutgrowTheirSpace(t *testing.T) {
	for _, n := range []int{0, 1, 4, 5, 6, 9, 10, 11, 40} {
		m := messages.Get().(*message)
		limits := Limits{Records: 1000, Octets: 1 << 20}
		answer, authority := manySets(t, n), manySets(t, 11-min(n, 11))
		if !m.read(&Message{Answer: answer, Authority: authority}, &limits) {
			t.Fatal("over the limits")
		}
		for what, c := range map[string]struct{ got, want []rrset }{
			"answer":    {m.answer, new(grouping).group(answer)},
			"authority": {m.authority, new(grouping).group(authority)},
		} {
			if len(c.got) != len(c.want) || len(c.got) > 0 && !reflect.DeepEqual(c.got, c.want) {
				t.Errorf("%d sets, %s: %+v, want %+v", n, what, c.got, c.want)
			}
			for i := range c.got {
				if s := &c.got[i]; len(s.records) != 2 || len(s.sigs) != 2 || s.sigs[1].Signer != mustName(t, "example.") {
					t.Errorf("%d sets, %s: %+v", n, what, s)
				}
			}
		}
		m.free()
	}
}

// TestEvidenceOutgrowsItsSpace gathers more denials than there is space for.
func TestEvidenceOutgrowsItsSpace(t *testing.T) {
	const sets = 12
	var rrs []dns.RR
	for i := range sets {
		rrs = append(rrs, parseRR(t, fmt.Sprintf("n%02d.example. 60 IN NSEC n%02d.example. A", i, i+1)),
			parseRR(t, fmt.Sprintf("n%02d.example. 60 IN RRSIG NSEC 13 2 60 20300101000000 20200101000000 1 example. AQID", i)),
			parseRR(t, fmt.Sprintf("%032d.example. 60 IN NSEC3 1 0 0 %02x %032d A", i, i%3, i+1)),
			parseRR(t, fmt.Sprintf("%032d.example. 60 IN RRSIG NSEC3 13 2 60 20300101000000 20200101000000 1 example. AQID", i)))
	}
	r := &response{}
	e := r.gather(groupRRs(rrs), &zoneKeys{apex: mustName(t, "example.")})
	defer e.free()
	seen := map[*evidenceSet]bool{}
	for _, n := range e.nsec {
		seen[n.set] = true
	}
	for _, c := range e.chains {
		if len(c.records) != sets/3 {
			t.Errorf("%d records of a chain", len(c.records))
		}
		for _, n := range c.records {
			seen[n.set] = true
		}
	}
	if len(e.nsec) != sets || len(e.chains) != 3 || len(seen) != 2*sets {
		t.Errorf("%d NSEC records, %d chains, %d sets", len(e.nsec), len(e.chains), len(seen))
	}
	for s := range seen {
		s.state = usable
	}
	for i := range e.nsec {
		if e.nsec[i].set.state != usable || e.nsec[i].owner != e.nsec[i].set.owner {
			t.Errorf("NSEC record %d lost its set", i)
		}
	}
}
