package scanner

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// mailboxCounts is how the domains of a run tell whose zone they are.
type mailboxCounts struct{ own, denied, none int }

// Whoever asks, the mailbox of a domain's own zone is known where there is no MX, and
// with --with soa wherever the domain has a zone of its own and its MX lookup worked.
func TestMailboxesOfTheLab(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 5, Domains: 300})
	job.Config.Probe = ProbeNone
	front := l.Front().String()
	for _, tt := range []struct {
		name string
		dns  DNS
		soa  bool
		want mailboxCounts
	}{
		{"iterate", DNS{}, false, mailboxCounts{denied: 7, none: 293}},
		{"iterate, asked for", DNS{}, true, mailboxCounts{own: 259, denied: 7, none: 34}},
		{"forward", DNS{Resolvers: []string{front}}, false, mailboxCounts{denied: 7, none: 293}},
		{"forward, asked for", DNS{Resolvers: []string{front}}, true, mailboxCounts{own: 259, denied: 7, none: 34}},
		{"trust-ad", DNS{Resolvers: []string{front}, TrustAD: true}, false, mailboxCounts{denied: 7, none: 293}},
		{"trust-ad, asked for", DNS{Resolvers: []string{front}, TrustAD: true}, true, mailboxCounts{own: 278, denied: 7, none: 15}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			job := job
			job.Dir, job.Config.SOA = filepath.Join(t.TempDir(), "run"), tt.soa
			job.DNS.Resolvers, job.DNS.TrustAD = tt.dns.Resolvers, tt.dns.TrustAD
			if _, err := Scan(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			if got := countMailboxes(t, openTest(t, job.Dir), tt.soa); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

func countMailboxes(t *testing.T, r *run.Run, asked bool) mailboxCounts {
	t.Helper()
	var n mailboxCounts
	for _, d := range rowsOfDomains(t, r) {
		switch {
		case d.SOARname == "":
			n.none++
			if asked && d.Zone == d.Domain && d.MXKind == run.MXFound {
				t.Errorf("%s has a zone of its own, and nobody knows whose", d.Domain)
			}
		case d.SOARname != "hostmaster."+d.Domain:
			t.Errorf("%s: %q", d.Domain, d.SOARname)
		case d.MXKind == run.MXImplicit || d.MXKind == run.MXNone:
			n.denied++
		default:
			n.own++
			if !asked {
				t.Errorf("%s: %q came with %s", d.Domain, d.SOARname, d.MXKind)
			}
		}
	}
	return n
}

// The mailbox survives what a run goes through: an interrupt, a second look, judging
// again, and a merge. Who is an alias, fails or is in another's zone is not asked.
func TestMailboxIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	world := newFlakyWorld(map[string]string{
		"a.test MX": "MX 10 mx.a.test.", "a.test SOA": "SOA ns.a.test. Post\\.Master.A.test. 1 2 3 4 5",
		"late.test MX": "MX 10 mx.a.test.", "late.test SOA": "SOA ns.a.test. late.a.test. 1 2 3 4 5",
		"two.test MX": "MX 10 mx.a.test.", "two.test SOA": "SOA a. b. 1 2 3 4 5\nSOA c. d. 1 2 3 4 5",
		"bare.test MX": "MX 10 mx.a.test.",
	})
	world.fails = map[string]int{"late.test MX": 1, "dead.test MX": 9, "dead.test SOA": 9}
	names := []string{"a.test", "late.test", "two.test", "bare.test", "dead.test"}
	cfg := Config{Resolver: world, SOA: true, Probe: ProbeNone}
	if err := collectTo(t.Context(), t, cfg, dir, names...); err != nil {
		t.Fatal(err)
	}
	cfg.Confirm = time.Millisecond // as after --resume
	if err := collectTo(t.Context(), t, cfg, dir, names...); err != nil {
		t.Fatal(err)
	}
	want := []string{`post\.master.a.test`, "late.a.test", "", "", ""}
	check := func(how string, domains []run.Domain) {
		for i, d := range domains {
			if d.Domain != names[i] || d.SOARname != want[i] {
				t.Errorf("%s: %s: %q, want %q", how, d.Domain, d.SOARname, want[i])
			}
		}
	}
	s, domains := finishedTables(t, dir)
	check("finished", domains)
	for key, n := range map[string]int{"a.test SOA": 1, "late.test SOA": 1, "dead.test SOA": 0, "dead.test MX": 2} {
		if got := world.questions(key); got != n {
			t.Errorf("%s was asked for %d times, want %d", key, got, n)
		}
	}
	if domains[0].Queries != 2 || domains[1].Queries != 5 {
		t.Errorf("%d and %d queries", domains[0].Queries, domains[1].Queries)
	}
	wantRejudged(t, dir, s)
	check("judged again", rowsOfDomains(t, runOf(t, dir)))
}

// Merging keeps it, too.
func TestMailboxIsMerged(t *testing.T) {
	world := newFlakyWorld(map[string]string{
		"a.test MX": "MX 10 mx.a.test.", "a.test SOA": "SOA ns.a.test. one.a.test. 1 2 3 4 5",
		"b.test MX": "MX 10 mx.a.test.", "b.test SOA": "SOA ns.a.test. two.a.test. 1 2 3 4 5",
	})
	at := t.TempDir()
	var shards []string
	for n := 1; n <= 2; n++ {
		dir := createShard(t, at, n)
		shards = append(shards, dir)
		cfg := Config{Resolver: world, SOA: true, Probe: ProbeNone, rangeLines: 1, Ranges: Shard{n, 2}}
		if err := collectTo(t.Context(), t, cfg, dir, "a.test", "b.test"); err != nil {
			t.Fatal(err)
		}
		finishedTables(t, dir)
	}
	if _, err := Finish(t.Context(), filepath.Join(at, "merged"), shards...); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range rowsOfDomains(t, runOf(t, filepath.Join(at, "merged"))) {
		got = append(got, d.Domain+" "+d.SOARname)
	}
	if want := []string{"a.test one.a.test", "b.test two.a.test"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
