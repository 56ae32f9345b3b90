package scanner

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// Exclusions are what people asked us to leave alone. A domain is excluded with all
// below it: as a name of the list it is not looked up and stands in no table; as an
// MX host it is looked up, since other domains' verdicts need it, but never
// connected to. Nor is an address, or one in an excluded network. How many were
// left out is counted; which they were is written nowhere.
type Exclusions struct {
	names   map[string]struct{}
	nets    map[netip.Prefix]struct{}
	lengths map[int][]int // of the prefixes in nets, by the bits of the address
}

// ReadExclusions reads domains, MX hosts, addresses and CIDRs, one a line. What
// follows a number sign is comment. A line that is none of these is an error: an
// exclusion that does not take effect is worse than no scan.
func ReadExclusions(r io.Reader) (*Exclusions, error) {
	x := &Exclusions{names: map[string]struct{}{}, nets: map[netip.Prefix]struct{}{}, lengths: map[int][]int{}}
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		text, _, _ := strings.Cut(strings.TrimPrefix(lines.Text(), "\ufeff"), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if err := x.add(text); err != nil {
			return nil, fmt.Errorf("line %d: %.80q: %w", number, text, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("after line %d: %w", number, err)
	}
	return x, nil
}

var (
	errBadExclusion = errors.New("neither a domain name, an address, nor a CIDR such as 192.0.2.0/24")
	errWildcard     = errors.New("a domain is excluded with all below it: leave the asterisk out")
)

func (x *Exclusions) add(text string) error {
	if address, err := netip.ParseAddr(text); err == nil {
		if address.Zone() != "" {
			return errBadExclusion
		}
		x.addNet(netip.PrefixFrom(address, address.BitLen()))
		return nil
	}
	if strings.ContainsAny(text, "/:") {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return errBadExclusion
		}
		x.addNet(prefix)
		return nil
	}
	if strings.Contains(text, "*") {
		return errWildcard
	}
	name, reason := list.Normalise(text)
	// No top-level domain is a number: "192.0.2" is an address cut short.
	if reason != "" || strings.Trim(name[strings.LastIndexByte(name, '.')+1:], "0123456789") == "" {
		return errBadExclusion
	}
	x.names[name] = struct{}{}
	return nil
}

func (x *Exclusions) addNet(p netip.Prefix) {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	p = p.Masked()
	x.nets[p] = struct{}{}
	family := p.Addr().BitLen()
	if !slices.Contains(x.lengths[family], p.Bits()) {
		x.lengths[family] = append(x.lengths[family], p.Bits())
	}
}

// Name reports whether a name, in lower case and without final dot, is excluded.
func (x *Exclusions) Name(name string) bool {
	if x == nil || len(x.names) == 0 {
		return false
	}
	for {
		if _, ok := x.names[name]; ok {
			return true
		}
		i := strings.IndexByte(name, '.')
		if i < 0 {
			return false
		}
		name = name[i+1:]
	}
}

// Address reports whether an address is excluded.
func (x *Exclusions) Address(address netip.Addr) bool {
	if x == nil {
		return false
	}
	address = address.Unmap().WithZone("")
	for _, bits := range x.lengths[address.BitLen()] {
		p, err := address.Prefix(bits)
		if _, ok := x.nets[p]; ok && err == nil {
			return true
		}
	}
	return false
}

// host reports whether a host is excluded by any of the names that it goes by: its
// own, those that it is an alias of, and the base domain that a session would name.
func (x *Exclusions) host(h *run.HostEvidence, base string) bool {
	if x.Name(h.Host) || x.Name(base) {
		return true
	}
	for _, l := range []*run.Lookup{h.A, h.AAAA} {
		if l == nil {
			continue
		}
		if slices.ContainsFunc(l.Chain, func(a run.Alias) bool { return x.Name(a.Target) }) {
			return true
		}
	}
	return false
}

// noteExcluded counts a host that would be connected to but for the exclusions,
// or those of its addresses that would.
func (c *collector) noteExcluded(h *run.HostEvidence) {
	base, wanted := c.sessionName(h)
	switch {
	case c.cfg.Exclude == nil || !wanted || len(h.Addresses) == 0:
	case c.cfg.Exclude.host(h, base):
		c.cfg.Progress.ExcludedHosts.Add(1)
	default:
		for _, text := range h.Addresses {
			address, err := netip.ParseAddr(text)
			if err == nil && c.cfg.Exclude.Address(address) && c.excluded.add("", address, 0) {
				c.cfg.Progress.ExcludedAddresses.Add(1)
			}
		}
	}
}
