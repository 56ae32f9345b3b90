//go:build interop

package smtp

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// entry is one server configuration of the matrix and what is to come of it.
type entry struct {
	name      string
	start     func(t testing.TB) netip.AddrPort // an SMTP server
	algorithm string                            // asked for
	client    []string                          // what s_client needs to ask for the same
	stack     string                            // that gets the chain; empty: none does
	failure   Failure                           // of the session
	closed    bool                              // the chain does not count
	lax       bool                              // OpenSSL refuses where we go on
}

// TestInteropMatrix holds sessions with real servers of many kinds, and asks
// openssl s_client at security level 0 about each. Whatever s_client connects to
// must come out as the chain that it shows, byte by byte.
func TestInteropMatrix(t *testing.T) {
	if os.Getenv(namespaceEnv) == "" {
		unpackExim(t)
	}
	if !inNamespace(t) {
		return
	}
	need(t, "openssl", "gnutls-serv")
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "server\ts_client\tcertificates\tstack\tversion\tgroup\tfailure\tcounts\tsame chain")
	entries := matrix(t)
	for _, e := range entries {
		t.Run(e.name, func(t *testing.T) { e.run(t, w) })
	}
	w.Flush()
	t.Logf("%d configurations\n%s", len(entries), table.String())
	if len(entries) < 40 {
		t.Errorf("only %d configurations", len(entries))
	}
}

func (e entry) run(t *testing.T, w *tabwriter.Writer) {
	target := to(e.start(t))
	oracle := sClient(t, target, e.client...)
	cfg := quick()
	cfg.afterTLSTimeout = 100 * time.Millisecond // these servers speak no SMTP
	target.Algorithm = e.algorithm
	s := Probe(t.Context(), target, cfg)

	same := len(s.Chain) > 0 && equalChains(s.Chain, oracle.chain)
	fmt.Fprintf(w, "%s\t%v\t%d\t%s\t%s\t%s\t%s\t%v\t%v\n", e.name, oracle.connected, len(s.Chain), s.Stack, s.TLSVersion,
		s.Group, s.Failure, s.ChainCounts(), same)
	if oracle.connected && !(same && s.ChainCounts()) {
		t.Errorf("s_client connects and shows %d certificates; we have %d, counts %v: %s %s %s\n%s",
			len(oracle.chain), len(s.Chain), s.ChainCounts(), s.Stage, s.Failure, s.Error, fallbackError(s))
	}
	if !e.lax && oracle.connected == e.closed {
		t.Errorf("s_client connects: %v\n%s", oracle.connected, oracle.output)
	}
	if s.ChainCounts() == e.closed {
		t.Errorf("chain counts: %v", s.ChainCounts())
	}
	if len(s.Chain) > 0 && s.Stack != e.stack || len(s.Chain) == 0 && e.stack != "" {
		t.Errorf("%d certificates by %q, want by %q", len(s.Chain), s.Stack, e.stack)
	}
	if s.Failure != e.failure {
		t.Errorf("failure %q (%s), want %q", s.Failure, s.Error, e.failure)
	}
}

func fallbackError(s Session) string {
	if s.Fallback == nil {
		return ""
	}
	return fmt.Sprintf("fetcher: %s %s %s", s.Fallback.Stage, s.Fallback.Failure, s.Fallback.Error)
}

func equalChains(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}
