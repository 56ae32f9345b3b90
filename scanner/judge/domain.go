package judge

import (
	"sync"

	"danescan/datasets/run"
)

// Domain judges a domain: it fills its verdict and those of its MX hosts, each
// with the names that a certificate may carry for mail to this domain. host gives
// the facts of a judged host by its name as the row spells it.
func (j Judge) Domain(d *run.Domain, host func(name string) HostFacts) {
	c := domainCases.Get().(*domainCase)
	defer c.free()
	c.judge, c.domain, c.secure = j, d, d.MXDNSSEC == run.Secure
	names := references(&d.DomainEvidence)
	for i := range d.MX {
		mx := &d.MX[i]
		f := under(factsOf(mx.Host, host), names)
		mx.Verdict, mx.Reason, mx.Inferred = f.Verdict, f.Reason, f.Inferred
		c.hosts = append(c.hosts, mxHost{name: canonical(mx.Host), preference: mx.Preference, facts: f})
	}
	c.fill()
}

// factsOf returns the facts of an MX target, which may be no host name at all.
func factsOf(name string, host func(name string) HostFacts) HostFacts {
	if ok, reason := MXTarget(name); !ok {
		return untouched(reason)
	}
	f := host(name)
	if f.Verdict == "" {
		return absent()
	}
	return f
}

// domainCase is a domain with all that its verdict and findings are made from.
type domainCase struct {
	judge   Judge
	domain  *run.Domain
	secure  bool // the MX records, or the proof that there are none
	hosts   []mxHost
	members []member // the hosts as the verdict needs them
	routes  []route  // and as the policies do
	lookups []namedLookup
}

// domainCases are used again: nothing of one is needed once its domain is judged.
var domainCases = sync.Pool{New: func() any { return new(domainCase) }}

// mostHosts bounds the lists that a case is kept with: nearly every domain has less.
const mostHosts = 64

// free gives a case back, with room for its lists and without what is in them.
func (c *domainCase) free() {
	if cap(c.hosts) > mostHosts {
		return
	}
	clear(c.hosts)
	clear(c.members)
	clear(c.routes)
	clear(c.lookups)
	*c = domainCase{hosts: c.hosts[:0], members: c.members[:0], routes: c.routes[:0], lookups: c.lookups[:0]}
	domainCases.Put(c)
}

// mxHost is one MX host of a domain.
type mxHost struct {
	name       string
	preference int32
	facts      HostFacts
}

func (h *mxHost) class() class { return classOf(h.facts.State, h.facts.Verdict) }

// fill writes the domain's verdict columns.
func (c *domainCase) fill() {
	d := c.domain
	v := &d.DomainVerdict
	*v = run.DomainVerdict{MXSecure: c.secure, HostsTotal: int32(len(c.hosts))}
	for i := range c.hosts {
		h := &c.hosts[i]
		c.members = append(c.members, member{h.preference, h.class(), h.facts.Verdict})
		c.routes = append(c.routes, route{h.preference, &h.facts})
		count(v, h)
	}
	v.Verdict = domainVerdict(d.MXKind, c.secure, c.members)
	v.PrimaryVerified = primaryVerified(c.secure, c.members)
	policies(v, d.MXKind, c.secure, c.routes)
	v.Provider, v.SelfHosted = c.provider()
	v.DNSOperator = c.judge.Operators.dns(d.NS)
	c.listLookups()
	v.Findings = c.findings()
}

// count adds a host to the domain's counts. A host counts as one with TLSA records
// where they are secure, usable or not: others oblige nobody to anything.
func count(v *run.DomainVerdict, h *mxHost) {
	if h.facts.State == run.TLSAUsable || h.facts.State == run.TLSAUnusable {
		v.HostsWithTLSA++
	}
	switch h.class() {
	case ok:
		v.HostsVerified++
	case fail:
		v.HostsFailed++
	case unknown:
		v.HostsUnknown++
	}
}
