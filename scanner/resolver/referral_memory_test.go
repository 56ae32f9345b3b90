package resolver

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// swollen is a referral to a zone of test., with a DS RRset that somebody
// signed, and many records whose owners grow as they are read.
func swollen(t *testing.T, zone string, records int) []byte {
	t.Helper()
	m := new(dns.Msg).SetQuestion("www."+zone, dns.TypeA)
	m.Response, m.Compress = true, true
	m.Ns = []dns.RR{mustRR(zone + " 3600 NS ns." + zone), mustRR(zone + " 3600 DS 1 13 2 aabb"),
		mustRR(zone + " 3600 RRSIG DS 13 2 3600 20300101000000 20200101000000 1 test. AQID")}
	long := strings.Repeat(strings.Repeat("x", 60)+".", 3) + zone
	for i := range records {
		m.Extra = append(m.Extra, &dns.A{Hdr: dns.RR_Header{Name: fmt.Sprintf("n%d.%s", i, long), Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 3600}, A: []byte{192, 0, 2, 1}})
	}
	wire, err := m.Pack()
	if err != nil || len(wire) > 1<<16 {
		t.Fatalf("%d octets, %v", len(wire), err)
	}
	return wire
}

// TestReferralsKeepNoMessage remembers referrals that are larger than they need be:
// what is kept of them is what they say of their zone, and no proof of one that is as
// large as can be.
func TestReferralsKeepNoMessage(t *testing.T) {
	v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{}})
	if err != nil {
		t.Fatal(err)
	}
	it, err := NewIterate(IterateConfig{Exchanger: &silentNet{}, Validator: v})
	if err != nil {
		t.Fatal(err)
	}
	const referrals = 20
	for records, proven := range map[int]bool{3000: false, 600: true, 50: true, 5: true} {
		refer(t, it, 0, records)
		before, kept := heap(), [referrals]*delegation{}
		for i := range kept {
			kept[i] = refer(t, it, 1+i, records)
		}
		if took := int64(heap()-before) / referrals; took > 24<<10 {
			t.Errorf("%d records: %d octets for each", records, took)
		}
		for _, next := range kept {
			proof := next.proof.Load()
			if (proof != nil) != proven {
				t.Fatalf("%d records: a proof %t", records, proof != nil)
			}
			if proven && (len(proof.ds) != 1 || len(proof.reply.Answer) != 2 || proof.reply.Answer[1].Covers() != dns.TypeDS || proof.until.IsZero()) {
				t.Errorf("%d records: %+v", records, proof)
			}
		}
	}
}

// refer reads a swollen referral.
func refer(t *testing.T, it *Iterate, n, records int) *delegation {
	t.Helper()
	zone := fmt.Sprintf("z%d.test.", n)
	wire := swollen(t, zone, records)
	msg, err := dnssec.Unpack(wire)
	if err != nil {
		t.Fatal(err)
	}
	asked, err := dnssec.Spell("www." + zone)
	if err != nil {
		t.Fatal(err)
	}
	r := exchange.Reply{Msg: msg, Size: len(wire), Server: netip.MustParseAddrPort("192.0.2.53:53")}
	return it.judge(r, &delegation{zone: "test.", apex: mustName("test.")}, asked, dns.TypeA).next
}

// heap is the octets in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
