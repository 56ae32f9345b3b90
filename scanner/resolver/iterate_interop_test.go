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

// TestInteropIterate walks the tree of realNet, which one NSD serves at one
// address, and finds what the other modes find through Unbound.
func TestInteropIterate(t *testing.T) {
	n := newRealNet(t)
	client := exchange.New(exchange.Config{Timeout: 5 * time.Second, Retries: 1})
	defer client.Close()
	v, err := dnssec.New(dnssec.Config{Anchors: n.Anchors})
	if err != nil {
		t.Fatal(err)
	}
	root := Zone{Name: ".", Servers: []NameServer{{Addrs: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}}}
	it, err := NewIterate(IterateConfig{
		Exchanger: client, Validator: v, Zones: []Zone{root}, Port: uint16(n.nsd), AllowPrivate: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := CheckTrust(context.Background(), it, time.Now); err != nil {
		t.Fatal(err)
	}
	for _, c := range realCases {
		if c.name == "x.dead.test" {
			c.reason = dnssec.ReasonNoReply // the server refers to the zone that it should have: it is lame
		}
		c.check(t, it.Lookup(context.Background(), c.name, c.qtype), 0)
	}
	for name, want := range realZoneOf {
		if apex, status := ZoneOf(context.Background(), it, name); apex+" "+status.String() != want {
			t.Errorf("zone of %s: %s %v, want %s", name, apex, status, want)
		}
	}
}
