package dnssec

import (
	"slices"
	"testing"

	"github.com/miekg/dns"
)

// FuzzCanonical packs any record. The canonical form of the canonical form is
// itself, and case does not matter in names that are put in lower case.
func FuzzCanonical(f *testing.F) {
	f.Add([]byte{}) // read as a record without an owner
	for _, s := range []string{
		"A.Example. MX 10 Mail.Example.", "a. SOA A.B. C.D. 1 2 3 4 5", `a. NAPTR 1 2 "U" "E2U" "!A!" B.`,
		"a. SRV 1 2 3 B.", "a. TLSA 3 1 1 AB", "a. NSEC B. A NS", "a. TXT x y", "a. HINFO A B", "a. PX 1 A. B.",
		"a. RRSIG A 8 1 1 1 1 1 B. AA==", "a. NSEC3 1 0 0 - 0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM A",
	} {
		rr, err := dns.NewRR(s)
		if err != nil {
			f.Fatal(err)
		}
		buf := make([]byte, 512)
		end, err := dns.PackRR(rr, buf, 0, nil, false)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(buf[:end])
	}
	f.Fuzz(func(t *testing.T, octets []byte) {
		rr, _, err := dns.UnpackRR(octets, 0)
		if err != nil {
			return
		}
		set := rrset{records: fromRRs([]dns.RR{rr, dns.Copy(rr)}), typ: rr.Header().Rrtype}
		if len(set.records) == 0 || set.canonicalise() != nil { // without an owner, or not to be packed
			return
		}
		if len(set.canonical) != 1 {
			t.Errorf("%d records of one", len(set.canonical))
		}
		once := set.canonical[0].data
		if again := lowerNames(once, rr.Header().Rrtype); again != once {
			t.Errorf("%x, then %x", once, again)
		}
	})
}

// FuzzProofs asks denial records of any content what they prove. They are taken as
// signed: the question is whether the proofs contradict each other.
func FuzzProofs(f *testing.F) {
	f.Add("a.example.", "c.example.", "b.example.", uint16(dns.TypeA), uint16(dns.TypeNS), uint16(dns.TypeSOA))
	f.Add("example.", "example.", "b.example.", uint16(dns.TypeA), uint16(dns.TypeNS), uint16(dns.TypeSOA))
	f.Add("b.example.", "x.b.example.", "b.example.", uint16(dns.TypeDS), uint16(dns.TypeNS), uint16(dns.TypeA))
	f.Add("*.example.", "x.b.example.", "b.example.", uint16(dns.TypeDS), uint16(dns.TypeNS), uint16(dns.TypeDNAME))
	f.Fuzz(func(t *testing.T, owner, next, q string, qtype, t1, t2 uint16) {
		o, err1 := ParseName(owner)
		n, err2 := ParseName(next)
		asked, err3 := ParseName(q)
		apex := mustName(t, "example.")
		if err1 != nil || err2 != nil || err3 != nil || !o.Within(apex) || !n.Within(apex) || !asked.Within(apex) {
			return
		}
		set := &evidenceSet{rrset: &rrset{owner: o}, state: usable}
		e := &evidence{zone: &zoneKeys{apex: apex}, nsec: []nsecRecord{{set: set, owner: o, next: n, types: types(t1, t2)}}}
		gone, empty := e.nsecNXDomain(asked), e.nsecNoData(asked, qtype)
		if gone && empty {
			t.Errorf("%s NSEC %s %d %d: %s neither exists nor is empty of %d", owner, next, t1, t2, q, qtype)
		}
		if gone && (o == asked || n == asked || o.below(asked) || n.below(asked)) {
			t.Errorf("%s NSEC %s: %s does not exist", owner, next, q)
		}
		if empty && o == asked && (t1 == qtype || t2 == qtype) {
			t.Errorf("%s NSEC %s %d %d: no %d at %s", owner, next, t1, t2, qtype, q)
		}
		if e.nsecNoDS(asked) == cutInsecure && (o != asked || t1 != dns.TypeNS && t2 != dns.TypeNS) {
			t.Errorf("%s NSEC %s %d %d: %s is an insecure delegation", owner, next, t1, t2, q)
		}
	})
}

// types makes the bit map of two types.
func types(a, b uint16) bitmap {
	rr, err := fromRR(&dns.NSEC{
		Hdr:        dns.RR_Header{Name: ".", Rrtype: dns.TypeNSEC, Class: dns.ClassINET},
		NextDomain: ".", TypeBitMap: slices.Compact([]uint16{min(a, b), max(a, b)}),
	})
	next, rest := cutName(rr.data)
	if err != nil || next == "" || rr.bad {
		return ""
	}
	return bitmap(rest)
}

// FuzzHashOrder checks the spans of NSEC3 records against the definition, step by
// step around the circle.
func FuzzHashOrder(f *testing.F) {
	f.Add(byte(1), byte(5), byte(3))
	f.Add(byte(5), byte(1), byte(7))
	f.Add(byte(5), byte(5), byte(5))
	f.Fuzz(func(t *testing.T, owner, next, h byte) {
		r := nsec3Record{owner: [sha1Size]byte{owner}, next: [sha1Size]byte{next}}
		want := false
		for at := owner + 1; at != next; at++ {
			if at == owner {
				break
			}
			want = want || at == h
		}
		if owner == next {
			want = h != owner
		}
		if got := r.covers([sha1Size]byte{h}); got != want {
			t.Errorf("%d to %d covers %d: %t", owner, next, h, got)
		}
	})
}
