package smtp

import (
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
)

// flightOf writes messages in records of that size.
func flightOf(size int, messages ...[]byte) []byte {
	var out []byte
	all := bytes.Join(messages, nil)
	for len(all) > 0 {
		n := min(size, len(all))
		out = append(out, recordHandshake, 3, 3, byte(n>>8), byte(n))
		out = append(out, all[:n]...)
		all = all[n:]
	}
	return out
}

func TestReadFlight(t *testing.T) {
	certs := certificateMessage([]byte("leaf"), []byte("issuer"))
	exchange := handshakeMessage(messageServerKeyExchange, []byte{3, 0, 24, 1, 2})
	request := handshakeMessage(messageCertificateRequest, []byte{0})
	done := handshakeMessage(messageServerHelloDone, nil)
	for _, size := range []int{1, 3, 7, 50, 1 << 14} {
		f := readFlight(flightOf(size, serverHello12(0xc02f), certs, exchange, request, done), nil)
		if !f.begun || !f.certificate || !f.requested || !f.done || f.group != 24 || f.hello.version != tls.VersionTLS12 {
			t.Errorf("records of %d: %+v", size, f)
		}
		if len(f.chain) != 2 || string(f.chain[0]) != "leaf" || string(f.chain[1]) != "issuer" {
			t.Errorf("records of %d: chain %q", size, f.chain)
		}
	}
	// A Certificate that cannot be taken apart was seen all the same.
	f := readFlight(flightOf(99, serverHello12(0x2f), handshakeMessage(messageCertificate, []byte{0, 0, 9, 1})), nil)
	if !f.certificate || f.chain != nil {
		t.Errorf("broken list: %+v", f)
	}
}

func TestParseCertificates(t *testing.T) {
	many := bytes.Repeat([]byte{0, 0, 1, 'x'}, maxChain+1)
	list := func(b []byte) string {
		return string([]byte{byte(len(b) >> 16), byte(len(b) >> 8), byte(len(b))}) + string(b)
	}
	for _, test := range []struct {
		name, body string
		modern     bool
		chain      string // joined by commas
		err        error
	}{
		{"two", "\x00\x00\x09\x00\x00\x02ab\x00\x00\x01c", false, "ab,c", nil},
		{"two, TLS 1.3", "\x00\x00\x00\x0f\x00\x00\x02ab\x00\x02??\x00\x00\x01c\x00\x00", true, "ab,c", nil},
		{"none", "\x00\x00\x00", false, "", errNotTLS},
		{"empty one", "\x00\x00\x03\x00\x00\x00", false, "", errNotTLS},
		{"bytes behind", "\x00\x00\x04\x00\x00\x01a!", false, "", errNotTLS},
		{"cut short", "\x00\x00\x09\x00\x00\x02ab", false, "", errNotTLS},
		{"nothing", "", false, "", errNotTLS},
		{"nothing, TLS 1.3", "", true, "", errNotTLS},
		{"no extensions, TLS 1.3", "\x00\x00\x00\x05\x00\x00\x02ab", true, "", errNotTLS},
		{"too many", list(many), false, "", errTLSLimit},
		{"just enough", list(many[4:]), false, strings.Repeat("x,", maxChain-1) + "x", nil},
	} {
		chain, err := parseCertificates([]byte(test.body), test.modern)
		if !errors.Is(err, test.err) || string(bytes.Join(chain, []byte(","))) != test.chain {
			t.Errorf("%s: %q %v", test.name, chain, err)
		}
	}
}

func TestParseServerHello(t *testing.T) {
	zero := strings.Repeat("00", 32)
	retry := "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c" // RFC 8446, Section 4.1.3
	for _, test := range []struct {
		name, body string
		want       serverHello
		bad        bool
	}{
		{"TLS 1.0", "0301" + zero + "00" + "002f" + "00", serverHello{version: 0x301, suite: 0x2f}, false},
		{"TLS 1.2, extensions unknown", "0303" + zero + "00" + "c02f" + "00" + "0005" + "ff01000100", serverHello{version: 0x303, suite: 0xc02f}, false},
		{"TLS 1.3", "0303" + zero + "00" + "1301" + "00" + "000f" + "002b00020304" + "00330005001d0001aa",
			serverHello{version: 0x304, suite: 0x1301, group: 29, share: []byte{0xaa}}, false},
		{"retry", "0303" + retry + "00" + "1302" + "00" + "0013" + "002b00020304" + "003300020018" + "002c0003" + "0001bb",
			serverHello{version: 0x304, suite: 0x1302, group: 24, retry: true, cookie: []byte{0xbb}}, false},
		{"SSL 3.0", "0300" + zero + "00" + "002f" + "00", serverHello{}, true},
		{"version of tomorrow", "0303" + zero + "00" + "1301" + "00" + "0006" + "002b00020305", serverHello{}, true},
		{"share empty", "0303" + zero + "00" + "1301" + "00" + "0008" + "00330004001d0000", serverHello{}, true},
		{"cookie without retry", "0303" + zero + "00" + "1301" + "00" + "0007" + "002c0003" + "0001bb", serverHello{}, true},
		{"extensions cut short", "0303" + zero + "00" + "1301" + "00" + "0009" + "002b00020304", serverHello{}, true},
		{"cut short", "0303" + zero, serverHello{}, true},
	} {
		body, err := hex.DecodeString(test.body)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		got, err := parseServerHello(body)
		if (err != nil) != test.bad || err != nil && !errors.Is(err, errNotTLS) {
			t.Errorf("%s: error %v", test.name, err)
		}
		if err == nil && (got.version != test.want.version || got.suite != test.want.suite || got.group != test.want.group ||
			got.retry != test.want.retry || !bytes.Equal(got.share, test.want.share) || !bytes.Equal(got.cookie, test.want.cookie)) {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

// TestHandshakeLimits: each bound of the readers is met by what never ends.
func TestHandshakeLimits(t *testing.T) {
	for _, test := range []struct {
		name, text string
		most       int
		want       error
	}{
		{"empty handshake records", "\x16\x03\x03\x00\x00", 4096, errTLSLimit},
		{"warnings", "\x15\x03\x03\x00\x02\x01\x70", 4096, errTLSLimit},
		{"message of 10 MB", "\x16\x03\x03\x00\x04\x0b\x98\x96\x80", 4096, errTLSLimit},
		{"record too large", "\x16\x03\x03\xff\xff", 4096, errNotTLS},
		{"no TLS", "HTTP/1.0 400 Bad Request", 4096, errNotTLS},
		{"alert of one byte", "\x15\x03\x03\x00\x01\x02", 4096, errNotTLS},
		{"encrypted", "\x17\x03\x03\x00\x01\x02", 4096, errEncrypted},
		{"handover", "\x14\x03\x03\x00\x01\x01", 4096, errEncrypted},
		{"closed", "\x15\x03\x03\x00\x02\x01\x00", 4096, io.EOF},
		{"alert", "\x15\x03\x03\x00\x02\x02\x28", 4096, alertError(40)},
	} {
		src := &endless{text: test.text}
		m := messageReader{records: recordReader{src: src}}
		_, err := m.next()
		if !errors.Is(err, test.want) || src.count > test.most {
			t.Errorf("%s: %v after %d bytes", test.name, err, src.count)
		}
	}
	// Messages that never end are cut by the total.
	src := &endless{text: "\x16\x03\x03\x00\x04\x00\x00\x00\x00"}
	m := messageReader{records: recordReader{src: src}}
	var err error
	for err == nil {
		_, err = m.next()
	}
	if !errors.Is(err, errTLSLimit) || src.count > maxHandshake+1024 {
		t.Errorf("messages without end: %v after %d bytes", err, src.count)
	}
}

// TestFinitePrimes compares the moduli with the values printed in RFC 7919,
// Appendix A, at both ends. What is between them is shown by the servers of
// TestInteropMatrix and, for the smallest one, by its being a safe prime.
func TestFinitePrimes(t *testing.T) {
	for group, want := range map[uint16][2]string{
		groupFFDHE2048: {"ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1", "886b423861285c97ffffffffffffffff"},
		groupFFDHE3072: {"ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1", "25e41d2b66c62e37ffffffffffffffff"},
		groupFFDHE4096: {"ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1", "c68a007e5e655f6affffffffffffffff"},
		groupFFDHE6144: {"ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1", "a40e329cd0e40e65ffffffffffffffff"},
		groupFFDHE8192: {"ffffffffffffffffadf85458a2bb4a9aafdc5620273d3cf1", "d68c8bb7c5c6424cffffffffffffffff"},
	} {
		p := finiteFields[group].prime()
		text := hex.EncodeToString(p.Bytes())
		if !strings.HasPrefix(text, want[0]) || !strings.HasSuffix(text, want[1]) || p.BitLen() != int(finiteFields[group].bits) {
			t.Errorf("%s: %s...%s, %d bits", groupName(group), text[:48], text[len(text)-32:], p.BitLen())
		}
	}
	p := finiteFields[groupFFDHE2048].prime()
	if !p.ProbablyPrime(0) || !new(big.Int).Rsh(p, 1).ProbablyPrime(0) {
		t.Error("ffdhe2048 is no safe prime")
	}
}

func FuzzFlight(f *testing.F) {
	certs := certificateMessage([]byte("leaf"), []byte("issuer"))
	f.Add(flightOf(99, serverHello12(0xc02f), certs, handshakeMessage(messageServerHelloDone, nil)), []byte{})
	f.Add(flightOf(3, serverHello12(0x2f), certs), []byte{1})
	f.Add([]byte("\x15\x03\x03\x00\x02\x02\x28"), []byte{})
	f.Add([]byte("500 what?\r\n"), []byte{})
	modern, _ := hex.DecodeString("0303" + strings.Repeat("00", 32) + "00" + "1301" + "00" + "000f" + "002b00020304" + "00330005001d0001aa")
	f.Add(append(flightOf(99, handshakeMessage(messageServerHello, modern)), "\x17\x03\x03\x00\x20aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"...), bytes.Repeat([]byte{7}, 32))
	f.Fuzz(func(t *testing.T, raw, secret []byte) {
		flight := readFlight(raw, secret)
		if len(flight.chain) > 0 && !flight.certificate {
			t.Error("a chain out of nothing")
		}
		size := 0
		for _, der := range flight.chain {
			size += len(der)
		}
		if size > len(raw) || len(flight.chain) > maxChain {
			t.Errorf("%d certificates of %d bytes out of %d", len(flight.chain), size, len(raw))
		}
	})
}

func FuzzHandshakeMessages(f *testing.F) {
	f.Add(serverHello12(0x2f)[4:], false)
	f.Add(certificateMessage([]byte("leaf"))[4:], false)
	f.Add(append([]byte{0}, certificateMessage([]byte("leaf"))[4:]...), true)
	f.Fuzz(func(t *testing.T, body []byte, modern bool) {
		if hello, err := parseServerHello(body); err == nil && (hello.version < tls.VersionTLS10 || hello.version > tls.VersionTLS13) {
			t.Errorf("version %x", hello.version)
		}
		chain, err := parseCertificates(body, modern)
		if (err == nil) != (len(chain) > 0) {
			t.Errorf("%d certificates, %v", len(chain), err)
		}
		namedCurve(body, 0xc02f)
	})
}
