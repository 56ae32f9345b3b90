package resolver

import (
	"net/netip"
	"time"
)

// What is remembered of a server, and for how long.
const (
	stateTTL   = time.Hour
	lameTTL    = 5 * time.Minute
	noEDNSTTL  = 15 * time.Minute
	deadTTL    = time.Minute
	deadAfter  = 3 // exchanges in a row without a reply
	unknownRTT = 50 * time.Millisecond
	maxRTT     = 10 * time.Second
)

// serverState is what is known of how one server behaves.
type serverState struct {
	rtt    time.Duration // smoothed
	silent int           // exchanges in a row without a reply
	dead   time.Time     // until then it is asked last
	noEDNS time.Time     // until then it is asked without EDNS
	since  int64         // as lookup.since of the one that found noEDNS out
	lame   time.Time     // until then it may be lame for some zone
}

// lameKey names a server that does not serve a zone, or does not answer one type
// of question there.
type lameKey struct {
	server netip.AddrPort
	zone   string
	qtype  uint16 // 0: all
}

// serverStates remembers how servers behaved, within bounds.
type serverStates struct {
	servers *table[netip.AddrPort, serverState]
	lame    *table[lameKey, struct{}]
}

func newServerStates(limit int) *serverStates {
	return &serverStates{
		servers: newTable[netip.AddrPort, serverState](limit),
		lame:    newTable[lameKey, struct{}](limit),
	}
}

func (s *serverStates) get(server netip.AddrPort, now time.Time) serverState {
	st, ok := s.servers.get(server, now)
	if !ok {
		st.rtt = unknownRTT
	}
	return st
}

// replied smooths the round-trip time as TCP does (RFC 6298, Section 2).
func (s *serverStates) replied(server netip.AddrPort, rtt time.Duration, now time.Time) {
	s.change(server, now, func(st serverState, known bool) serverState {
		if known && st.silent == 0 {
			st.rtt += (rtt - st.rtt) / 8
		} else {
			st.rtt = rtt
		}
		st.silent, st.dead = 0, time.Time{}
		return st
	})
}

// silence doubles the time expected; a server silent several times in a row is
// left alone for a while.
func (s *serverStates) silence(server netip.AddrPort, now time.Time) {
	s.change(server, now, func(st serverState, _ bool) serverState {
		st.rtt = min(2*max(st.rtt, unknownRTT), maxRTT)
		if st.silent++; st.silent >= deadAfter {
			st.dead = now.Add(deadTTL)
		}
		return st
	})
}

func (s *serverStates) setNoEDNS(server netip.AddrPort, since int64, now time.Time) {
	s.change(server, now, func(st serverState, known bool) serverState {
		st = st.orUnknown(known)
		st.noEDNS, st.since = now.Add(noEDNSTTL), since
		return st
	})
}

// bearsEDNS notes that a server has learnt to.
func (s *serverStates) bearsEDNS(server netip.AddrPort, now time.Time) {
	s.change(server, now, func(st serverState, known bool) serverState {
		st = st.orUnknown(known)
		st.noEDNS, st.since = time.Time{}, 0
		return st
	})
}

// setLame notes that a server does not serve a zone: with the zone, and with the
// server that there are such zones, so that of others nobody need look.
func (s *serverStates) setLame(key lameKey, now time.Time) {
	s.lame.put(key, struct{}{}, now.Add(lameTTL))
	s.change(key.server, now, func(st serverState, known bool) serverState {
		st = st.orUnknown(known)
		st.lame = now.Add(lameTTL)
		return st
	})
}

// orUnknown is the state, of a server that nothing is known of that of such a one.
func (st serverState) orUnknown(known bool) serverState {
	if !known {
		st.rtt = unknownRTT
	}
	return st
}

// change remembers something of a server, from now for stateTTL.
func (s *serverStates) change(server netip.AddrPort, now time.Time, how func(st serverState, known bool) serverState) {
	s.servers.update(server, now, now.Add(stateTTL), how)
}

func (s *serverStates) isLame(server netip.AddrPort, zone string, qtype uint16, now time.Time) bool {
	if _, ok := s.lame.get(lameKey{server, zone, 0}, now); ok {
		return true
	}
	_, ok := s.lame.get(lameKey{server, zone, qtype}, now)
	return ok
}

// candidate is a server in the order of asking.
type candidate struct {
	server netip.AddrPort
	last   bool // lame or dead as far as remembered: only where nothing else is left
	noEDNS bool // it cannot bear an OPT record
	unsure bool // it could not, as is remembered and not believed
	cost   time.Duration
}

// candidate sets down what is remembered of a server, with some chance, so that
// slower ones are asked at times, too.
func (l *lookup) candidate(a netip.Addr, zone string, qtype uint16, now time.Time) candidate {
	it := l.it
	server := netip.AddrPortFrom(a, it.cfg.Port)
	st := it.state.get(server, now)
	cost := time.Duration(float64(st.rtt) * (0.5 + it.cfg.Random()))
	if a.Is6() && st.rtt == unknownRTT {
		cost += unknownRTT // IPv6 may not be there: try what surely is first
	}
	noEDNS := now.Before(st.noEDNS)
	return candidate{
		server: server,
		last:   now.Before(st.dead) || now.Before(st.lame) && it.state.isLame(server, zone, qtype, now),
		noEDNS: noEDNS && st.since >= l.since,
		unsure: noEDNS && st.since < l.since,
		cost:   cost,
	}
}

// cheapestFirst sorts servers: there are few.
func cheapestFirst(servers []candidate) {
	for i := range servers {
		for j := i; j > 0 && servers[j].cost < servers[j-1].cost; j-- {
			servers[j], servers[j-1] = servers[j-1], servers[j]
		}
	}
}

// usable reports whether an address may be asked.
func (it *Iterate) usable(a netip.Addr, fixed bool) bool {
	if it.cfg.IPv4Only && !a.Is4() || it.cfg.IPv6Only && !a.Is6() {
		return false
	}
	return fixed || it.cfg.AllowPrivate || !PrivateAddr(a)
}
