package scanner

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"danescan/datasets/run"
)

// oldSpool is what the last program that wrote version 2 of the schema left when it
// was interrupted: a lab's domains all looked up, of their hosts some.
var oldSpool = filepath.Join("..", "testdata", "schema", "v2-unfinished")

var oldNames = []string{
	"ee-spki.optout", "ee-cert.nsec", "ee-sha512.nsec", "ee-full-key.optout", "ee-expired.nsec", "ta-key.optout", "ta-cert.nsec", "ta-next-hop.nsec",
	"ta-wildcard.optout", "rollover-next.nsec", "rollover-done.optout", "rollover-issuer.nsec", "address-down.nsec", "address-no-starttls.optout",
	"both-families.nsec", "d0000000.optout", "d0000077.optout", "d0000078.optout", "d0000079.optout", "d0000080.optout", "d0000081.optout",
	"d0000082.optout", "d0000083.unsigned", "d0000084.optout", "null-mx.nsec",
}

// A run of schema version 2 that was not finished is gone on with: what it holds is not
// asked for again, and the tables are of this version.
func TestResumeOfAnOldRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS(oldSpool)); err != nil {
		t.Fatal(err)
	}
	world := newFlakyWorld(map[string]string{})
	if err := collectTo(t.Context(), t, Config{Resolver: world, Probe: ProbeNone}, dir, oldNames...); err != nil {
		t.Fatal(err)
	}
	for _, name := range oldNames {
		if n := world.questions(name + " MX"); n != 0 {
			t.Errorf("%s MX was asked for %d times", name, n)
		}
	}
	s, domains := finishedTables(t, dir)
	var verified []string // by sessions of then: the hosts asked for now have no address
	for i, d := range domains {
		if d.Domain != oldNames[i] {
			t.Errorf("line %d: %s, want %s", d.Line, d.Domain, oldNames[i])
		}
		if d.Verdict == run.DANEVerified {
			verified = append(verified, d.Domain)
		}
	}
	want := []string{"ee-full-key.optout", "ee-expired.nsec", "ta-cert.nsec", "ta-wildcard.optout", "rollover-next.nsec", "address-down.nsec"}
	if !slices.Equal(verified, want) || len(domains) != len(oldNames) {
		t.Errorf("%d domains, verified %q, want %q", len(domains), verified, want)
	}
	asked := 0
	for key := range world.times {
		if strings.HasSuffix(key, " A") {
			asked++
		}
	}
	if asked != 9 || s.Hosts != 25 || s.Sessions != 7 || s.Certificates != 8 {
		t.Errorf("%d hosts were asked for now; %d hosts, %d sessions, %d certificates", asked, s.Hosts, s.Sessions, s.Certificates)
	}
	if m, err := run.ReadManifest(dir); err != nil || m.SchemaVersion != run.SchemaVersion {
		t.Errorf("schema version %d, %v", m.SchemaVersion, err)
	}
	again, err := Finish(t.Context(), dir, dir)
	if err != nil || !maps.Equal(again.Verdicts, s.Verdicts) {
		t.Errorf("judged again %v, not %v: %v", again.Verdicts, s.Verdicts, err)
	}
}
