package scanner

import (
	"context"
	"net/netip"
	"sync"

	"golang.org/x/net/publicsuffix"

	"danescan/datasets/run"
	"danescan/scanner/judge"
	"danescan/scanner/resolver"
)

// visit is one planned session with an address of a host, on behalf of the host.
type visit struct {
	*stay
	address   netip.Addr
	provider  string           // whose session it is: the registrable domain of the base domain
	algorithm run.KeyAlgorithm // of the certificate to ask for; empty: whichever is shown
	tries     []run.Try        // sessions that the server put off
	sample    *sample          // that other hosts wait for; nil: none do
}

// stay is a host on its way to its row: it is written when its last session is
// over.
type stay struct {
	base     string
	attempt  int32
	excluded bool // looked up, and not to be connected to

	mu    sync.Mutex
	host  run.HostEvidence
	asked bool // for TLSA once more, past every cache
	left  int
	rows  []run.EndpointEvidence
	der   [][]byte
}

// planVisit plans a session with each address of a host, or writes the host's row
// at once where there is nothing to connect to.
func (c *collector) planVisit(ctx context.Context, h run.HostEvidence, attempt int32) error {
	s := &stay{host: h, attempt: attempt}
	if attempt == 1 {
		c.noteExcluded(&h)
	}
	var visits []*visit
	for _, address := range c.targets(s) {
		reason := c.refuse(s, address)
		if reason == "" {
			visits = append(visits, &visit{stay: s, address: address, provider: providerOf(s.base)})
			continue
		}
		s.rows = append(s.rows, c.notTried(s, address, reason))
	}
	if len(visits) == 0 {
		return c.settle(s)
	}
	s.left = len(visits)
	for _, v := range visits {
		if err := c.route(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// notTried is the row of an address that is not connected to.
func (c *collector) notTried(s *stay, address netip.Addr, reason run.Reason) run.EndpointEvidence {
	return run.EndpointEvidence{
		Host: s.host.Host, Base: s.base, Address: address.String(), Port: int32(c.cfg.SMTPPort),
		Attempt: s.attempt, ScannedAt: stamp(c.cfg.now()), NotTried: reason,
	}
}

// providerOf is whose a host name is, as far as a name can tell.
func providerOf(name string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return domain
	}
	return name
}

// targets are the addresses that this host is the first to name with its base
// domain: a shared endpoint is probed once in each attempt.
func (c *collector) targets(s *stay) []netip.Addr {
	base, wanted := c.sessionName(&s.host)
	if !wanted {
		return nil
	}
	s.base, s.excluded = base, c.cfg.Exclude.host(&s.host, base)
	var addresses []netip.Addr
	for _, text := range s.host.Addresses {
		address, err := netip.ParseAddr(text)
		// An excluded host takes no endpoint away from another that shares it.
		if err == nil && (s.excluded || c.seen.add(base, address, s.attempt)) {
			addresses = append(addresses, address)
		}
	}
	return addresses
}

// sessionName is the base domain that sessions with a host name, and whether there
// are to be any.
func (c *collector) sessionName(h *run.HostEvidence) (base string, wanted bool) {
	state, base := judge.State(h)
	if applies(state) {
		return base, true
	}
	return h.Host, c.cfg.Probe == ProbeAll
}

// refuse says why an address is not connected to, or nothing.
func (c *collector) refuse(s *stay, address netip.Addr) run.Reason {
	switch {
	case s.excluded || c.cfg.Exclude.Address(address):
		return run.ReasonExcluded
	case c.cfg.Probe == ProbeNone:
		return run.ReasonProbeOff
	case address.Is4() && c.cfg.NoIPv4, !address.Is4() && c.cfg.NoIPv6:
		return run.ReasonNoRoute
	case !c.cfg.AllowAny && resolver.PrivateAddr(address):
		return run.ReasonPrivate
	case c.ports.isBlocked(address):
		return run.ReasonPortBlocked
	}
	return ""
}
