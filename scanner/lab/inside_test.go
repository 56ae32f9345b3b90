package lab

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestGenerationsAreBounded(t *testing.T) {
	g := generations[int, int]{limit: 100}
	for i := range 10_000 {
		g.put(i, i)
		if n := len(g.young) + len(g.old); n > 100 {
			t.Fatalf("%d entries after %d", n, i)
		}
		if v, ok := g.get(7); i >= 7 && (!ok || v != 7) {
			t.Fatalf("what is asked for all the time was forgotten after %d", i)
		}
	}
	if _, ok := g.get(5000); ok {
		t.Error("what nobody asked for is still there")
	}
}

func TestCanonicalOrder(t *testing.T) {
	// The example of RFC 4034, Section 6.1, in lower case.
	want := []string{"example.", "a.example.", "yljkjljk.a.example.", "z.a.example.", "zabc.a.example.", "z.example.",
		`\001.z.example.`, "*.z.example.", `\200.z.example.`}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, func(a, b string) int {
		if sortKey(a) < sortKey(b) {
			return -1
		}
		return 1
	})
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if sortKey(`a\000.example.`) <= sortKey("a.example.") || sortKey(`\000.example.`) <= sortKey("example.") {
		t.Error("zero octets break the order")
	}
}

func TestHashIsRFC5155s(t *testing.T) {
	// RFC 5155, Appendix A.
	z := &zone{iterations: 12, salt: []byte{0xaa, 0xbb, 0xcc, 0xdd}}
	for name, want := range map[string]string{
		"example.":       "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom",
		"ns1.example.":   "2t7b4g4vsa5smi47k61mv5bv1a22bojr",
		"*.w.example.":   "r53bq7cc2uvmubfu5ocmm6pers9tk9en",
		"x.y.w.example.": "2vptu5timamqttgl4luu9kg21e0aor3s",
	} {
		if got := z.hash(name).String(); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestChild(t *testing.T) {
	for _, tc := range [][3]string{
		{"a.b.c.", ".", "c."}, {"a.b.c.", "c.", "b.c."}, {"a.b.c.", "b.c.", "a.b.c."}, {`a.b\.x.c.`, "c.", `b\.x.c.`}, {"c.", ".", "c."},
	} {
		if got := child(tc[0], tc[1]); got != tc[2] {
			t.Errorf("child(%s, %s) = %s, want %s", tc[0], tc[1], got, tc[2])
		}
	}
}

// TestBulkNSECRing goes around the whole NSEC chain of a TLD with bulk domains and
// comes back, past every name once.
func TestBulkNSECRing(t *testing.T) {
	l, err := New(Config{Domains: 2000})
	if err != nil {
		t.Fatal(err)
	}
	z := l.world.zones[nsecTLD]
	want := 0
	for n := range z.all() {
		if !n.glue && len(n.sets) > 0 {
			want++
		}
	}
	at, got := z.apex, 0
	for {
		here, next := z.around(at)
		if here != at {
			t.Fatalf("around(%s) is at %s", at, here)
		}
		if next != z.apex && sortKey(next) <= sortKey(at) {
			t.Fatalf("%s comes after %s", next, at)
		}
		for _, gap := range []string{join("!", at), at[:1] + "!" + at[1:]} {
			if k := sortKey(gap); k > sortKey(at) && (next == z.apex || k < sortKey(next)) {
				if h, n := z.around(gap); h != at || n != next {
					t.Fatalf("around(%s) is %s, %s; want %s, %s", gap, h, n, at, next)
				}
			}
		}
		if got++; next == z.apex || got > want {
			break
		}
		at = next
	}
	if got != want || want < 200 {
		t.Errorf("%d names in the chain, %d in the zone", got, want)
	}
}

// FuzzRespond: no packet may crash a server, and every answer must unpack.
func FuzzRespond(f *testing.F) {
	l, err := New(Config{Domains: 300, Now: time.Unix(1_800_000_000, 0)})
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{".", "nsec.", "ee-spki.optout.", "a.b.c.d.ee-spki.optout.", `\000.x\.y.nsec.`, "d0000001.optout.", "x.d0000001-optout.mail007.optout.",
		"*.optout.", "z.old.domain-dname.optout.", "_25._tcp.mx.many-records.nsec."} {
		for _, t := range []uint16{dns.TypeA, dns.TypeDS, dns.TypeNS, dns.TypeTLSA, dns.TypeDNSKEY, dns.TypeANY} {
			m := new(dns.Msg).SetQuestion(name, t)
			m.SetEdns0(1232, true)
			wire, err := m.Pack()
			if err != nil {
				f.Fatal(fmt.Errorf("%s: %w", name, err))
			}
			f.Add(wire)
		}
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, packet []byte) {
		ask := func(to []byte) {
			if to == nil {
				return
			}
			if err := new(dns.Msg).Unpack(to); err != nil {
				t.Errorf("%x: %v", packet, err)
			}
		}
		ask(l.respond(l.front, packet, nil, true))
		for addr := range l.world.servers {
			ask(l.respond(addr, packet, nil, false))
		}
	})
}
