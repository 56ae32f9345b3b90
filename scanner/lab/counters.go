package lab

import (
	"maps"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/miekg/dns"
)

// maxCounted is how many different questions are told apart. Those after that
// count in the totals alone.
const maxCounted = 1 << 20

// Counters say what the lab was asked, so that a test can show that nothing was
// asked twice. All methods may be called while the lab serves.
type Counters struct {
	queries, front, dropped, mail atomic.Uint64

	most       int // maxCounted, less in a test
	mu         sync.Mutex
	questions  map[asked]int
	sessions   map[netip.Addr]int
	handshakes map[Shake]int
}

type asked struct {
	question
	front bool
}

// Shake is a mail server's address and the name that the client sent in SNI.
type Shake struct {
	Addr netip.Addr
	Name string
}

func newCounters(questions bool) *Counters {
	c := &Counters{most: maxCounted, sessions: map[netip.Addr]int{}, handshakes: map[Shake]int{}}
	if questions {
		c.questions = map[asked]int{}
	}
	return c
}

// Queries is how many queries the authoritative servers have had.
func (c *Counters) Queries() uint64 { return c.queries.Load() }

// FrontQueries is how many queries the front has had.
func (c *Counters) FrontQueries() uint64 { return c.front.Load() }

// Dropped is how many packets were lost on purpose (Config.Loss), or because more
// were on their way than the lab holds.
func (c *Counters) Dropped() uint64 { return c.dropped.Load() }

// MailCommands is how many commands were seen that a scanner must never send:
// MAIL, RCPT, DATA and their like.
func (c *Counters) MailCommands() uint64 { return c.mail.Load() }

// Asked is how often the authoritative servers were asked for a name (any case,
// with or without the final dot) and type. Config.Count must be set.
func (c *Counters) Asked(name string, rrtype uint16) int { return c.asked(name, rrtype, false) }

// AskedFront is Asked for the front.
func (c *Counters) AskedFront(name string, rrtype uint16) int { return c.asked(name, rrtype, true) }

func (c *Counters) asked(name string, rrtype uint16, front bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.questions[asked{question{strings.ToLower(dns.Fqdn(name)), rrtype}, front}]
}

// Sessions is how many connections the mail server at an address has taken.
func (c *Counters) Sessions(addr netip.Addr) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sessions[addr]
}

// TotalSessions is how many connections all mail servers have taken.
func (c *Counters) TotalSessions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	total := 0
	for _, n := range c.sessions {
		total += n
	}
	return total
}

// Handshakes returns how many TLS handshakes were completed, by address and name.
func (c *Counters) Handshakes() map[Shake]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.handshakes)
}

// Questions returns how often each question was asked, of the authoritative
// servers or of the front. Config.Count must be set.
func (c *Counters) Questions(front bool) map[dns.Question]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[dns.Question]int{}
	for k, n := range c.questions {
		if k.front == front {
			out[dns.Question{Name: k.name, Qtype: k.rrtype, Qclass: dns.ClassINET}] = n
		}
	}
	return out
}

// AllSessions is Sessions for every address that has had one.
func (c *Counters) AllSessions() map[netip.Addr]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.sessions)
}

func (c *Counters) query(q question, front bool) {
	if front {
		c.front.Add(1)
	} else {
		c.queries.Add(1)
	}
	if c.questions == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := asked{q, front}
	if _, ok := c.questions[key]; ok || len(c.questions) < c.most {
		c.questions[key]++
	}
}

// session counts a connection. It reports whether it is the first at the address.
func (c *Counters) session(addr netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[addr]++
	return c.sessions[addr] == 1
}

func (c *Counters) handshake(addr netip.Addr, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := Shake{addr, strings.ToLower(name)}
	if _, ok := c.handshakes[key]; ok || len(c.handshakes) < c.most {
		c.handshakes[key]++
	}
}
