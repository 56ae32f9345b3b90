package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// rplWorld stands in for the network: it answers from the ranges of a script
// that are live at the step reached.
type rplWorld struct {
	script *rplScript
	step   int   // that is played
	live   []int // the numbers of the steps whose ranges answer, in order
	now    time.Time
	log    []string // what was asked, and of whom
}

var errRplSilence = errors.New("no canned reply")

// Exchange implements exchange.Exchanger.
func (w *rplWorld) Exchange(_ context.Context, server netip.AddrPort, q dnssec.Question, opt exchange.Options) (exchange.Reply, error) {
	msg, err := w.reply(server.Addr(), q, opt)
	if err == nil && msg.Truncated && !opt.TCP {
		opt.TCP = true
		msg, err = w.reply(server.Addr(), q, opt)
	}
	if err != nil {
		w.logf("%v %s %s: %v", server.Addr(), q.Name, dns.TypeToString[q.Type], err)
		kind := exchange.Timeout
		if !errors.Is(err, errRplSilence) {
			kind = exchange.Malformed
		}
		return exchange.Reply{}, &exchange.Error{Kind: kind, Server: server, Queries: 1, Err: err}
	}
	w.logf("%v %s %s: %s answer %d authority %d", server.Addr(), q.Name, dns.TypeToString[q.Type],
		dns.RcodeToString[msg.Rcode], len(msg.Answer), len(msg.Ns))
	return exchange.Reply{Msg: carried(msg), Server: server, Size: msg.Len(), TCP: opt.TCP, Queries: 1, RTT: time.Millisecond}, nil
}

// carried is a reply as it comes out of the octets that it is sent in.
func carried(msg *dns.Msg) *dnssec.Message {
	if wire, err := msg.Pack(); err == nil {
		if m, err := dnssec.Unpack(wire); err == nil {
			return m
		}
	}
	return dnssec.FromMsg(msg)
}

func (w *rplWorld) logf(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("step %d ", w.step)+fmt.Sprintf(format, args...))
}

// reply finds the canned reply of the live steps: ranges that stand later in the
// file first, the entries of each in their order.
func (w *rplWorld) reply(addr netip.Addr, q dnssec.Question, opt exchange.Options) (*dns.Msg, error) {
	for _, r := range w.ranges() {
		if len(r.Addresses) > 0 && !slices.Contains(r.Addresses, addr) {
			continue
		}
		for i := range r.Entries {
			if e := &r.Entries[i]; e.matches(q, opt) {
				return e.answer(q)
			}
		}
	}
	return nil, errRplSilence
}

// ranges lists the live ranges, step by step.
func (w *rplWorld) ranges() []rplRange {
	var out []rplRange
	for _, step := range w.live {
		for _, r := range slices.Backward(w.script.Ranges) {
			if r.From <= step && step <= r.To {
				out = append(out, r)
			}
		}
	}
	return out
}

// silentOn reports whether no server at all has an answer to a question at this
// step: what a client is told of it can only come from a cache.
func (w *rplWorld) silentOn(q dnssec.Question) bool {
	for _, r := range w.ranges() {
		for i := range r.Entries {
			e := &r.Entries[i]
			if e.matches(q, exchange.Options{DO: true}) && e.answers(q) {
				return false
			}
		}
	}
	return true
}

// matches reports whether all the words of the MATCH lines hold for a question.
func (e *rplEntry) matches(q dnssec.Question, opt exchange.Options) bool {
	var own dns.Question
	if len(e.Msg.Question) > 0 {
		own = e.Msg.Question[0]
	}
	name := dns.CanonicalName(own.Name)
	for word := range e.Match {
		ok := true
		switch word {
		case "opcode":
			ok = e.Msg.Opcode == dns.OpcodeQuery
		case "qtype":
			ok = own.Qtype == q.Type
		case "qname":
			ok = name == q.Name
		case "subdomain":
			ok = own.Name != "" && dns.IsSubDomain(name, q.Name)
		case "question", "all", "all_noedns":
			ok = own.Qtype == q.Type && name == q.Name && own.Qclass == dns.ClassINET
		case "DO":
			ok = opt.DO
		case "noedns":
			ok = opt.NoEDNS
		case "TCP":
			ok = opt.TCP
		case "UDP":
			ok = !opt.TCP
		case "ednsdata":
			ok = false
		}
		if !ok {
			return false
		}
	}
	return true
}

// answer makes the reply as it would come over the wire. One to another question
// is dropped, as the transport would.
func (e *rplEntry) answer(q dnssec.Question) (*dns.Msg, error) {
	msg := e.Msg.Copy()
	if e.Adjust["do_not_answer"] {
		return nil, errRplSilence
	}
	if e.Adjust["copy_query"] {
		msg.Question = []dns.Question{{Name: q.Name, Qtype: q.Type, Qclass: dns.ClassINET}}
	}
	if e.DO {
		msg.SetEdns0(1232, true)
	}
	wire := e.Hex
	if wire == nil {
		var err error
		if wire, err = msg.Pack(); err != nil {
			return nil, fmt.Errorf("canned reply at line %d: %w", e.Line, err)
		}
	}
	out := new(dns.Msg)
	if err := out.Unpack(wire); err != nil {
		return nil, fmt.Errorf("canned reply at line %d: %w", e.Line, err)
	}
	if len(out.Question) != 1 || out.Question[0].Qtype != q.Type || out.Question[0].Qclass != dns.ClassINET ||
		dns.CanonicalName(out.Question[0].Name) != q.Name {
		return nil, errRplSilence
	}
	return out, nil
}

// answers reports whether an entry is a reply to a question: an error, a denial,
// or records that bear on it; not a referral, nor the NS set that some scripts
// give to whatever they do not know.
func (e *rplEntry) answers(q dnssec.Question) bool {
	if e.Msg.Rcode != dns.RcodeSuccess || e.Hex != nil {
		return true
	}
	for _, rr := range e.Msg.Answer {
		h := rr.Header()
		owner := dns.CanonicalName(h.Name)
		if owner == q.Name && (h.Rrtype == q.Type || h.Rrtype == dns.TypeCNAME) ||
			h.Rrtype == dns.TypeDNAME && dns.IsSubDomain(owner, q.Name) {
			return true
		}
	}
	isType := func(t uint16) func(dns.RR) bool {
		return func(rr dns.RR) bool { return rr.Header().Rrtype == t }
	}
	return len(e.Msg.Answer) == 0 &&
		(slices.ContainsFunc(e.Msg.Ns, isType(dns.TypeSOA)) || !slices.ContainsFunc(e.Msg.Ns, isType(dns.TypeNS)))
}

// tail returns the end of the log, for the message of a failure.
func (w *rplWorld) tail() string {
	return strings.Join(w.log[max(0, len(w.log)-40):], "\n")
}
