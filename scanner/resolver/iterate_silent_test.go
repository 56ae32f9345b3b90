package resolver

import (
	"context"
	"net/netip"
	"testing"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// sparing is an Exchanger that leaves all servers alone, but for so many questions.
type sparing struct{ asks int }

func (s *sparing) Exchange(_ context.Context, server netip.AddrPort, _ dnssec.Question, _ exchange.Options) (exchange.Reply, error) {
	e := &exchange.Error{Kind: exchange.Timeout, Server: server, Err: exchange.ErrSilent}
	if s.asks--; s.asks >= 0 {
		e.Queries, e.Err = 3, context.DeadlineExceeded
	}
	return exchange.Reply{}, e
}

// A lookup that failed because its servers are left alone says so: it is told apart
// from one whose questions were put, and is a failure all the same.
func TestSilentServersAreToldApart(t *testing.T) {
	for _, c := range []struct {
		asks int
		want dnssec.Reason
	}{{0, "server-silent"}, {1000, "no-reply"}} {
		v, err := dnssec.New(dnssec.Config{Anchors: dnssec.RootAnchors()})
		if err != nil {
			t.Fatal(err)
		}
		it, err := NewIterate(IterateConfig{Exchanger: &sparing{c.asks}, Validator: v})
		if err != nil {
			t.Fatal(err)
		}
		a := it.Lookup(t.Context(), "example.test", dns.TypeMX)
		if !a.Failed() || a.Outcome != Timeout || a.Status != dnssec.Indeterminate || a.Reason != c.want || a.EDE != 22 {
			t.Errorf("%+v, want %s", a, c.want)
		}
	}
}
