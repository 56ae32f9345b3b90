//go:build interop

package resolver

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// forward makes a resolver that validates what the Unbound of n fetches.
func (n *realNet) forward(ex exchange.Exchanger) (*Forward, error) {
	v, err := dnssec.New(dnssec.Config{Anchors: n.Anchors})
	if err != nil {
		return nil, err
	}
	return NewForward(ForwardConfig{
		Exchanger: ex, Servers: []netip.AddrPort{n.Resolver}, Validator: v,
		ProbeDS: "test.", ProbeDenied: "nosuchname.test.",
	})
}

func TestInteropForward(t *testing.T) {
	n := newRealNet(t)
	c := exchange.New(exchange.Config{Timeout: 5 * time.Second, Retries: 1})
	defer c.Close()
	r, err := n.forward(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Preflight(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, rc := range realCases {
		rc.check(t, r.Lookup(context.Background(), rc.name, rc.qtype), time.Since(n.since))
	}
	for name, want := range realZoneOf {
		if apex, status := ZoneOf(context.Background(), r, name); apex+" "+status.String() != want {
			t.Errorf("zone of %s: %s %v, want %s", name, apex, status, want)
		}
	}
}
