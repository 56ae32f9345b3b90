package dnssec

import (
	"reflect"
	"testing"

	"github.com/miekg/dns"
)

// TestRRs compares the records that are made here with those of the library, for
// all records that the tests of the reader have.
func TestRRs(t *testing.T) {
	var wires [][]byte
	for i := range replies {
		wires = append(wires, packed(t, i))
	}
	for i := range oddRecords {
		wires = append(wires, oddMessage(t, i))
	}
	compared := map[uint16]int{}
	for _, wire := range wires {
		m, err := Unpack(wire)
		if err != nil {
			continue
		}
		for _, section := range [][]Record{m.Answer, m.Authority, m.Additional} {
			for _, r := range section {
				h := dns.RR_Header{Name: "owner.", Rrtype: r.Type, Class: r.Class, Ttl: r.TTL, Rdlength: uint16(len(r.data))}
				want, _, err := dns.UnpackRRWithHeader(h, []byte(r.data), 0)
				if err != nil {
					want = nil
				}
				if got := r.rr("owner."); !reflect.DeepEqual(got, want) {
					t.Errorf("%x: %v, the library has %v", r.data, got, want)
				}
				compared[r.Type]++
			}
		}
	}
	for _, rrtype := range []uint16{dns.TypeA, dns.TypeAAAA, dns.TypeMX, dns.TypeTLSA, dns.TypeTXT, dns.TypeCNAME, dns.TypeDS} {
		if compared[rrtype] == 0 {
			t.Errorf("no %s record", dns.TypeToString[rrtype])
		}
	}
}

// TestMsg makes a message of the library of one, and one of that.
func TestMsg(t *testing.T) {
	for i := range replies {
		m, err := Unpack(packed(t, i))
		if err != nil {
			t.Fatal(err)
		}
		if again := FromMsg(m.Msg()); !reflect.DeepEqual(again, m) {
			t.Errorf("reply %d:\n%+v\nthen\n%+v", i, m, again)
		}
		if m.OPT() == nil || m.OPT().UDPSize() != 1232 {
			t.Errorf("reply %d: OPT record %v", i, m.OPT())
		}
	}
	if FromMsg(nil) != nil || new(Message).OPT() != nil {
		t.Error("something of nothing")
	}
}

// TestUnpackable reads records that nobody can have sent: their RRset is malformed, or
// without its signature; nothing of them is made up.
func TestUnpackable(t *testing.T) {
	h := func(rrtype uint16) dns.RR_Header {
		return dns.RR_Header{Name: "a.", Rrtype: rrtype, Class: dns.ClassINET, Ttl: 1}
	}
	m := FromMsg(&dns.Msg{Answer: []dns.RR{
		nil, &dns.A{Hdr: dns.RR_Header{Name: "..", Rrtype: dns.TypeA}},
		&dns.CNAME{Hdr: h(dns.TypeCNAME), Target: "a..b."}, &dns.DS{Hdr: h(dns.TypeDS), Digest: "xyz"},
		&dns.RRSIG{Hdr: h(dns.TypeRRSIG), TypeCovered: dns.TypeDS, SignerName: ".", Signature: "?"},
		&dns.NSEC{Hdr: h(dns.TypeNSEC), NextDomain: ".", TypeBitMap: []uint16{300, 1}},
	}})
	if len(m.Answer) != 4 {
		t.Fatalf("%d records", len(m.Answer))
	}
	for i := range m.Answer {
		r := &m.Answer[i]
		_, target := r.Target()
		_, signature := r.Signature()
		_, ds := readDS(r)
		if !r.bad || target || signature || ds || r.rr("a.") != nil {
			t.Errorf("record %d is read", i)
		}
	}
	sets := new(grouping).group(m.Answer)
	if len(sets) != 3 {
		t.Fatalf("%d sets", len(sets))
	}
	for i := range sets {
		if len(sets[i].sigs) > 0 || sets[i].canonicalise() == nil {
			t.Errorf("set %d is in order", i)
		}
	}
}
