package scanner

import (
	"fmt"
	"log/slog"
	"net/netip"
	"sync"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

const (
	// silentNetworks is how many networks must be silent, and none answer, for the
	// silence to be ours.
	silentNetworks = 20
	// maxHeld bounds how many hosts are held back until that is known.
	maxHeld = 4096
)

// portWatch notices that no connection gets out at all: many networks forbid port
// 25. A silent server is then no finding about that server. Hosts whose servers
// were silent are held back until a connection was made, or refused by the other
// side, or it is clear that none can be made. IPv4 and IPv6 are watched apart.
type portWatch struct {
	log  *slog.Logger
	port uint16

	mu       sync.Mutex
	families [2]familyWatch // IPv4, IPv6
	held     []*stay
	changed  bool // since held was looked through
}

type familyWatch struct {
	known   bool // whether it is blocked
	blocked bool
	silent  map[netip.Prefix]struct{} // networks that were silent
}

func newPortWatch(log *slog.Logger, port uint16) *portWatch {
	return &portWatch{log: log, port: port, families: [2]familyWatch{
		{silent: map[netip.Prefix]struct{}{}}, {silent: map[netip.Prefix]struct{}{}},
	}}
}

func (w *portWatch) family(a netip.Addr) *familyWatch {
	if a.Unmap().Is4() {
		return &w.families[0]
	}
	return &w.families[1]
}

// isBlocked reports whether connecting to an address is known to be of no use.
func (w *portWatch) isBlocked(a netip.Addr) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.family(a).blocked
}

// note takes the outcome of a session.
func (w *portWatch) note(a netip.Addr, s *smtp.Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := w.family(a)
	if f.known || s.Failure == smtp.FailNoRoute {
		return
	}
	if s.Stage == smtp.StageConnect && s.Failure == smtp.FailTimeout {
		f.silent[network(a)] = struct{}{}
		if len(f.silent) < silentNetworks {
			return
		}
		f.blocked = true
		w.say(a)
	}
	f.known, f.silent, w.changed = true, nil, true
}

func (w *portWatch) say(a netip.Addr) {
	family := "IPv4"
	if !a.Unmap().Is4() {
		family = "IPv6"
	}
	w.log.Warn(fmt.Sprintf("port %d is blocked over %s: servers in %d networks were tried, all were silent, and none was ever reached. "+
		"Hosts are noted as not-tested (port-blocked) from now on, those seen so far, too. "+
		"Ask your provider to open the port, or probe from elsewhere; --probe=none measures the DNS part alone", w.port, family, silentNetworks))
}

// sift takes a finished host and returns those that can be written now: none while
// it is held back, others with it once they need be held back no longer.
func (w *portWatch) sift(s *stay) []*stay {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.doubtful(s) {
		w.held = append(w.held, s)
	} else if w.mark(s); !w.changed {
		return []*stay{s}
	} else {
		w.held = append(w.held, s)
	}
	if len(w.held) > maxHeld { // too many hosts in too few networks to tell
		for i := range w.families {
			w.families[i].known, w.changed = true, true
		}
	}
	if !w.changed {
		return nil
	}
	w.changed = false
	return w.release(w.doubtful)
}

// rest returns the hosts that are still held back: what was seen of them stands.
func (w *portWatch) rest() []*stay {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.release(func(*stay) bool { return false })
}

// release takes hosts out of those held back, but for some.
func (w *portWatch) release(keep func(*stay) bool) (ready []*stay) {
	held := w.held
	w.held = nil
	for _, s := range held {
		if keep(s) {
			w.held = append(w.held, s)
			continue
		}
		w.mark(s)
		ready = append(ready, s)
	}
	return ready
}

// doubtful reports whether a host has a silent server that may be the fault of a
// blocked port.
func (w *portWatch) doubtful(s *stay) bool {
	for i := range s.rows {
		if f := w.silentRow(&s.rows[i]); f != nil && !f.known {
			return true
		}
	}
	return false
}

// mark writes down which servers were silent because the port is blocked.
func (w *portWatch) mark(s *stay) {
	for i := range s.rows {
		if f := w.silentRow(&s.rows[i]); f != nil && f.blocked {
			s.rows[i].NotTried = run.ReasonPortBlocked
		}
	}
}

// silentRow returns the family of a session that ended in silence before it began;
// nil for others.
func (w *portWatch) silentRow(row *run.EndpointEvidence) *familyWatch {
	if row.NotTried != "" || row.Stage != run.StageConnect || row.Failure != string(smtp.FailTimeout) {
		return nil
	}
	address, err := netip.ParseAddr(row.Address)
	if err != nil {
		return nil
	}
	return w.family(address)
}
