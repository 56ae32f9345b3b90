package dnssec

import "github.com/miekg/dns"

// rdata appends the RDATA that ends at end, for the types that mail and DNSSEC are
// made of. It reports false for others, and for what the library would refuse or pack
// in other octets than came.
func (r *reader) rdata(rrtype uint16, end int) bool {
	size := end - r.off
	switch rrtype {
	case dns.TypeA:
		return size == 4 && r.copy(end)
	case dns.TypeAAAA:
		return size == 16 && r.copy(end)
	case dns.TypeOPT:
		return size == 0
	case dns.TypeNS, dns.TypeCNAME, dns.TypeDNAME, dns.TypePTR:
		return size > 0 && r.name(end, false)
	case dns.TypeMX:
		return size > 2 && r.copy(r.off+2) && r.name(end, false)
	case dns.TypeSOA:
		return size > 0 && r.name(end, false) && r.name(end, false) && r.off+20 == end && r.copy(end)
	case dns.TypeTXT:
		return r.strings(end) && r.copy(end)
	case dns.TypeDS, dns.TypeTLSA, dns.TypeDNSKEY:
		return size > 4 && r.copy(end)
	case dns.TypeRRSIG:
		return size > sigFixed && r.copy(r.off+sigFixed) && r.name(end, false) && r.off < end && r.copy(end)
	case dns.TypeNSEC:
		return size > 0 && r.name(end, false) && minimal(r.msg[r.off:end]) && r.copy(end)
	case dns.TypeNSEC3:
		return r.nsec3(end) && r.copy(end)
	}
	return false
}

// copy appends the octets up to end as they are.
func (r *reader) copy(end int) bool {
	r.out = append(r.out, r.msg[r.off:end]...)
	r.off = end
	return true
}

// strings reports whether character strings (RFC 1035, Section 3.3) reach exactly
// from here to end.
func (r *reader) strings(end int) bool {
	at := r.off
	for at < end {
		at += 1 + int(r.msg[at])
	}
	return at == end && at > r.off
}

// nsec3 looks at the lengths of an NSEC3 record (RFC 5155, Section 3.2).
func (r *reader) nsec3(end int) bool {
	if r.off+6 >= end {
		return false
	}
	salted := r.off + 5 + int(r.msg[r.off+4])
	if salted >= end {
		return false
	}
	hashed := salted + 1 + int(r.msg[salted])
	return hashed <= end && minimal(r.msg[hashed:end])
}

// minimal reports whether a type bit map is as RFC 4034, Section 4.1.2 wants it, and
// so as short as can be.
func minimal(types []byte) bool {
	const maxWindow = 32
	last := -1
	for len(types) > 0 {
		if len(types) < 2 {
			return false
		}
		window, size := int(types[0]), int(types[1])
		if window <= last || size == 0 || size > maxWindow || len(types) < 2+size || types[1+size] == 0 {
			return false
		}
		last, types = window, types[2+size:]
	}
	return true
}
