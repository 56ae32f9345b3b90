package exchange

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"danescan/scanner/dnssec"
)

// atOnce is an Exchanger that answers at once, so that what is measured is what
// stands before it.
type atOnce struct{ reply Reply }

func (a atOnce) Exchange(context.Context, netip.AddrPort, dnssec.Question, Options) (Reply, error) {
	return a.reply, nil
}

// BenchmarkGovernor asks servers that answer: what the governor adds to a question.
func BenchmarkGovernor(b *testing.B) {
	for _, c := range []struct {
		name    string
		servers int
		limiter *Limiter
	}{
		{"one server", 1, nil},
		{"thousand servers", 1000, nil},
		{"thousand servers, rates", 1000, NewLimiter(LimiterConfig{Global: 1e9, PerServer: 1e9, Burst: 1e9})},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := NewGovernor(atOnce{Reply{Msg: &dnssec.Message{}, Queries: 1}}, GovernorConfig{Limiter: c.limiter})
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					if _, err := g.Exchange(context.Background(), addr(i%c.servers), question, Options{}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkGovernorSpares asks a server that is left alone.
func BenchmarkGovernorSpares(b *testing.B) {
	g := NewGovernor(atOnce{}, GovernorConfig{})
	p := g.peers.of(addr(1))
	p.silent, p.until = true, time.Now().Add(time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := g.Exchange(context.Background(), addr(1), question, Options{}); err == nil {
			b.Fatal("it was asked")
		}
	}
}
