package dane

import (
	"bytes"
	"strings"
)

// nameConstraints is the extension of that name (RFC 5280, Section 4.2.1.10).
type nameConstraints struct{ permitted, excluded []subtree }

type subtree struct {
	base    generalName
	bounded bool // has a minimum other than 0, or a maximum: must not be
}

// maxComparisons bounds what one search compares with constraints, in names of
// usual length. Past it a path counts as broken.
const maxComparisons = 1 << 20

func (x *extensions) readConstraints(b []byte) bool {
	b, ok := only(b, tagSequence)
	if !ok {
		return false
	}
	permitted, b, _ := optional(b, tagConstructed)
	excluded, b, _ := optional(b, tagConstructed+1)
	x.constraints = &nameConstraints{}
	var also bool
	x.constraints.permitted, ok = readSubtrees(permitted.body)
	x.constraints.excluded, also = readSubtrees(excluded.body)
	return ok && also && len(b) == 0
}

func readSubtrees(b []byte) ([]subtree, bool) {
	var list []subtree
	for len(b) > 0 {
		e, rest, ok := takeTag(b, tagSequence)
		if !ok || len(list) == maxNames {
			return nil, false
		}
		base, tail, ok := take(e.body)
		if !ok || base.tag&0xc0 != tagContext {
			return nil, false
		}
		minimum, tail, given := optional(tail, tagContext)
		zero := !given || len(bytes.Trim(minimum.body, "\x00")) == 0
		list = append(list, subtree{
			base:    newGeneralName(base),
			bounded: !zero || len(tail) > 0,
		})
		b = rest
	}
	return list, true
}

// constrainer holds names against constraints, as long as left is not used up.
type constrainer struct{ left int }

// allows reports whether nc permits every name of c. The leaf's common names
// count as names where it has no DNS-ID, since they are matched as such then.
func (b *constrainer) allows(nc *nameConstraints, c *certificate, leaf bool) bool {
	if b.left -= 16 + len(c.subject)/64; b.left < 0 {
		return false
	}
	if len(c.subjectCanon) > 0 {
		if !b.permits(nc, generalName{kind: kindDirectory, canon: c.subjectCanon}) {
			return false
		}
		for _, a := range values(c.subject, oidEmail) {
			if a.tag != tagIA5 || !b.permits(nc, generalName{kind: kindEmail, value: a.value}) {
				return false
			}
		}
	}
	dnsIDs := false
	for _, n := range c.extensions.names {
		dnsIDs = dnsIDs || n.kind == kindDNS
		if !b.permits(nc, n) {
			return false
		}
	}
	return !leaf || dnsIDs || b.allowsCommonNames(nc, c)
}

func (b *constrainer) allowsCommonNames(nc *nameConstraints, c *certificate) bool {
	for _, a := range values(c.subject, oidCommonName) {
		text, ok := decodeString(a.tag, a.value)
		text = strings.TrimRight(text, "\x00")
		if !ok || strings.Contains(text, "\x00") {
			return false
		}
		if hostLike(text) && !b.permits(nc, generalName{kind: kindDNS, value: []byte(text)}) {
			return false
		}
	}
	return true
}

// hostLike reports whether a common name looks like a host name: two labels or
// more of letters, digits, hyphens and underscores.
func hostLike(s string) bool {
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(l, letterDigits+"-_") != "" {
			return false
		}
	}
	return len(labels) > 1
}

const letterDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// permits reports whether one name is within a permitted subtree, if there are
// any of its kind, and within no excluded one. A name or subtree that cannot be
// read forbids.
func (b *constrainer) permits(nc *nameConstraints, n generalName) bool {
	asked, inside := false, false
	for _, s := range nc.permitted {
		if s.base.kind != n.kind {
			continue
		}
		within, readable := b.within(n, s)
		if !readable {
			return false
		}
		asked, inside = true, inside || within
	}
	if asked && !inside {
		return false
	}
	for _, s := range nc.excluded {
		if s.base.kind != n.kind {
			continue
		}
		if within, readable := b.within(n, s); within || !readable {
			return false
		}
	}
	return true
}

func (b *constrainer) within(n generalName, s subtree) (within, readable bool) {
	b.left -= 1 + len(n.value)/64 + len(s.base.value)/64
	if b.left < 0 || s.bounded {
		return false, false
	}
	base := s.base.value
	switch n.kind {
	case kindDNS:
		return withinDNS(string(n.value), string(base)), true
	case kindDirectory:
		return n.canon.within(s.base.canon), true
	case kindEmail:
		return withinEmail(string(n.value), string(base))
	case kindURI:
		return withinURI(string(n.value), string(base))
	case kindIP:
		return withinIP(n.value, base)
	}
	return false, false
}

func withinDNS(host, base string) bool {
	host, base = lowerASCII(host), lowerASCII(base)
	if !strings.HasSuffix(host, base) {
		return false
	}
	outside := strings.TrimSuffix(host, base)
	return base == "" || outside == "" || base[0] == '.' || outside[len(outside)-1] == '.'
}

// withinHost is the rule of addresses and URIs: a base with a dot in front takes
// in every host below it, any other that host alone.
func withinHost(host, base string) bool {
	host, base = lowerASCII(host), lowerASCII(base)
	if strings.HasPrefix(base, ".") {
		return len(host) > len(base) && strings.HasSuffix(host, base)
	}
	return host == base
}

func withinEmail(address, base string) (within, readable bool) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return false, false
	}
	if i := strings.LastIndexByte(base, '@'); i >= 0 {
		local, host := base[:i], base[i+1:]
		if strings.Contains(address[:at]+local, "\x00") {
			return false, false
		}
		return (local == "" || local == address[:at]) && lowerASCII(host) == lowerASCII(address[at+1:]), true
	}
	return withinHost(address[at+1:], base), true
}

func withinURI(uri, base string) (within, readable bool) {
	_, host, ok := strings.Cut(uri, "://")
	if !ok || strings.Contains(strings.TrimSuffix(uri, "://"+host), ":") {
		return false, false
	}
	if end := strings.IndexByte(host, ':'); end >= 0 {
		host = host[:end]
	} else if end := strings.IndexByte(host, '/'); end >= 0 {
		host = host[:end]
	}
	if host == "" {
		return false, false
	}
	return withinHost(host, base), true
}

func withinIP(address, base []byte) (within, readable bool) {
	n := len(address)
	if n != 4 && n != 16 || len(base) != 8 && len(base) != 32 {
		return false, false
	}
	if len(base) != 2*n {
		return false, true
	}
	for i := range address {
		if address[i]&base[n+i] != base[i]&base[n+i] {
			return false, true
		}
	}
	return true, true
}
