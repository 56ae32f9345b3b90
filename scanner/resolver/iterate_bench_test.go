package resolver

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// cannedNet answers from the signed world without sockets, each reply packed and
// unpacked as over the wire.
type cannedNet struct {
	mu     sync.Mutex
	wire   map[string][]byte
	answer func(server string, q dnssec.Question) *dns.Msg
}

// Exchange implements exchange.Exchanger.
func (n *cannedNet) Exchange(_ context.Context, server netip.AddrPort, q dnssec.Question, _ exchange.Options) (exchange.Reply, error) {
	key := server.Addr().String() + q.Name + dns.TypeToString[q.Type]
	n.mu.Lock()
	wire := n.wire[key]
	if wire == nil {
		var err error
		if wire, err = n.answer(server.Addr().String(), q).Pack(); err != nil {
			n.mu.Unlock()
			return exchange.Reply{}, err
		}
		n.wire[key] = wire
	}
	n.mu.Unlock()
	msg, err := dnssec.Unpack(wire)
	if err != nil {
		return exchange.Reply{}, err
	}
	return exchange.Reply{Msg: msg, Server: server, Size: len(wire), Queries: 1, RTT: time.Millisecond}, nil
}

// BenchmarkIterate measures the resolver and the validator without sockets: the
// lookup of one name of a zone that was met before, and of one that was not.
func BenchmarkIterate(b *testing.B) {
	w, err := cutWorld()
	if err != nil {
		b.Fatal(err)
	}
	apexOf := map[string]string{}
	for apex, addrs := range cutAddrs {
		for _, a := range addrs {
			apexOf[a] = apex
		}
	}
	net := &cannedNet{wire: map[string][]byte{}, answer: func(server string, q dnssec.Question) *dns.Msg {
		m := new(dns.Msg).SetQuestion(q.Name, q.Type)
		return signedReply(w, m, []string{apexOf[server]})
	}}
	resolver := func() *Iterate {
		it, err := NewIterate(IterateConfig{
			Exchanger: net, Validator: cutValidator(b, w), AllowPrivate: true,
			Zones: []Zone{{Name: ".", Servers: []NameServer{{Addrs: []netip.Addr{netip.MustParseAddr("127.0.54.1")}}}}},
			Now:   func() time.Time { return cutNow },
		})
		if err != nil {
			b.Fatal(err)
		}
		return it
	}
	for _, bench := range []struct{ name, ask string }{
		{"warm/signed", "signed.tld."}, {"warm/unsigned", "plain.tld."},
		{"warm/denial", "nothing%d.signed.tld."}, {"warm/wildcard", "n%d.wild.signed.tld."},
	} {
		b.Run(bench.name, func(b *testing.B) {
			it := resolver()
			names := make([]string, 16)
			for i := range names {
				names[i] = strings.ReplaceAll(bench.ask, "%d", fmt.Sprint(i))
				it.Lookup(context.Background(), names[i], dns.TypeMX)
			}
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				name := names[i%len(names)]
				i++
				if a := it.Lookup(context.Background(), name, dns.TypeMX); a.Failed() {
					b.Fatal(a.Outcome, a.Reason)
				}
			}
		})
	}
	for _, name := range []string{"signed.tld.", "plain.tld."} {
		b.Run("cold/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if a := resolver().Lookup(context.Background(), name, dns.TypeMX); a.Failed() {
					b.Fatal(a.Outcome, a.Reason)
				}
			}
		})
	}
}
