package lab_test

import (
	"bufio"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// seen is what a plain client makes of one mail server.
type seen struct {
	end   string // where the session ended
	chain [][]byte
}

// visit talks to a mail server like a sender would, with no code of the scanner.
// One that says nothing at all is not waited for any longer than patience.
func visit(t *testing.T, at netip.AddrPort, sni string, patience time.Duration) seen {
	t.Helper()
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		return seen{end: "unreachable:refused"}
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	r := textproto.NewReader(bufio.NewReader(conn))
	if code, _, err := r.ReadResponse(2); err != nil || code != 220 {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			return seen{end: "unreachable:timeout"}
		}
		return seen{end: "unreachable:greeting"}
	}
	conn.SetDeadline(time.Now().Add(time.Minute))
	command := func(line string) (int, string) {
		fmt.Fprintf(conn, "%s\r\n", line)
		code, text, err := r.ReadResponse(0)
		if err != nil {
			return 0, ""
		}
		return code, text
	}
	code, text := command("EHLO client.invalid")
	if code != 250 {
		if code, _ = command("HELO client.invalid"); code != 250 {
			return seen{end: "unreachable:ehlo"}
		}
	}
	if !strings.Contains(text, "STARTTLS") {
		return seen{end: "no-starttls:not-offered"}
	}
	switch code, _ = command("STARTTLS"); {
	case code == 0:
		return seen{end: "tls-error:starttls-dropped"}
	case code/100 == 4:
		return seen{end: "tls-error:starttls-4xx"}
	case code/100 == 5:
		return seen{end: "tls-error:starttls-5xx"}
	}
	return shake(conn, sni)
}

func shake(conn net.Conn, sni string) seen {
	var s seen
	cfg := &tls.Config{ServerName: sni, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10,
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			s.chain = raw
			return nil
		}}
	c := tls.Client(conn, cfg)
	if err := c.Handshake(); err != nil {
		s.end = "tls-error:handshake"
		return s
	}
	s.end = "shaken"
	fmt.Fprintf(c, "QUIT\r\n")
	io.Copy(io.Discard, c)
	return s
}

// tlsaOf asks the front for the TLSA records of a host.
func tlsaOf(t *testing.T, l *lab.Lab, name string) []*dns.TLSA {
	q := dns.Question{Name: dns.Fqdn("_25._tcp." + name), Qtype: dns.TypeTLSA, Qclass: dns.ClassINET}
	var out []*dns.TLSA
	for _, rr := range exchange(t, l.Front(), q, true, true).Answer {
		if rr, ok := rr.(*dns.TLSA); ok {
			out = append(out, rr)
		}
	}
	return out
}

func addressesOf(t *testing.T, l *lab.Lab, name string) []netip.Addr {
	q := dns.Question{Name: dns.Fqdn(name), Qtype: dns.TypeA, Qclass: dns.ClassINET}
	var out []netip.Addr
	for _, rr := range exchange(t, l.Front(), q, true, true).Answer {
		if a, ok := rr.(*dns.A); ok {
			addr, _ := netip.AddrFromSlice(a.A.To4())
			out = append(out, addr)
		}
	}
	return out
}

// TestMailServersShowTheTruth visits every mail server of the table, and those of
// the bulk domains that have something to show, and compares
// how far the session gets, and whether the first certificate fits a 3 x 1 record,
// with the truth.
func TestMailServersShowTheTruth(t *testing.T) {
	l := start(t, lab.Config{Domains: 2500})
	ends := map[string]int{}
	visited := map[string]bool{}
	for c := range l.Truth() {
		for _, m := range c.MX {
			if visited[m.Name] || c.Bulk && m.Verdict == "none" {
				continue
			}
			visited[m.Name] = true
			want := m.Verdict + ":" + m.Reason
			for _, addr := range addressesOf(t, l, m.Name) {
				patience := time.Minute
				if want == "unreachable:timeout" {
					patience = 300 * time.Millisecond
				}
				s := visit(t, netip.AddrPortFrom(addr, uint16(l.SMTPPort())), m.Name, patience)
				ends[s.end]++
				checkVisit(t, c, want, s, tlsaOf(t, l, m.Name))
			}
		}
	}
	t.Log(ends)
	for end, floor := range map[string]int{"shaken": 110, "unreachable:refused": 5, "unreachable:timeout": 2, "unreachable:greeting": 3,
		"unreachable:ehlo": 1, "no-starttls:not-offered": 3, "tls-error:starttls-4xx": 1, "tls-error:starttls-5xx": 1,
		"tls-error:starttls-dropped": 1, "tls-error:handshake": 2} {
		if ends[end] < floor {
			t.Errorf("%s: %d sessions, at least %d wanted", end, ends[end], floor)
		}
	}
	if n := l.Counters().MailCommands(); n != 0 {
		t.Errorf("%d mail commands", n)
	}
}

// subtle are mismatches although a record fits the certificate: another one counts.
var subtle = map[string]bool{"agility-bad.optout": true, "host-alias-both.nsec": true}

func checkVisit(t *testing.T, c lab.Case, want string, s seen, records []*dns.TLSA) {
	t.Helper()
	verdict, _, _ := strings.Cut(want, ":")
	switch verdict {
	case "unreachable", "no-starttls", "tls-error":
		if want != s.end {
			t.Errorf("%s: session ended at %s, the truth says %s", c.Domain, s.end, want)
		}
	case "verified":
		ee := false
		for _, r := range records {
			ee = ee || r.Usage == 3 && r.MatchingType != 0
		}
		if c.Needs == "" && ee && s.end == "shaken" && !fits(s.chain, records) {
			t.Errorf("%s: verified, but no record fits", c.Domain)
		}
	case "mismatch":
		if s.end != "shaken" || (want == "mismatch:no-match" && !subtle[c.Domain] && fits(s.chain, records)) {
			t.Errorf("%s: %s, but the session ended at %s or a record fits", c.Domain, want, s.end)
		}
	}
}

// fits reports whether the leaf matches a record with a digest.
func fits(chain [][]byte, records []*dns.TLSA) bool {
	if len(chain) == 0 {
		return false
	}
	for _, r := range records {
		data := chain[0]
		if r.Selector == 1 {
			data = spkiOf(chain[0])
		}
		short, long := sha256.Sum256(data), sha512.Sum512(data)
		if r.MatchingType == 1 && strings.EqualFold(r.Certificate, hex.EncodeToString(short[:])) ||
			r.MatchingType == 2 && strings.EqualFold(r.Certificate, hex.EncodeToString(long[:])) {
			return true
		}
	}
	return false
}

func spkiOf(der []byte) []byte {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil
	}
	return cert.RawSubjectPublicKeyInfo
}
