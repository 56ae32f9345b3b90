package lab

import (
	"net/netip"

	"github.com/miekg/dns"
)

// SilentDNS reports whether a name server was made to say nothing to a question.
// Whatever else is asked is answered, however late: a test that knows the one from
// the other does not hang on how busy this machine is.
func (l *Lab) SilentDNS(server netip.Addr, name string, rrtype uint16) bool {
	if server == l.front {
		return false
	}
	ns := l.world.servers[server]
	if ns == nil || ns.silent {
		return true
	}
	q := question{dns.CanonicalName(name), rrtype}
	z := l.zoneAt(ns, q)
	return z != nil && z.refusal(q.name, q.rrtype) == saysNothing
}

// SilentMail reports whether the mail server at an address takes connections and
// then says nothing.
func (l *Lab) SilentMail(address netip.Addr) bool {
	s := l.world.mail[address]
	return s != nil && s.does == tarpit
}
