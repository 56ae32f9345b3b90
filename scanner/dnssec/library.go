package dnssec

import (
	"encoding/hex"
	"net"

	"github.com/miekg/dns"
)

// OPT returns the OPT record; nil where there is none, and where it cannot be read.
func (m *Message) OPT() *dns.OPT {
	for i := len(m.Additional) - 1; i >= 0; i-- {
		if r := &m.Additional[i]; r.Type == dns.TypeOPT {
			opt, _ := r.rr(".").(*dns.OPT)
			return opt
		}
	}
	return nil
}

// Msg makes a message of the library of a message, without a question. What the
// library cannot read is left out. Owners are in lower case.
func (m *Message) Msg() *dns.Msg {
	msg := new(dns.Msg)
	msg.Response, msg.Rcode = true, m.Rcode
	msg.Authoritative, msg.RecursionAvailable, msg.AuthenticatedData = m.Authoritative, m.RecursionAvailable, m.AuthenticatedData
	msg.Answer, msg.Ns, msg.Extra = RRs(m.Answer), RRs(m.Authority), RRs(m.Additional)
	return msg
}

// RRs makes records of the library of records, as Msg does.
func RRs(records []Record) []dns.RR {
	if len(records) == 0 {
		return nil
	}
	rrs := make([]dns.RR, 0, len(records))
	owner, text := Name(""), ""
	for i := range records {
		r := &records[i]
		if r.Owner != owner {
			owner, text = r.Owner, r.Owner.String()
		}
		if rr := r.rr(text); rr != nil {
			rrs = append(rrs, rr)
		}
	}
	return rrs
}

// rrsOf is RRs for records of one owner, whose text is known.
func rrsOf(owner string, records []Record) []dns.RR {
	if len(records) == 0 {
		return nil
	}
	rrs := make([]dns.RR, 0, len(records))
	for i := range records {
		if rr := records[i].rr(owner); rr != nil {
			rrs = append(rrs, rr)
		}
	}
	return rrs
}

// rr makes a record of the library, whose owner is given; nil where it cannot read
// it. It does itself what there is most of, with fewer pieces.
func (r *Record) rr(owner string) dns.RR {
	h := dns.RR_Header{Name: owner, Rrtype: r.Type, Class: r.Class, Ttl: r.TTL, Rdlength: uint16(len(r.data))}
	switch size := len(r.data); {
	case r.bad:
		return nil
	case r.Type == dns.TypeA && size == net.IPv4len:
		made := &struct {
			rr     dns.A
			octets [net.IPv4len]byte
		}{octets: [net.IPv4len]byte([]byte(r.data))}
		made.rr = dns.A{Hdr: h, A: made.octets[:]}
		return &made.rr
	case r.Type == dns.TypeAAAA && size == net.IPv6len:
		made := &struct {
			rr     dns.AAAA
			octets [net.IPv6len]byte
		}{octets: [net.IPv6len]byte([]byte(r.data))}
		made.rr = dns.AAAA{Hdr: h, AAAA: made.octets[:]}
		return &made.rr
	case r.Type == dns.TypeMX && size > 2:
		if target, ok := plainText(r.data[2:]); ok {
			return &dns.MX{Hdr: h, Preference: uint16At(r.data, 0), Mx: target}
		}
	case r.Type == dns.TypeTLSA && size > 3:
		return &dns.TLSA{Hdr: h, Usage: r.data[0], Selector: r.data[1], MatchingType: r.data[2],
			Certificate: hex.EncodeToString([]byte(r.data[3:]))}
	}
	rr, _, err := dns.UnpackRRWithHeader(h, []byte(r.data), 0)
	if err != nil {
		return nil
	}
	return rr
}
