package report

import (
	"context"
	"fmt"
	"iter"

	"danescan/datasets/run"
)

// Tables are the tables of a finished run, as *run.Run has them.
type Tables interface {
	Manifest() run.Manifest
	Domains() iter.Seq2[run.Domain, error]
	Hosts() iter.Seq2[run.Host, error]
}

// gathered is a run as counters.
type gathered struct {
	manifest run.Manifest

	names, withMail, signedMX, dane, verified, primary, failed, undecided, half int64
	hosts, hostsWithTLSA, hostsVerified                                         int64

	verdicts     *tally[string] // domains and hosts have verdicts of their own
	hostVerdicts *tally[string]
	mxDNSSEC     *tally[string]
	providers    *tally[string]
	providerDANE map[string]int64 // domains verified, by provider
	parameters   *tally[string]   // "3 1 1": hosts, and the domains that name them
	findings     *tally[string]
	hostFindings map[string][]string // findings of hosts that have any
	hostMix      map[string][]string // parameters of hosts with usable or unusable records
}

// gather reads the tables once, hosts before domains: what is counted by domains
// may stand in a host's row.
func gather(ctx context.Context, in Tables) (*gathered, error) {
	g := &gathered{
		manifest: in.Manifest(),
		verdicts: newTally[string](), hostVerdicts: newTally[string](), mxDNSSEC: newTally[string](),
		providers: newTally[string](), providerDANE: map[string]int64{},
		parameters: newTally[string](), findings: newTally[string](),
		hostFindings: map[string][]string{}, hostMix: map[string][]string{},
	}
	for h, err := range in.Hosts() {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		g.host(&h)
	}
	for d, err := range in.Domains() {
		if err := alive(ctx, err); err != nil {
			return nil, err
		}
		g.domain(&d)
	}
	return g, nil
}

func alive(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return ctx.Err()
}

func (g *gathered) host(h *run.Host) {
	g.hosts++
	g.hostVerdicts.host(string(h.Verdict))
	g.providers.host(h.Provider)
	if h.Verdict == run.Verified {
		g.hostsVerified++
	}
	if h.TLSAState == run.TLSAUsable || h.TLSAState == run.TLSAUnusable {
		g.hostsWithTLSA++
		g.hostMix[h.Host] = mix(h.TLSA)
		for _, p := range g.hostMix[h.Host] {
			g.parameters.host(p)
		}
	}
	if codes := codesOf(h.Findings); len(codes) > 0 {
		g.hostFindings[h.Host] = codes
		for _, code := range codes {
			g.findings.host(code)
		}
	}
}

func (g *gathered) domain(d *run.Domain) {
	g.names++
	g.verdicts.domain(string(d.Verdict))
	g.mxDNSSEC.domain(string(d.MXDNSSEC))
	g.headline(d)
	if d.Provider != "" {
		g.providers.domain(d.Provider)
		if d.Verdict == run.DANEVerified {
			g.providerDANE[d.Provider]++
		}
	}
	parameters, findings := map[string]bool{}, map[string]bool{}
	for _, code := range codesOf(d.Findings) {
		findings[code] = true
	}
	for _, mx := range d.MX {
		for _, p := range g.hostMix[mx.Host] {
			parameters[p] = true
		}
		for _, code := range g.hostFindings[mx.Host] {
			findings[code] = true
		}
	}
	for p := range parameters {
		g.parameters.domain(p)
	}
	for code := range findings {
		g.findings.domain(code)
	}
}

// headline counts what the first lines of the page say. Names with mail are those
// with an MX host, explicit or implicit; names whose MX lookup failed are neither
// with nor without mail, and stay in sight in the verdicts.
func (g *gathered) headline(d *run.Domain) {
	if d.MXKind != run.MXFound && d.MXKind != run.MXImplicit {
		return
	}
	g.withMail++
	if d.MXSecure {
		g.signedMX++
	}
	switch d.Verdict {
	case run.NotDANE:
		return
	case run.HalfDANE:
		g.half++
		return
	case run.DANEVerified:
		g.verified++
	case run.DANEFailed:
		g.failed++
	case run.DANEUndecided:
		g.undecided++
	}
	if d.HostsWithTLSA > 0 {
		g.dane++
	}
	if d.PrimaryVerified {
		g.primary++
	}
}

// mix is the distinct parameters of a TLSA RRset.
func mix(records []run.TLSA) []string {
	var distinct []string
	seen := map[string]bool{}
	for _, r := range records {
		p := fmt.Sprintf("%d %d %d", r.Usage, r.Selector, r.MatchingType)
		if !seen[p] {
			seen[p] = true
			distinct = append(distinct, p)
		}
	}
	return distinct
}

// codesOf is the distinct codes of findings.
func codesOf(findings []run.Finding) []string {
	var codes []string
	seen := map[string]bool{}
	for _, f := range findings {
		if !seen[f.Code] {
			seen[f.Code] = true
			codes = append(codes, f.Code)
		}
	}
	return codes
}
