package judge

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// registrable returns the registrable domain of a name by the public suffix list:
// the best answer to "whose is it?" that a name alone can give. A name that is
// itself a public suffix stands for itself, one that is no host name for nobody.
func registrable(name string) string {
	if valid, _ := MXTarget(name); !valid {
		return ""
	}
	name = canonical(name)
	domain, err := publicsuffix.EffectiveTLDPlusOne(name)
	if err != nil {
		return name
	}
	return domain
}

// provider returns who receives a domain's mail: the registrable domain of the
// best MX host, of equal ones that with the lowest name; and whether that is the
// domain's own. Both are null where no MX host has a name.
func (c *domainCase) provider() (domain string, self *bool) {
	var best *mxHost
	for i := range c.hosts {
		h := &c.hosts[i]
		if valid, _ := MXTarget(h.name); !valid {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(h.preference, best.preference), cmp.Compare(h.name, best.name)) < 0 {
			best = h
		}
	}
	if best == nil {
		return "", nil
	}
	domain = c.judge.Operators.of(best.name)
	own := isUnder(canonical(c.domain.Domain), domain) && domain == registrable(c.domain.Domain)
	return domain, &own
}

// isUnder reports whether a name is a domain or lies below it, as any name does
// whose registrable domain that is.
func isUnder(name, domain string) bool {
	above, ends := strings.CutSuffix(name, domain)
	return ends && (above == "" || above[len(above)-1] == '.')
}

// dns returns who serves a zone: the registrable domain that most of its name
// servers share, of equal ones the lowest.
func (o *Operators) dns(ns []string) string {
	var space [16]string // as many as most zones have servers, and more
	domains := space[:0]
	for _, name := range ns {
		if domain := o.of(name); domain != "" {
			domains = append(domains, domain)
		}
	}
	slices.Sort(domains)
	best, most := "", 0
	for i := 0; i < len(domains); {
		n := 1
		for i+n < len(domains) && domains[i+n] == domains[i] {
			n++
		}
		if n > most {
			best, most = domains[i], n
		}
		i += n
	}
	return best
}
