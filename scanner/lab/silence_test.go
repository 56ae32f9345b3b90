package lab_test

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// Who is said to be silent is, and who is not answers.
func TestSilenceIsAsSaid(t *testing.T) {
	l := start(t, lab.Config{})
	server := func(name string) netip.Addr { return addressesOf(t, l, name)[0] }
	zone := question("tlsa-timeout.optout.", dns.TypeNS)
	hoster := server(exchange(t, l.Front(), zone, true, true).Answer[0].(*dns.NS).Ns)
	for _, tc := range []struct {
		server netip.Addr
		name   string
		rrtype uint16
		silent bool
	}{
		{netip.MustParseAddr("127.20.0.1"), "nsec.", dns.TypeSOA, false},
		{l.Front().Addr(), "_25._tcp.mx.tlsa-timeout.optout.", dns.TypeTLSA, false},
		{netip.MustParseAddr("127.20.0.99"), "nsec.", dns.TypeSOA, true}, // nobody has that address
		{hoster, "_25._TCP.mx.tlsa-timeout.optout", dns.TypeTLSA, true},
		{hoster, "mx.tlsa-timeout.optout.", dns.TypeA, false},
		{server("ns1.lame-servers.nsec"), "lame-servers.nsec.", dns.TypeMX, false},
		{server("ns3.lame-servers.nsec"), "lame-servers.nsec.", dns.TypeMX, true},
	} {
		if got := l.SilentDNS(tc.server, tc.name, tc.rrtype); got != tc.silent {
			t.Errorf("%s at %v: silent %v", tc.name, tc.server, got)
		}
		c := &dns.Client{Timeout: time.Minute}
		if tc.silent {
			c.Timeout = 100 * time.Millisecond
		}
		m := new(dns.Msg).SetQuestion(dns.Fqdn(tc.name), tc.rrtype)
		if _, _, err := c.Exchange(m, netip.AddrPortFrom(tc.server, uint16(l.DNSPort())).String()); (err != nil) != tc.silent {
			t.Errorf("%s at %v: %v", tc.name, tc.server, err)
		}
	}
	for name, silent := range map[string]bool{"mx.tarpit.optout": true, "mx.ee-spki.optout": false} {
		at := server(name)
		if got := l.SilentMail(at); got != silent {
			t.Errorf("%s: silent %v", name, got)
		}
		conn, err := net.Dial("tcp", netip.AddrPortFrom(at, uint16(l.SMTPPort())).String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		patience := time.Minute
		if silent {
			patience = 100 * time.Millisecond
		}
		conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.ReadFull(conn, make([]byte, 4)); (err != nil) != silent {
			t.Errorf("%s: %v", name, err)
		}
	}
}
