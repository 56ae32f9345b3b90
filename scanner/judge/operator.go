package judge

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"danescan/datasets/run"
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
func provider(d *run.DomainEvidence, hosts []mxHost) (domain string, self *bool) {
	var named []*mxHost
	for i := range hosts {
		if valid, _ := MXTarget(hosts[i].name); valid {
			named = append(named, &hosts[i])
		}
	}
	if len(named) == 0 {
		return "", nil
	}
	best := slices.MinFunc(named, func(a, b *mxHost) int {
		return cmp.Or(cmp.Compare(a.preference, b.preference), cmp.Compare(a.name, b.name))
	})
	domain = registrable(best.name)
	own := isUnder(canonical(d.Domain), domain) && domain == registrable(d.Domain)
	return domain, &own
}

// isUnder reports whether a name is a domain or lies below it, as any name does
// whose registrable domain that is.
func isUnder(name, domain string) bool {
	above, ends := strings.CutSuffix(name, domain)
	return ends && (above == "" || above[len(above)-1] == '.')
}

// dnsOperator returns who serves a zone: the registrable domain that most of its
// name servers share, of equal ones the lowest.
func dnsOperator(ns []string) string {
	if len(ns) == 0 {
		return ""
	}
	count := map[string]int{}
	var domains []string
	for _, name := range ns {
		if domain := registrable(name); domain != "" {
			count[domain]++
			domains = append(domains, domain)
		}
	}
	if len(domains) == 0 {
		return ""
	}
	return slices.MinFunc(domains, func(a, b string) int {
		return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
	})
}
