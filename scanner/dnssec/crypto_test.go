package dnssec

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// published are keys and signatures that RFCs print: 5702, Section 6.1 and 6.2;
// 8080, Section 6.1 and 6.2.
var published = []struct {
	what, key, record, sig string
	tag                    uint16
	weak                   bool
}{
	{"RSA/SHA-256, 512 bits", "example.net. 3600 IN DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=",
		"www.example.net. 3600 IN A 192.0.2.91",
		"www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg==", 9033, true},
	{"RSA/SHA-512, 1024 bits", "example.net. 3600 IN DNSKEY 256 3 10 AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL",
		"www.example.net. 3600 IN A 192.0.2.91",
		"www.example.net. 3600 IN RRSIG A 10 3 3600 20300101000000 20000101000000 3740 example.net. tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw=", 3740, false},
	{"Ed25519", "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=",
		"example.com. 3600 IN MX 10 mail.example.com.",
		"example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==", 3613, false},
	{"Ed448", "example.com. 3600 IN DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/OiBVHHSfPodx1FYYUcJKm1MDpJtIA",
		"example.com. 3600 IN MX 10 mail.example.com.",
		"example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 9713 example.com. 3cPAHkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXft0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA", 9713, false},
}

func parseRR(t testing.TB, s string) dns.RR {
	t.Helper()
	rr, err := dns.NewRR(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return rr
}

func TestPublishedSignatures(t *testing.T) {
	for _, c := range published {
		t.Run(c.what, func(t *testing.T) {
			sig := parseRR(t, c.sig).(*dns.RRSIG)
			v, err := New(Config{Now: func() time.Time { return time.Unix(int64(sig.Inception), 0) }})
			if err != nil {
				t.Fatal(err)
			}
			keys := groupRRs([]dns.RR{parseRR(t, c.key)})[0]
			if err := keys.canonicalise(); err != nil {
				t.Fatal(err)
			}
			zone := &zoneKeys{apex: keys.owner, keys: readKeys(&keys, v.algorithms)}
			if zone.keys[0].tag != c.tag || zone.keys[0].weak() != c.weak {
				t.Errorf("tag %d, weak %t", zone.keys[0].tag, zone.keys[0].weak())
			}
			set := groupRRs([]dns.RR{parseRR(t, c.record), sig})[0]
			p, reason := v.newResponse(&Work{}).verify(&set, zone)
			if p == nil || p.weak != c.weak {
				t.Fatalf("%q, %v", reason, p)
			}
			for _, width := range []int{-1, 1} { // exact widths
				raw, _ := base64.StdEncoding.DecodeString(sig.Signature)
				raw = append(raw, 0)[:len(raw)+width]
				other := *sig
				other.Signature = base64.StdEncoding.EncodeToString(raw)
				set := groupRRs([]dns.RR{parseRR(t, c.record), &other})[0]
				if p, reason := v.newResponse(&Work{}).verify(&set, zone); p != nil || reason != ReasonSignatureInvalid {
					t.Errorf("%+d octets: %v %q", width, p, reason)
				}
			}
		})
	}
}

// TestDigests checks the key and the DS records of RFC 4034, Section 5.4, and RFC
// 4509, Section 2.3, and those of the root.
func TestDigests(t *testing.T) {
	const key = "dskey.example.com. 86400 IN DNSKEY 256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
	const ksk2017 = ". IN DNSKEY 257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
	const ksk2024 = ". IN DNSKEY 257 3 8 AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGwCJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjbUdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvoB+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR7K2vaF18UYH9Z9GNUUeayffKC73PYc="
	roots := RootAnchors()
	if len(roots) != 2 {
		t.Fatalf("%d root anchors", len(roots))
	}
	for _, c := range []struct {
		key  string
		ds   *dns.DS
		want bool
	}{
		{key, parseRR(t, "dskey.example.com. 86400 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118").(*dns.DS), true},
		{key, parseRR(t, "dskey.example.com. 86400 IN DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A").(*dns.DS), true},
		{key, parseRR(t, "dskey.example.com. 86400 IN DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50B").(*dns.DS), false},
		{key, parseRR(t, "dskey.example.com. 86400 IN DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA5").(*dns.DS), false},
		{key, parseRR(t, "dskey.example.com. 86400 IN DS 60485 5 3 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A").(*dns.DS), false},
		{ksk2017, roots[0].DS, true},
		{ksk2024, roots[1].DS, true},
		{ksk2024, roots[0].DS, false},
	} {
		set := groupRRs([]dns.RR{parseRR(t, c.key)})[0]
		if err := set.canonicalise(); err != nil {
			t.Fatal(err)
		}
		k := readKeys(&set, builtin())[0]
		if got := vouches(anchorDS(c.ds), set.owner, k); got != c.want || c.want && k.tag != c.ds.KeyTag {
			t.Errorf("%v: %t, tag %d", c.ds, got, k.tag)
		}
	}
}

// TestRSAKeys checks which keys are read, and that those that the standard library
// refuses verify as those that it takes.
func TestRSAKeys(t *testing.T) {
	modulus := func(bits int, last byte) string {
		n := make([]byte, bits/8)
		n[0], n[len(n)-1] = 0x80, last
		return string(n)
	}
	for _, c := range []struct {
		what, key string
		ok        bool
	}{
		{"512 bits", "\x03\x01\x00\x01" + modulus(512, 1), true},
		{"504 bits", "\x03\x01\x00\x01" + modulus(504, 1), false},
		{"4096 bits", "\x03\x01\x00\x01" + modulus(4096, 1), true},
		{"4104 bits", "\x03\x01\x00\x01" + modulus(4104, 1), false},
		{"even modulus", "\x03\x01\x00\x01" + modulus(1024, 2), false},
		{"leading zero", "\x03\x01\x00\x01\x00" + modulus(1024, 1), true},
		{"exponent 3", "\x01\x03" + modulus(1024, 1), true},
		{"exponent 1", "\x01\x01" + modulus(1024, 1), false},
		{"even exponent", "\x01\x04" + modulus(1024, 1), false},
		{"exponent of 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff" + modulus(1024, 1), true},
		{"exponent of 65 bits", "\x09\x01\xff\xff\xff\xff\xff\xff\xff\xff" + modulus(1024, 1), false},
		{"long form of the length", "\x00\x00\x03\x01\x00\x01" + modulus(1024, 1), true},
		{"no exponent", "\x00\x00\x00" + modulus(1024, 1), false},
		{"no modulus", "\x03\x01\x00\x01", false},
		{"cut short", "\x03\x01", false},
		{"cut short in the length", "\x00\x01", false},
		{"empty", "", false},
	} {
		if _, err := rsaAlgorithm(crypto.SHA256)([]byte(c.key)); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("data"))
	sig, err := rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	k := &rsaKey{n: private.N, e: big.NewInt(int64(private.E)), hash: crypto.SHA256}
	if !k.Verify([]byte("data"), sig) || k.Verify([]byte("dato"), sig) || k.Verify([]byte("data"), sig[1:]) {
		t.Error("the own verification is not that of PKCS #1")
	}
	if k.Verify([]byte("data"), new(big.Int).Add(new(big.Int).SetBytes(sig), private.N).FillBytes(make([]byte, 129))) {
		t.Error("a signature above the modulus verifies")
	}
}

// TestBadKeys reads keys that cannot be.
func TestBadKeys(t *testing.T) {
	for alg, sizes := range map[uint8][]int{
		dns.ECDSAP256SHA256: {0, 63, 64, 65}, dns.ECDSAP384SHA384: {95, 96, 97},
		dns.ED25519: {31, 33}, dns.ED448: {56, 58},
	} {
		for _, size := range sizes { // ones are no point of either curve
			if _, err := builtin()[alg](bytes.Repeat([]byte{1}, size)); err == nil {
				t.Errorf("algorithm %d reads %d octets", alg, size)
			}
		}
	}
}

// TestCanonicalRecords compares packed records with octets.
func TestCanonicalRecords(t *testing.T) {
	for _, c := range []struct{ record, rdata string }{
		{"A.Example. MX 10 Mail.Example.", "000a 046d61696c 076578616d706c65 00"},
		{"A.Example. SRV 1 2 3 Host.Example.", "0001 0002 0003 04686f7374 076578616d706c65 00"},
		{"A.Example. SOA Ns.Example. Root.Example. 1 2 3 4 5", "026e73 076578616d706c65 00 04726f6f74 076578616d706c65 00 00000001 00000002 00000003 00000004 00000005"},
		{`A.Example. NAPTR 1 2 "U" "E2U" "!A!B!" Host.Example.`, "0001 0002 0155 03453255 0521412142 21 04686f7374 076578616d706c65 00"},
		{"A.Example. HINFO INTEL Unix", "05494e54454c 04556e6978"},
		{"A.Example. NSEC B.Example. A", "0142 074578616d706c65 00 0001 40"},
		{"A.Example. TXT ABC", "03414243"},
		{"A.Example. PX 10 A.B. C.D.", "000a 0161 0162 00 0163 0164 00"},
	} {
		set := groupRRs([]dns.RR{parseRR(t, c.record)})[0]
		err := set.canonicalise()
		want, _ := hex.DecodeString(strings.ReplaceAll(c.rdata, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if got := set.canonical[0].data; got != string(want) {
			t.Errorf("%s: %x, want %x", c.record, got, want)
		}
	}
}

func TestSerialArithmetic(t *testing.T) {
	for _, c := range []struct {
		a, b uint32
		want bool
	}{{1, 0, true}, {0, 1, false}, {0, 0, false}, {0, 0xffffffff, true}, {0xffffffff, 0, false}, {0x7fffffff, 0, true}, {44, 0xfffffff0, true}} {
		if got := newer(c.a, c.b); got != c.want {
			t.Errorf("newer(%d, %d) = %t", c.a, c.b, got)
		}
	}
}
