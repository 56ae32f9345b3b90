package resolver

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// rplConfig is what the configuration of a script means to us.
type rplConfig struct {
	Zones    []Zone       // root and stubs
	Forward  []netip.Addr // for the root; empty: iterate
	Anchors  []dnssec.Anchor
	Insecure []string
	Now      time.Time
	IPv4Only bool
	IPv6Only bool
	Limits   dnssec.Limits
	Skew     time.Duration
	Hints    bool // given in a file

	Minimises      bool // qname-minimisation
	EveryAlgorithm bool // harden-algo-downgrade; without it any DS digest counts
}

// rplZone is a stub-zone or forward-zone clause that is being read.
type rplZone struct {
	zone    Zone
	forward bool
}

// configure reads the options.
func (s *rplScript) configure() (rplConfig, error) {
	c := rplConfig{Now: time.Unix(1_700_000_000, 0)}
	zones := []*rplZone{{zone: Zone{Name: "."}}} // where no clause is open: the root
	var hints strings.Builder
	for _, o := range s.Config {
		if strings.HasPrefix(o.Key, "tempfile ") {
			hints.WriteString(o.Value + "\n")
			continue
		}
		if err := c.option(o, &zones); err != nil {
			return c, fmt.Errorf("%s: %w", o.Key, err)
		}
	}
	if c.Hints {
		root, err := ParseHints(hints.String())
		if err != nil {
			return c, err
		}
		c.Zones = append(c.Zones, root)
	}
	for _, z := range zones {
		if len(z.zone.Servers) == 0 {
			continue
		}
		if !z.forward || z.zone.Name != "." { // a zone that is forwarded is one whose servers are given
			c.Zones = append(c.Zones, z.zone)
			continue
		}
		for _, ns := range z.zone.Servers {
			c.Forward = append(c.Forward, ns.Addrs...)
		}
	}
	return c, nil
}

func (c *rplConfig) option(o rplOption, zones *[]*rplZone) error {
	z := (*zones)[len(*zones)-1]
	var err error
	switch o.Key {
	case "stub-zone", "forward-zone":
		*zones = append(*zones, &rplZone{forward: o.Key == "forward-zone"})
	case "server":
		*zones = append(*zones, &rplZone{zone: Zone{Name: "."}})
	case "name":
		z.zone.Name = dns.CanonicalName(o.Value)
	case "stub-addr", "forward-addr":
		addr, _, _ := strings.Cut(o.Value, "@")
		var a netip.Addr
		if a, err = netip.ParseAddr(addr); err == nil {
			z.zone.Servers = append(z.zone.Servers, NameServer{Addrs: []netip.Addr{a}})
		}
	case "stub-host":
		z.zone.Servers = append(z.zone.Servers, NameServer{Name: dns.CanonicalName(o.Value)})
	case "trust-anchor":
		err = c.anchor(o.Value)
	case "domain-insecure":
		c.Insecure = append(c.Insecure, dns.CanonicalName(o.Value))
	case "val-override-date":
		c.Now, err = rplDate(o.Value)
	case "val-override-timestamp":
		var n int64
		n, err = strconv.ParseInt(o.Value, 10, 64)
		c.Now = time.Unix(n, 0)
	case "harden-algo-downgrade":
		c.EveryAlgorithm = o.Value == "yes"
	case "do-ip6":
		c.IPv4Only = o.Value == "no"
	case "do-ip4":
		c.IPv6Only = o.Value == "no"
	case "val-nsec3-keysize-iterations":
		err = c.iterations(o.Value)
	case "val-sig-skew-min":
		var n int64
		n, err = strconv.ParseInt(o.Value, 10, 32)
		c.Skew = time.Duration(n) * time.Second
	case "root-hints":
		c.Hints = true
	case "qname-minimisation", "query-minimization", "qname-minimisation-strict":
		c.Minimises = o.Value == "yes" || o.Value == "on"
	}
	return err
}

// iterations takes the limit for the smallest keys, which is what scripts are
// signed with.
func (c *rplConfig) iterations(v string) error {
	w := strings.Fields(v)
	if len(w) < 2 {
		return fmt.Errorf("bad value %q", v)
	}
	n, err := strconv.Atoi(w[1])
	c.Limits.NSEC3Iterations = n
	return err
}

func (c *rplConfig) anchor(v string) error {
	rr, err := rplRecord(v, ".", rplDefaultTTL)
	if err != nil {
		return err
	}
	a := dnssec.Anchor{}
	switch rr := rr.(type) {
	case *dns.DS:
		a.DS = rr
	case *dns.DNSKEY:
		a.Key = rr
	default:
		return fmt.Errorf("not an anchor: %q", v)
	}
	a.Name = dns.CanonicalName(rr.Header().Name)
	c.Anchors = append(c.Anchors, a)
	return nil
}

// rplDate reads 20070916134226 or seconds since 1970.
func rplDate(v string) (time.Time, error) {
	if len(v) == len("20060102150405") {
		return time.Parse("20060102150405", v)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	return time.Unix(n, 0), err
}
