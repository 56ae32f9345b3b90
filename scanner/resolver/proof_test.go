package resolver

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// countedNet counts the questions for DS sets that are sent.
type countedNet struct {
	cannedNet
	ds int
}

// Exchange implements exchange.Exchanger.
func (n *countedNet) Exchange(ctx context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	if q.Type == dns.TypeDS {
		n.ds++
	}
	return n.cannedNet.Exchange(ctx, server, q, opt)
}

// TestProofsAreLetGo looks names up of zones that came with a proof of their DS
// set: once it is read it is not kept, what it showed is, and nobody asks for it.
func TestProofsAreLetGo(t *testing.T) {
	w, err := cutWorld()
	if err != nil {
		t.Fatal(err)
	}
	net := &countedNet{cannedNet: cannedNet{wire: map[string][]byte{}, answer: func(server string, q dnssec.Question) *dns.Msg {
		for apex, addrs := range cutAddrs {
			for _, a := range addrs {
				if a == server {
					return signedReply(w, new(dns.Msg).SetQuestion(q.Name, q.Type), []string{apex})
				}
			}
		}
		return nil
	}}}
	it, err := NewIterate(IterateConfig{
		Exchanger: net, Validator: cutValidator(t, w), AllowPrivate: true,
		Zones: []Zone{{Name: ".", Servers: []NameServer{{Addrs: []netip.Addr{netip.MustParseAddr("127.0.54.1")}}}}},
		Now:   func() time.Time { return cutNow },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		zone   string
		status dnssec.Status
		ds     bool
	}{{"signed.tld.", dnssec.Secure, true}, {"plain.tld.", dnssec.Insecure, false}} {
		for _, qtype := range []uint16{dns.TypeMX, dns.TypeTXT} {
			if a := it.Lookup(t.Context(), c.zone, qtype); a.Status != c.status {
				t.Fatalf("%s: %v %v", c.zone, a.Status, a.Reason)
			}
		}
		d, ok := it.cuts.get(c.zone, cutNow)
		if !ok || d.said(cutNow) != nil {
			t.Errorf("%s: known %v, its proof is kept", c.zone, ok)
		}
		if got := len(it.ZoneFacts(c.zone).DS) > 0; got != c.ds {
			t.Errorf("%s: DS known %v, want %v", c.zone, got, c.ds)
		}
	}
	if net.ds != 0 {
		t.Errorf("%d questions for DS sets were sent", net.ds)
	}
}
