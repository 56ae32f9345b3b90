package dnssec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

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

// sameAsLibrary fails where a message is not read as the library reads it. It reports
// whether both take it.
func sameAsLibrary(t *testing.T, wire []byte) bool {
	t.Helper()
	var lib dns.Msg
	wantErr := lib.Unpack(wire)
	before := bytes.Clone(wire)
	got, err := Unpack(wire)
	switch {
	case !bytes.Equal(wire, before):
		t.Fatalf("%x was changed", before)
	case errors.Is(err, errOdd) && len(wire) > maxOdd:
		return false // and the library's opinion is not asked
	case (err == nil) != (wantErr == nil):
		t.Fatalf("%x: %v, the library says %v", wire, err, wantErr)
	case err != nil:
		return false
	}
	if want := FromMsg(&lib); !reflect.DeepEqual(got, want) {
		t.Fatalf("%x:\n%+v\nthe library:\n%+v", wire, got, want)
	}
	return true
}

// TestUnpack reads replies, whole, cut short anywhere, and with each octet changed.
func TestUnpack(t *testing.T) {
	for i := range replies {
		wire := packed(t, i)
		sameAsLibrary(t, wire)
		if _, ok := new(reader).message(wire); !ok {
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

// oddRecords are records of types that are rare, or whose RDATA is not as it should
// be, as owner, type and RDATA in hexadecimal digits.
var oddRecords = []struct {
	owner string
	typ   uint16
	rdata string
}{
	{"example.com.", dns.TypeA, "c0000201ff"}, {"example.com.", dns.TypeA, ""}, {"example.com.", dns.TypeAAAA, "c0000201"},
	{"example.com.", dns.TypeMX, ""}, {"example.com.", dns.TypeMX, "000a"}, {"example.com.", dns.TypeMX, "000a00"},
	{"example.com.", dns.TypeMX, "000ac00c"}, {"example.com.", dns.TypeCNAME, "c00c00"}, {"example.com.", dns.TypeCNAME, ""},
	{"example.com.", dns.TypeTLSA, "03"}, {"example.com.", dns.TypeTLSA, "030101"}, {"example.com.", dns.TypeTLSA, "030101ab"},
	{"example.com.", dns.TypeTXT, "0161"}, {"example.com.", dns.TypeTXT, "0261"}, {"example.com.", dns.TypeTXT, "00"}, {"example.com.", dns.TypeTXT, ""},
	{"example.com.", dns.TypeDS, "12340d02"}, {"example.com.", dns.TypeDS, "1234"}, {"example.com.", dns.TypeDNSKEY, "0101030d"},
	{"example.com.", dns.TypeRRSIG, "000f"}, {"example.com.", dns.TypeRRSIG, "000f0d02000000010000000200000003123400"},
	{"example.com.", dns.TypeRRSIG, "000f0d02000000010000000200000003123403434f4d00aabb"},
	{"example.com.", dns.TypeNSEC, "00"}, {"example.com.", dns.TypeNSEC, "00000140"}, {"example.com.", dns.TypeNSEC, "0000024000"},
	{"example.com.", dns.TypeNSEC, "00000100"}, {"example.com.", dns.TypeNSEC, "000001400001ff"}, {"example.com.", dns.TypeNSEC, "00000021"},
	{"example.com.", dns.TypeNSEC, "c00c000140"}, {"example.com.", dns.TypeNSEC3, "0100000000"}, {"example.com.", dns.TypeNSEC3, "010000000102"},
	{"example.com.", dns.TypeNSEC3, "0100000001ab02aabb000140"}, {"example.com.", dns.TypeNSEC3, "010000000002aabb000140"},
	{"example.com.", dns.TypeSOA, "0000000000010000000200000003000000040000000500"}, {"example.com.", dns.TypeSOA, "c00cc00c0000000100000002000000030000000400000005"},
	{"example.com.", dns.TypeSRV, "000100020003c00c"}, {"example.com.", dns.TypePTR, "c00c"}, {"example.com.", dns.TypeDNAME, "c00c"},
	{"example.com.", dns.TypeHINFO, "01610162"}, {"example.com.", 65280, "0102"}, {".", dns.TypeOPT, "000f000200 06"}, {".", dns.TypeOPT, "000f0002"},
	{"example.com.", dns.TypeNAPTR, "000100020155034532550521412142 21c00c"}, {"example.com.", dns.TypeSVCB, "000100"}, {"example.com.", dns.TypeAPL, "00011801c0"},
}

// oddMessage packs one of them by hand, as an answer.
func oddMessage(t testing.TB, i int) []byte {
	t.Helper()
	m := new(dns.Msg).SetQuestion("mail.Example.com.", dns.TypeA)
	m.Response = true
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	odd := oddRecords[i]
	rdata, err := hex.DecodeString(strings.ReplaceAll(odd.rdata, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	owner, err := ParseName(odd.owner)
	if err != nil {
		t.Fatal(err)
	}
	section := 7 // the low octet of ANCOUNT
	if odd.typ == dns.TypeOPT {
		section = 11
	}
	wire[section] = 1
	wire = append(wire, owner...)
	wire = binary.BigEndian.AppendUint16(wire, odd.typ)
	wire = binary.BigEndian.AppendUint16(wire, dns.ClassINET)
	wire = binary.BigEndian.AppendUint32(wire, 0x0100012c)
	wire = binary.BigEndian.AppendUint16(wire, uint16(len(rdata)))
	return append(wire, rdata...)
}

// TestUnpackOdd reads records that are rare or wrong.
func TestUnpackOdd(t *testing.T) {
	taken := 0
	for i := range oddRecords {
		if sameAsLibrary(t, oddMessage(t, i)) {
			taken++
		}
	}
	if taken < len(oddRecords)/3 || taken > len(oddRecords)-5 {
		t.Errorf("%d of %d are taken: they show little", taken, len(oddRecords))
	}
}

// TestUnpackNames reads pointers: to pointers, in circles, ahead, into labels.
func TestUnpackNames(t *testing.T) {
	header := []byte{0, 1, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0}
	question := "\x01a\x02bc\x00\x00\x01\x00\x01" // at 12, the type at 18
	record := "\x00\x05\x00\x01\x00\x00\x00\x01\x00"
	long := strings.Repeat("\x3f"+strings.Repeat("x", 63), 3)
	for what, c := range map[string]struct {
		owner, rdata string
		taken        bool
	}{
		"plain":                  {"\x01A\x00", "\x01B\x00", true},
		"to the question":        {"\xc0\x0c", "\xc0\x0e", true},
		"to the root":            {"\xc0\x11", "\xc0\x11", true},
		"into a label":           {"\xc0\x0f", "\xc0\x0c", false},
		"to itself":              {"\xc0\x16", "\xc0\x0c", false},
		"ahead":                  {"\xc0\x22", "\x01b\x00", true},
		"a pointer to a pointer": {"\x01z\xc0\x0c", "\xc0\x18", true},
		"with octets to escape":  {"\x03.\\\x00\x00", "\x02\xff \x00", true},
		"a length of 64":         {"\x40", "\x00", false},
		"254 octets":             {long + "\x3c" + strings.Repeat("y", 60) + "\x00", "\x00", true},
		"255 octets":             {long + "\x3d" + strings.Repeat("y", 61) + "\x00", "\x00", true},
		"256 octets":             {long + "\x3e" + strings.Repeat("y", 62) + "\x00", "\x00", false},
		"beyond the RDATA":       {"\x00", "\x05b", false},
	} {
		wire := append(bytes.Clone(header), question+c.owner+record+string(rune(len(c.rdata)))+c.rdata...)
		if taken := sameAsLibrary(t, wire); taken != c.taken {
			t.Errorf("%s: taken %v", what, taken)
		}
	}
	// A name by way of many pointers, more than the library follows at the end.
	for _, jumps := range []int{maxJumps - 1, maxJumps, maxJumps + 1, 120, 125, 126, 127, 140} {
		chain := []byte("\x00") // a TXT record whose string is pointers, each to the one before
		at := len(header) + len(question) + 12
		for i := range jumps {
			to := at + 1
			if i > 0 {
				to = at + 2 + 2*(i-1)
			}
			chain = append(chain, 0xc0|byte(to>>8), byte(to))
		}
		chain[0] = 0
		wire := append(bytes.Clone(header), question...)
		wire[7] = 2
		wire = append(wire, "\x00\xff\x00\x00\x01\x00\x00\x00\x01"...)
		wire = binary.BigEndian.AppendUint16(wire, uint16(len(chain)))
		wire = append(append(wire, chain...), 0xc0|byte((at+2*(jumps-1))>>8), byte(at+2*(jumps-1)))
		sameAsLibrary(t, append(wire, "\x00\x01\x00\x01\x00\x00\x00\x01\x00\x04\x01\x02\x03\x04"...))
	}
}

// TestUnpackRandom reads messages of records drawn at random, compressed or not, the
// letters of their names in either case, and with octets changed.
func TestUnpackRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	dice := rand.New(rand.NewPCG(seed, 0))
	taken, refused, byLibrary := 0, 0, 0
	const rounds = 8000
	for range rounds {
		wire := randomMessage(t, dice)
		for range dice.IntN(4) {
			wire[dice.IntN(len(wire))] ^= 1 << dice.IntN(8)
		}
		if !sameAsLibrary(t, wire) {
			refused++
			continue
		}
		taken++
		if _, ok := new(reader).message(wire); !ok {
			byLibrary++
		}
	}
	t.Logf("seed %d: %d messages taken, %d of them by the library, %d refused", seed, taken, byLibrary, refused)
	if taken < rounds/4 || refused < rounds/10 || byLibrary == 0 {
		t.Errorf("seed %d: %d taken, %d of them by the library, %d refused: too few to show anything", seed, taken, byLibrary, refused)
	}
}

// randomMessage packs records of all the replies.
func randomMessage(t *testing.T, dice *rand.Rand) []byte {
	t.Helper()
	m := new(dns.Msg).SetQuestion("mail.example.com.", dns.TypeMX)
	m.Response, m.Compress, m.Rcode = true, dice.IntN(3) > 0, dice.IntN(4)
	m.Authoritative, m.RecursionAvailable, m.AuthenticatedData = dice.IntN(2) == 0, dice.IntN(2) == 0, dice.IntN(2) == 0
	for _, section := range []*[]dns.RR{&m.Answer, &m.Ns, &m.Extra} {
		for range dice.IntN(5) {
			texts := replies[dice.IntN(len(replies))]
			all := slices.Concat(texts.answer, texts.authority, texts.additional)
			text := []byte(all[dice.IntN(len(all))])
			rr, err := dns.NewRR(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if name := []byte(rr.Header().Name); dice.IntN(4) == 0 && name[0] != '\\' {
				name[0] = bytes.ToUpper(name)[0]
				rr.Header().Name = string(name)
			}
			*section = append(*section, rr)
		}
	}
	if dice.IntN(2) == 0 {
		m.SetEdns0(1232, true)
	}
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return wire
}

// TestUnpackManyOwners reads more owners than are remembered, each of them twice.
func TestUnpackManyOwners(t *testing.T) {
	m := new(dns.Msg).SetQuestion("example.com.", dns.TypeA)
	m.Response, m.Compress = true, true
	for i := range 6 * maxNames {
		name := fmt.Sprintf("n%d.example.com.", i%(3*maxNames))
		m.Answer = append(m.Answer, &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 1}, A: net.IPv4(192, 0, 2, byte(i))})
	}
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	r := new(reader)
	if _, ok := r.message(wire); !ok || r.known != maxNames {
		t.Errorf("read %v, %d names", ok, r.known)
	}
	sameAsLibrary(t, wire)
}

// FuzzUnpack reads what anybody may send.
func FuzzUnpack(f *testing.F) {
	for i := range replies {
		f.Add(packed(f, i))
	}
	for i := range oddRecords {
		f.Add(oddMessage(f, i))
	}
	f.Fuzz(func(t *testing.T, wire []byte) { sameAsLibrary(t, wire) })
}

// TestUnpackAllocates counts the pieces of a referral: the message, its records, and
// the string that all octets are in.
func TestUnpackAllocates(t *testing.T) {
	wire := packed(t, 6)
	if n := testing.AllocsPerRun(100, func() { Unpack(wire) }); n > 5 { // the pool may lose some on the way
		t.Errorf("%v allocations", n)
	}
}

// TestUnpackGiants reads messages that are as long as can be, whose names get longer
// when they are read: what they lie in is not kept.
func TestUnpackGiants(t *testing.T) {
	name := strings.Repeat(strings.Repeat("x", 62)+".", 3) + "example.com."
	m := new(dns.Msg).SetQuestion(name, dns.TypeNS)
	m.Response, m.Compress = true, true
	for range 3500 {
		m.Answer = append(m.Answer, &dns.NS{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 1}, Ns: name})
	}
	wire, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	r := new(reader)
	got, ok := r.message(wire)
	if !ok || len(got.Answer) != 3500 || len(wire) > 1<<16 {
		t.Fatalf("%d octets, read %v", len(wire), ok)
	}
	if !r.giant() {
		t.Errorf("a reader of %d octets is kept", cap(r.out))
	}
	sameAsLibrary(t, wire)
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
				if _, err := Unpack(wire); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
