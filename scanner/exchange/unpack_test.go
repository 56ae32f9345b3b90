package exchange

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/miekg/dns"
)

// replies are messages as servers send them, in zone-file form.
var replies = []struct{ answer, authority, additional []string }{
	{answer: []string{"mail.example.com. 300 IN A 192.0.2.1", "mail.example.com. 300 IN AAAA 2001:db8::1"}},
	{answer: []string{"example.com. 300 IN MX 10 mail.example.com.", "example.com. 300 IN MX 20 mail.Example.NET.",
		"example.com. 300 IN RRSIG MX 13 2 300 20300101000000 20200101000000 4711 example.com. " +
			"AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODw=="}},
	{answer: []string{"_25._tcp.mail.example.com. 300 IN TLSA 3 1 1 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"}},
	{answer: []string{"www.example.com. 300 IN CNAME host.example.com.", "host.example.com. 60 IN TXT \"a\" \"b;c\""}},
	{answer: []string{"example.com. 300 IN DNSKEY 257 3 13 AAECAwQFBgcICQoLDA0ODwABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAAECAwQFBgcICQoLDA0ODw=="}},
	{authority: []string{"com. 900 IN SOA a.gtld.com. nstld\\.x.verisign.com. 1 2 3 4 5",
		"example.com. 900 IN NSEC \\000.example.com. NS DS RRSIG NSEC TYPE65534",
		"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com. 900 IN NSEC3 1 1 2 aabb 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA",
		"2p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com. 900 IN NSEC3 1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr"}},
	{authority: []string{"example.com. 900 IN NS ns1.example.com.", "example.com. 900 IN NS ns2.example.net.",
		"example.com. 900 IN DS 4711 13 2 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"},
		additional: []string{"ns1.example.com. 900 IN A 192.0.2.53"}},
	{answer: []string{"a\\.b.example.com. 300 IN SRV 0 0 25 mail.example.com.", ". 300 IN NS \\255."}},
}

func packed(t testing.TB, i int) []byte {
	t.Helper()
	m := new(dns.Msg).SetQuestion("mail.example.com.", dns.TypeA)
	m.Response, m.Authoritative, m.Compress = true, true, i%2 == 0
	for _, s := range []struct {
		text []string
		to   *[]dns.RR
	}{{replies[i].answer, &m.Answer}, {replies[i].authority, &m.Ns}, {replies[i].additional, &m.Extra}} {
		for _, text := range s.text {
			rr, err := dns.NewRR(text)
			if err != nil {
				t.Fatal(err)
			}
			*s.to = append(*s.to, rr)
		}
	}
	m.SetEdns0(1232, true)
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// sameAsLibrary fails where a message is not read as the library reads it.
func sameAsLibrary(t *testing.T, wire []byte) {
	t.Helper()
	var want dns.Msg
	wantErr := want.Unpack(wire)
	before := bytes.Clone(wire)
	got, err := unpack(wire, "mail.example.com.")
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%x: %v, the library says %v", wire, err, wantErr)
	}
	if !reflect.DeepEqual(*got, want) {
		t.Fatalf("%x:\n%v\nthe library:\n%v", wire, got, &want)
	}
	if !bytes.Equal(wire, before) {
		t.Fatalf("%x was changed", before)
	}
}

// TestUnpack reads replies, whole, cut short anywhere, and with each octet changed.
func TestUnpack(t *testing.T) {
	for i := range replies {
		wire := packed(t, i)
		sameAsLibrary(t, wire)
		var r reader
		if r.msg = wire; !r.message(new(message)) && i != 3 && i < len(replies)-1 {
			t.Errorf("reply %d is left to the library", i)
		}
		for n := range wire {
			sameAsLibrary(t, wire[:n])
			for _, to := range []byte{0, 1, 0x3f, 0xc0, wire[n] ^ 0x80, wire[n] + 1, wire[n] ^ 0x20} {
				changed := bytes.Clone(wire)
				changed[n] = to
				sameAsLibrary(t, changed)
			}
		}
	}
}

// FuzzUnpack reads what anybody may send.
func FuzzUnpack(f *testing.F) {
	for i := range replies {
		f.Add(packed(f, i))
	}
	f.Fuzz(func(t *testing.T, wire []byte) { sameAsLibrary(t, wire) })
}

// TestUnpackShares finds a name that stands in a message many times once.
func TestUnpackShares(t *testing.T) {
	wire := packed(t, 0)
	n := testing.AllocsPerRun(100, func() { unpack(wire, "mail.example.com.") })
	// The message, its records, A with address, AAAA with address, OPT.
	if n > 7 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkUnpack compares with the library: an MX answer with its signature, and
// a denial by NSEC and NSEC3.
func BenchmarkUnpack(b *testing.B) {
	for _, c := range []struct {
		name  string
		reply int
	}{{"answer", 1}, {"denial", 5}, {"referral", 6}} {
		wire := packed(b, c.reply)
		b.Run(c.name+"/library", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := new(dns.Msg).Unpack(wire); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(c.name+"/here", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := unpack(wire, "mail.example.com."); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
