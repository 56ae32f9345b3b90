//go:build interop

package resolver

import (
	"os"
	"slices"
	"strings"
	"testing"

	"danescan/scanner/dnssec"
)

// TestInteropRootData compares what is compiled in with Debian's dns-root-data.
func TestInteropRootData(t *testing.T) {
	hints := debianFile(t, "/usr/share/dns/root.hints")
	theirs, err := ParseHints(hints)
	if err != nil {
		t.Fatal(err)
	}
	ours, _, err := RootHints()
	if err != nil {
		t.Fatal(err)
	}
	if len(ours.Servers) != len(theirs.Servers) {
		t.Fatalf("%d root servers, Debian has %d", len(ours.Servers), len(theirs.Servers))
	}
	for i, s := range theirs.Servers {
		if ours.Servers[i].Name != s.Name || !slices.Equal(ours.Servers[i].Addrs, s.Addrs) {
			t.Errorf("%v, Debian has %v", ours.Servers[i], s)
		}
	}

	anchors, err := dnssec.ParseAnchors(debianFile(t, "/usr/share/dns/root.ds"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, a := range dnssec.RootAnchors() {
		if a.DS != nil {
			known[strings.ToLower(a.DS.Digest)] = true
		}
	}
	for _, a := range anchors {
		if a.DS == nil || !known[strings.ToLower(a.DS.Digest)] {
			t.Errorf("Debian's anchor %v is not ours", a.DS)
		}
	}
	if len(known) != len(anchors) {
		t.Errorf("%d anchors, Debian has %d", len(known), len(anchors))
	}
}

func debianFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		if os.Getenv("DANESCAN_STRICT") == "1" {
			t.Fatal(err)
		}
		t.Skipf("needs the package dns-root-data: %v", err)
	}
	return string(text)
}
