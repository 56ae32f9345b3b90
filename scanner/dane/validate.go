package dane

// judge says what is wrong with a route. bare is set where the anchor is a key
// that stands above the last certificate; else the last certificate is the anchor,
// whose constraints count whatever the selector (RFC 5280, Section 6.1; RFC 7671,
// Section 5.2.1).
func (s *search) judge(r route, bare bool) fault {
	var f fault
	if !s.datesHold(r.path, bare) {
		f |= faultExpired
	}
	if r.broken || !certificatesFit(r.path) || !lengthsHold(r.path) || !s.constraintsHold(r.path) {
		f |= faultChain
	}
	return f
}

// datesHold checks the validity of every certificate below the anchor, and of
// the anchor itself only if it is self-issued. An anchor is a name and a key (RFC
// 5280, Section 6.1.1), so that its dates need not count; those that it gives itself
// are its own wish, and OpenSSL heeds them.
func (s *search) datesHold(path []link, bare bool) bool {
	for i, l := range path {
		top := i == len(path)-1 && !bare
		if top && !l.namesIssuer(l.certificate) {
			continue
		}
		if !l.valid(s.at) {
			return false
		}
	}
	return true
}

// certificatesFit checks what each certificate must be in its place.
func certificatesFit(path []link) bool {
	for i, l := range path {
		x := &l.extensions
		switch {
		case x.invalid, x.unhandled, x.proxy:
			return false
		case len(path) > 1 && l.key().explicit: // RFC 5480, Section 2.1.1
			return false
		case x.hasEKU && !x.serverAuth: // RFC 5280, Section 4.2.1.12: "any" may be refused, and OpenSSL does
			return false
		case i == 0 && !fitsServer(x):
			return false
		case i > 0 && !fitsAuthority(l.certificate, i == len(path)-1):
			return false
		}
	}
	return true
}

// fitsServer checks the leaf's key usage (RFC 5280, Section 4.2.1.3).
func fitsServer(x *extensions) bool {
	return (!x.hasKeyUsage || x.keyUsage&usageTLS != 0) && (!x.hasNetscape || x.netscape&netscapeTLS != 0)
}

// fitsAuthority checks that a certificate may issue others: keyCertSign and the
// CA bit (RFC 5280, Section 6.1.4, items k and n). The last of a path may be one
// from before these, as OpenSSL has it: self-signed of version 1, with a key
// usage alone, or with Netscape's type.
func fitsAuthority(c *certificate, last bool) bool {
	x := &c.extensions
	switch {
	case x.hasKeyUsage && x.keyUsage&usageCertSign == 0:
		return false
	case x.basic:
		return x.ca
	case !last:
		return false
	case c.version == 1 && c.namesIssuer(c):
		return true
	case x.hasKeyUsage:
		return true
	}
	return x.hasNetscape && x.netscape&netscapeAnyCA != 0 && x.netscape&netscapeTLSCA != 0
}

// lengthsHold checks pathLenConstraint, the anchor's included (RFC 5280, Section
// 4.2.1.9): of the certificates between it and the leaf, those not self-issued
// count.
func lengthsHold(path []link) bool {
	between := 0
	for i, l := range path {
		if i == 0 {
			continue
		}
		if limit := l.extensions.pathLen; limit >= 0 && between > limit {
			return false
		}
		if !l.selfIssued() {
			between++
		}
	}
	return true
}

// constraintsHold checks name constraints, the anchor's included. A self-issued
// certificate is exempt unless it is the leaf (RFC 5280, Section 6.1.3, item b)
// or the anchor, above which nothing constrains.
func (s *search) constraintsHold(path []link) bool {
	for i, l := range path {
		if i > 0 && l.selfIssued() {
			continue
		}
		for _, above := range path[i+1:] {
			nc := above.extensions.constraints
			if nc != nil && !s.names.allows(nc, l.certificate, i == 0) {
				return false
			}
		}
	}
	return true
}
