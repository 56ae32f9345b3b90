package resolver

import "net/netip"

// PrivateAddr reports whether an address is not one of the Internet at large:
// loopback, private, link-local, multicast, documentation, reserved.
func PrivateAddr(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return true
	}
	for _, p := range specialPrefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// specialPrefixes are those of the IANA special-purpose registries (RFC 6890)
// that are not globally reachable, as of 2025-01, beside what net/netip knows; and
// the prefix of NAT64, behind which any IPv4 address may hide, a private one, too.
var specialPrefixes = func() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "192.88.99.0/24", "64:ff9b::/96",
		"::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
		"2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()
