//go:build interop

package smtp

import (
	"net/netip"
	"testing"
)

// TestInteropNoRoute: in a namespace with loopback alone there is no way out.
func TestInteropNoRoute(t *testing.T) {
	if !inNamespace(t) {
		return
	}
	for _, address := range []string{"192.0.2.1:25", "[2001:db8::1]:25"} {
		s := Probe(t.Context(), to(netip.MustParseAddrPort(address)), quick())
		ending{stage: StageConnect, failure: FailNoRoute}.check(t, s)
	}
}
