package judge

import (
	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// Host judges a host: it fills the verdicts of its sessions, which are all of
// that host and no other's, its own, and the judge's columns of its TLSA records.
// What stood in those columns before is forgotten, but for how many domains name
// the host. An error means that the evidence is not whole.
func (j Judge) Host(h *run.Host, ends []run.Endpoint, certs Certificates) error {
	y := j.against(h)
	sessions := make([]session, len(ends))
	for i := range ends {
		s, err := j.session(&ends[i], y, certs)
		if err != nil {
			return err
		}
		sessions[i] = s
	}
	c := hostCase{judge: j, host: h, yardstick: y, ends: ends}
	for _, i := range counting(ends, y.sessionBase()) {
		c.counted = append(c.counted, sessions[i])
	}
	tlsaVerdicts(&h.HostEvidence, c.counted)
	c.fill()
	return nil
}

// sessionBase is the base domain that a session must have had to count; empty is
// any, where DANE does not apply.
func (s standing) sessionBase() string {
	if s.state == run.TLSAUsable || s.state == run.TLSAUnusable {
		return s.base
	}
	return ""
}

// hostCase is a host with all that its verdict and findings are made from.
type hostCase struct {
	judge Judge
	host  *run.Host
	yardstick
	ends    []run.Endpoint // all sessions
	counted []session      // those that decide
	strays  []stray        // records that match none of those
	lookups []namedLookup
}

// fill writes the host's verdict columns.
func (c *hostCase) fill() {
	v := &c.host.HostVerdict
	*v = run.HostVerdict{
		Provider:  c.judge.Operators.of(c.host.Host),
		TLSAState: c.state,
		TLSABase:  c.base,
		Domains:   v.Domains,
	}
	ends := c.summary()
	v.Verdict, v.Reason = c.verdictOf(ends)
	v.Inferred = anyInferred(ends)
	v.TLSRPTResult = reported(v.Verdict, v.Reason)
	if v.Verdict == run.Mixed {
		v.TLSRPTResult = reportedMixed(ends)
	}
	v.AddressesTotal = int32(len(c.host.Addresses))
	v.AddressesVerified, v.AddressesFailed = addressCounts(ends)
	c.coverage()
	c.strays = c.findStrays()
	v.Rollover = c.rollover()
	c.lookups = c.listLookups()
	v.Findings = c.findings()
}

// summary reduces the sessions that count to what the tables need.
func (c *hostCase) summary() []end {
	rows := make([]*run.Endpoint, len(c.counted))
	for i, s := range c.counted {
		rows[i] = s.e
	}
	return summarise(rows)
}

// verdictOf is the decision table for hosts.
func (s standing) verdictOf(ends []end) (run.Verdict, run.Reason) {
	switch {
	case s.verdict != "":
		return s.verdict, s.reason
	case s.state == run.TLSAInsecure:
		return run.InsecureTLSA, ""
	case s.state != run.TLSAUsable && s.state != run.TLSAUnusable:
		return run.None, ""
	}
	return tally(s.state, ends)
}

// addressCounts counts the addresses that are verified with every certificate
// seen there, and those that failed with at least one.
func addressCounts(ends []end) (verified, failed int32) {
	good, bad := map[int32]bool{}, map[int32]bool{}
	for _, e := range ends {
		if e.verdict == run.Verified {
			good[e.address] = true
		}
		if isFailure(e.verdict) {
			bad[e.address] = true
		}
	}
	for address := range good {
		if !bad[address] {
			verified++
		}
	}
	return verified, int32(len(bad))
}

// verifier returns dane's verifier with this judge's order of digests.
func (j Judge) verifier() dane.Verifier { return dane.Verifier{DigestOrder: j.DigestOrder} }
