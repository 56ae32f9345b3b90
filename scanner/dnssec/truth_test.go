package dnssec

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// truth is a zone example. as its owner knows it.
type truth struct {
	types  map[Name][]uint16 // of names that have records, or names below them
	optOut bool              // its NSEC3 chain leaves out delegations without DS
}

const truthApex = Name("\x07example\x00")

// contents are what a name may have; the first four do for a wildcard, too.
var contents = [][]uint16{
	{dns.TypeA}, {dns.TypeA, dns.TypeMX}, {dns.TypeMX}, {dns.TypeCNAME},
	{dns.TypeNS}, {dns.TypeNS, dns.TypeDS}, {dns.TypeA, dns.TypeDNAME},
}

// randomName draws a name of one to three labels, some of them asterisks.
func randomName(dice *rand.Rand) Name {
	n := truthApex
	for range 1 + dice.IntN(3) {
		n = Name("\x01"+string("abc*"[dice.IntN(4)])) + n
	}
	return n
}

func randomTruth(dice *rand.Rand) *truth {
	z := &truth{types: map[Name][]uint16{truthApex: {dns.TypeNS, dns.TypeSOA}}, optOut: dice.IntN(2) == 0}
	for range 1 + dice.IntN(7) {
		n, kinds := randomName(dice), len(contents)
		if n.isWildcard() {
			kinds = 4 // delegations by wildcard mean nothing: RFC 4592, Section 4.2
		}
		z.types[n] = contents[dice.IntN(kinds)]
	}
	for n := range z.types {
		if z.above(n.parent(), n) != "" {
			delete(z.types, n)
		}
	}
	for n := range z.types {
		for ; n != truthApex; n = n.parent() {
			if _, ok := z.types[n]; !ok {
				z.types[n] = nil // an empty non-terminal
			}
		}
	}
	return z
}

// above returns the delegation or DNAME at or above n that takes a name out of the zone,
// "" for none. A DNAME does so with names below it only.
func (z *truth) above(n, what Name) Name {
	if n == what && n == truthApex || !n.Within(truthApex) {
		return ""
	}
	for ; n != truthApex; n = n.parent() {
		if z.has(n, dns.TypeNS) || z.has(n, dns.TypeDNAME) && n != what {
			return n
		}
	}
	return ""
}

func (z *truth) has(n Name, t uint16) bool { return slices.Contains(z.types[n], t) }

// insecure reports whether a name lies at or below a delegation without DS.
func (z *truth) insecure(n Name) bool {
	cut := z.above(n, n)
	return cut != "" && z.has(cut, dns.TypeNS) && !z.has(cut, dns.TypeDS)
}

// encloser returns the closest name above one that is there.
func (z *truth) encloser(n Name) Name {
	for n = n.parent(); ; n = n.parent() {
		if _, ok := z.types[n]; ok {
			return n
		}
	}
}

// answer says what the zone has to say of a type at a name.
func (z *truth) answer(q Name, t uint16) verdict {
	top := q
	if t == dns.TypeDS {
		top = q.parent()
	}
	if z.above(top, q) != "" {
		if z.insecure(top) {
			return beyondCut
		}
		return unproven // a referral or an alias
	}
	at, there := q, true
	if _, there = z.types[q]; !there {
		at = z.encloser(q).wildcard()
		if _, ok := z.types[at]; !ok {
			return nxDomain
		}
	}
	if z.has(at, t) || z.has(at, dns.TypeCNAME) {
		return unproven
	}
	return noData
}

// names are those of the chain, in canonical order.
func (z *truth) names(hashed bool) []Name {
	var names []Name
	for n, types := range z.types {
		leads := func(m Name) bool { return m.Within(n) && len(z.types[m]) > 0 && !(z.optOut && z.insecure(m)) }
		kept := !hashed && len(types) > 0
		for m := range z.types {
			kept = kept || hashed && leads(m)
		}
		if kept {
			names = append(names, n)
		}
	}
	slices.SortFunc(names, Name.compare)
	return names
}

// proofs makes evidence of denial records of the zone, each with a chance.
func (z *truth) proofs(dice *rand.Rand, hashed bool, chance float64) *evidence {
	limits := defaultLimits
	limits.NSEC3Hashes = 100
	e := &evidence{r: &response{v: &Validator{limits: limits}, w: &Work{}}, zone: &zoneKeys{apex: truthApex}}
	names, chain := z.names(hashed), nsec3Chain{}
	if hashed {
		slices.SortFunc(names, func(a, b Name) int {
			x, y := hashName(a, 0, ""), hashName(b, 0, "")
			return slices.Compare(x[:], y[:])
		})
	}
	for i, n := range names {
		if dice.Float64() >= chance {
			continue
		}
		next, set := names[(i+1)%len(names)], &evidenceSet{rrset: &rrset{owner: n}, state: usable}
		if hashed {
			chain.records = append(chain.records, nsec3Record{set: set, owner: hashName(n, 0, ""), next: hashName(next, 0, ""), optOut: z.optOut, types: bitmapOf(z.types[n])})
		} else {
			e.nsec = append(e.nsec, nsecRecord{set: set, owner: n, next: next, types: bitmapOf(z.types[n])})
		}
	}
	if e.seen = true; hashed {
		e.chains = []nsec3Chain{chain}
	}
	return e
}

// bitmapOf makes the bit map of types under 256.
func bitmapOf(types []uint16) bitmap {
	var b [32]byte
	for _, t := range types {
		b[t/8] |= 0x80 >> (t % 8)
	}
	return bitmap("\x00\x20" + string(b[:]))
}

// rcodeOf is the rcode of a reply that says so.
func rcodeOf(v verdict) int {
	if v == nxDomain {
		return dns.RcodeNameError
	}
	return dns.RcodeSuccess
}

// TestTruth takes some denial records of a zone, drawn at random, for proofs of
// anything. They never prove what is not so, and all of them prove all that is.
func TestTruth(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	dice := rand.New(rand.NewPCG(seed, 0))
	verdicts, cuts, closer := map[verdict]int{}, map[cut]int{}, map[verdict]int{}
	const rounds = 20_000
	for range rounds {
		z, q := randomTruth(dice), randomName(dice)
		qtype, rcode := []uint16{dns.TypeA, dns.TypeMX, dns.TypeDS}[dice.IntN(3)], dice.IntN(2)*dns.RcodeNameError
		hashed, chance := dice.IntN(2) == 0, []float64{1, 0.7}[dice.IntN(2)]
		is := z.answer(q, qtype)
		if chance == 1 {
			rcode = rcodeOf(is)
		}
		got := z.proofs(dice, hashed, chance).deny(q, qtype, rcode)
		verdicts[got]++
		if why := z.wrong(got, is, q, chance == 1, hashed); why != "" {
			t.Fatalf("seed %d: %+v: %s %d, rcode %d, hashed %t, chance %v: %d, is %d: %s", seed, z, q, qtype, rcode, hashed, chance, got, is, why)
		}
		found := z.proofs(dice, hashed, chance).noDS(q)
		cuts[found]++
		if why := z.wrongCut(found, q, chance == 1, hashed); why != "" {
			t.Fatalf("seed %d: %+v: DS at %s, hashed %t, chance %v: %d: %s", seed, z, q, hashed, chance, found, why)
		}
		encloser := q.parent().suffix(1 + dice.IntN(3))
		if _, ok := z.types[encloser.wildcard()]; ok {
			got := z.proofs(dice, hashed, chance).noCloser(q, encloser)
			closer[got]++
			if why := z.wrongExpansion(got, q, encloser, chance == 1, hashed); why != "" {
				t.Fatalf("seed %d: %+v: %s from %s, hashed %t, chance %v: %d: %s", seed, z, q, encloser, hashed, chance, got, why)
			}
		}
	}
	t.Logf("seed %d: %v, cuts %v, expansions %v", seed, verdicts, cuts, closer)
	for _, few := range []int{verdicts[unproven], verdicts[noData], verdicts[nxDomain], verdicts[nxDomainOptOut], verdicts[noDataOptOut], verdicts[beyondCut],
		cuts[cutUnknown], cuts[cutNone], cuts[cutInsecure], cuts[cutOptOut], closer[unproven], closer[noData], closer[noDataOptOut]} {
		if few < 100 {
			t.Errorf("seed %d: %v, %v, %v show little", seed, verdicts, cuts, closer)
		}
	}
}

// wrong says what is wrong with the verdict of a denial.
func (z *truth) wrong(got, is verdict, q Name, all, hashed bool) string {
	optOut := hashed && z.optOut
	switch {
	case got == unproven && all && is != unproven && is != beyondCut && !optOut: // what is beyond a cut, the walk finds
		return "not proven"
	case (got == noData || got == nxDomain || got == beyondCut) && got != is:
		return "false"
	case (got == nxDomainOptOut || got == noDataOptOut) && (!optOut || slices.Contains(z.names(true), q) || z.above(q.parent(), q) != "" && !z.insecure(q)):
		return "not opt-out"
	}
	return ""
}

func (z *truth) wrongCut(got cut, q Name, all, hashed bool) string {
	delegated, optOut := z.has(q, dns.TypeNS), hashed && z.optOut
	switch {
	case got == cutNone && (delegated || z.insecure(q)):
		return "there is a cut"
	case got == cutInsecure && !z.insecure(q):
		return "it is not insecure"
	case got == cutOptOut && (!optOut || delegated && !z.insecure(q)):
		return "it is not opt-out"
	case got == cutUnknown && all && !optOut && z.above(q.parent(), q) == "" && z.answer(q, dns.TypeDS) != unproven:
		return "not proven"
	}
	return ""
}

func (z *truth) wrongExpansion(got verdict, q, encloser Name, all, hashed bool) string {
	_, exists := z.types[q]
	right := !exists && z.above(q.parent(), q) == "" && z.encloser(q) == encloser
	switch optOut := hashed && z.optOut; {
	case got == noData && !right:
		return "a closer name is there"
	case got == noDataOptOut && !optOut:
		return "not opt-out"
	case got == unproven && all && right && !optOut:
		return "not proven"
	}
	return ""
}

// String lists a zone.
func (z *truth) String() string {
	s := fmt.Sprintf("opt-out %t:", z.optOut)
	for _, n := range z.names(false) {
		s += fmt.Sprintf(" %s %v,", n, z.types[n])
	}
	return s
}
