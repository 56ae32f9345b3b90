package report

import (
	"iter"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

// fake is a run in memory.
type fake struct {
	manifest     run.Manifest
	domains      []run.Domain
	hosts        []run.Host
	endpoints    []run.Endpoint
	certificates []run.Certificate
	err          error // at the end of the domains
}

func (f fake) Manifest() run.Manifest                           { return f.manifest }
func (f fake) Domains() iter.Seq2[*run.Domain, error]           { return rows(f.domains, f.err) }
func (f fake) Hosts() iter.Seq2[*run.Host, error]               { return rows(f.hosts, nil) }
func (f fake) Endpoints() iter.Seq2[*run.Endpoint, error]       { return rows(f.endpoints, nil) }
func (f fake) Certificates() iter.Seq2[*run.Certificate, error] { return rows(f.certificates, nil) }

// rows streams rows as a run on disk does: one is good until the next.
func rows[T any](all []T, err error) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		var row T
		for _, row = range all {
			if !yield(&row, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func domain(name string, verdict run.Verdict, kind run.MXKind, secure bool, withTLSA int32, hosts ...string) run.Domain {
	d := run.Domain{}
	d.Domain, d.MXKind, d.Verdict, d.MXSecure, d.HostsWithTLSA, d.HostsTotal = name, kind, verdict, secure, withTLSA, int32(len(hosts))
	d.MXDNSSEC, d.TLD, d.PolicyMay = run.Insecure, name[strings.LastIndexByte(name, '.')+1:], run.PolicyOpportunistic
	if secure {
		d.MXDNSSEC = run.Secure
	}
	d.MXLookup = lookup(run.Found, d.MXDNSSEC)
	for i, h := range hosts {
		d.MX = append(d.MX, run.MX{Host: h, Preference: int32(i)})
		d.Provider = h[strings.IndexByte(h, '.')+1:]
	}
	return d
}

func lookup(outcome run.Outcome, status run.DNSSEC) *run.Lookup {
	l := &run.Lookup{Outcome: outcome, DNSSEC: status}
	if outcome == run.Found {
		l.TTL, l.Size = ptr(int64(3600)), ptr(int32(512))
	}
	return l
}

func ptr[T any](v T) *T { return &v }

// noon is when everything was looked at.
func noon() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func host(name string, verdict run.Verdict, state run.TLSAState, records ...run.TLSA) run.Host {
	h := run.Host{}
	h.Host, h.Verdict, h.TLSAState, h.TLSA, h.ScannedAt = name, verdict, state, records, noon()
	h.Provider = name[strings.IndexByte(name, '.')+1:]
	h.A = lookup(run.Found, run.Secure)
	if applies(state) {
		h.TLSABase = name
		l := lookup(run.Found, run.Secure)
		l.RRSIGExpires = ptr(noon().Add(5 * 24 * time.Hour))
		h.TLSACandidates = []run.TLSACandidate{{Base: name, Lookup: *l, LookedUpAt: noon()}}
	}
	return h
}

func endpoint(base, address string, attempt int32, verdict run.Verdict, shaken bool) run.Endpoint {
	e := run.Endpoint{}
	e.Host, e.Base, e.Address, e.Attempt, e.Verdict, e.ScannedAt, e.HandshakeComplete = base, base, address, attempt, verdict, noon(), shaken
	if shaken {
		e.TLSVersion, e.Cipher, e.KeyExchange, e.Chain = "1.3", "TLS_AES_128_GCM_SHA256", "x25519", [][]byte{{1}}
	}
	return e
}

// small is a run in which every figure has something to show.
func small() fake {
	good := run.TLSA{Usage: 3, Selector: 1, MatchingType: 1}
	broken := host("mx.broken.example", run.Mismatch, run.TLSAUsable, good, run.TLSA{Usage: 2, Selector: 1, MatchingType: 1})
	broken.Findings = []run.Finding{{Code: "mismatch", Detail: "x"}, {Code: "mismatch", Detail: "y"}}
	broken.Addresses = []string{"192.0.2.1"}
	broken.Reason, broken.CombinationsUncovered, broken.Domains = run.ReasonNoMatch, []string{"3 1 1"}, 1
	silent := host("mx.silent.example", run.LookupFailed, run.TLSAError)
	silent.Reason, silent.A = run.ReasonTLSA, lookup(run.Timeout, run.Indeterminate)
	return fake{
		manifest: smallManifest(), domains: smallDomains(),
		hosts: []run.Host{
			broken,
			host("mx.good.example", run.Verified, run.TLSAUsable, good, good),
			host("mx.plain.example", run.None, run.TLSANone),
			silent,
		},
		endpoints: []run.Endpoint{
			endpoint("mx.broken.example", "192.0.2.1", 1, run.Mismatch, true),
			endpoint("mx.good.example", "192.0.2.2", 1, run.Unreachable, false),
			endpoint("mx.good.example", "192.0.2.2", 2, run.Verified, true),
			endpoint("mx.good.example", "192.0.2.3", 1, run.Verified, true),
		},
		certificates: []run.Certificate{{SHA256: []byte{1}, Issuer: "CN=Example CA", KeyAlgorithm: run.KeyRSA, KeyBits: ptr(int32(2048)),
			NotAfter: ptr(noon().Add(10 * 24 * time.Hour))}},
	}
}

func smallManifest() run.Manifest {
	return run.Manifest{
		RunID: "20261101T120000Z-0011223344556677", SchemaVersion: 1, RulesVersion: "1", Started: noon(),
		Tool:     run.Tool{Name: "danescan", Version: "v0", GoVersion: "go1"},
		List:     run.List{Source: "tranco.csv", ID: "XYZ", SHA256: "abcd", Rows: 8, Taken: 7, Skipped: map[string]int64{"bytes": 1}},
		Resolver: run.Resolver{Mode: "iterate", SHA1: "validate"}, Vantage: run.Vantage{EHLO: "scan.example", Contact: "https://scan.example/"},
		Settings: map[string]string{"retries": "2"}, Finished: ptr(noon().Add(30 * time.Minute)),
	}
}

func smallDomains() []run.Domain {
	primary := domain("good.example", run.DANEVerified, run.MXFound, true, 1, "mx.good.example", "mx.plain.example")
	primary.PrimaryVerified, primary.MX[0].Verdict, primary.MX[1].Verdict = true, run.Verified, run.None
	primary.Provider, primary.Rank, primary.Group, primary.PolicyDANE = "good.example", 1, "bank", run.PolicyVerified
	second := domain("second.test", run.DANEVerified, run.MXFound, true, 1, "mx.good.example")
	second.MX[0].Verdict, second.Rank = run.Verified, 1001
	broken := domain("broken.example", run.DANEFailed, run.MXFound, true, 1, "mx.broken.example")
	broken.MX[0].Verdict, broken.Group, broken.PolicyDANE = run.Mismatch, "bank", run.PolicyDeferred
	undecided := domain("undecided.example", run.DANEUndecided, run.MXFound, true, 0, "mx.silent.example")
	undecided.MX[0].Verdict = run.LookupFailed
	return []run.Domain{
		primary, second, broken, undecided,
		domain("half.example", run.HalfDANE, run.MXFound, false, 1, "mx.good.example"),
		domain("plain.example", run.NotDANE, run.MXFound, false, 0, "mx.plain.example"),
		domain("null.example", run.NoMail, run.MXNull, true, 0),
	}
}

func summarise(t *testing.T, f fake) *summary {
	t.Helper()
	g, err := gather(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return g.summary()
}

// site makes every file of a site in memory.
func site(t *testing.T, s *summary) map[string]string {
	t.Helper()
	all := map[string]string{}
	makers, err := s.files("")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range makers {
		data, err := m.make()
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[m.path]; twice {
			t.Errorf("two files are named %s", m.path)
		}
		all[m.path] = string(data)
	}
	return all
}

// pagesOf are the HTML files of a site.
func pagesOf(all map[string]string) map[string]string {
	pages := map[string]string{}
	for path, text := range all {
		if strings.HasSuffix(path, ".html") {
			pages[path] = text
		}
	}
	return pages
}
