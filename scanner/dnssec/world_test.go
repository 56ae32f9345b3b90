package dnssec_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// now is the time of all tests with worlds.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// testZones are the zones that most tests look at.
var testZones = []dnssectest.Zone{
	{Apex: "."},
	{Apex: "example.", Data: `
@ MX 10 mx
@ MX 20 mx2
mx A 192.0.2.1
_25._tcp.mx TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
alias CNAME mx
far CNAME host.nsec3.
toinsecure CNAME host.unsigned.example.
*.winsecure CNAME host.unsigned.example.
loop1 CNAME loop2
loop2 CNAME loop1
old DNAME new
a.new A 192.0.2.3
long DNAME aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
*.wild A 192.0.2.4
x.wild A 192.0.2.5
*.walias CNAME mx
a.*.wildent A 192.0.2.9
deep.ent.names A 192.0.2.6`},
	{Apex: "child.example.", SingleKey: true, Algorithm: dns.ED25519, Data: "@ A 192.0.2.7\nwww A 192.0.2.8"},
	{Apex: "zone.under.ent.example.", Data: "www A 192.0.2.9"},
	{Apex: "unsigned.example.", Unsigned: true, Data: "host A 192.0.2.10"},
	{Apex: "nods.example.", NoDS: true, Data: "host A 192.0.2.10"},
	{Apex: "nsec3.", NSEC3: &dnssectest.NSEC3{Iterations: 2, Salt: "ab"}, Data: `
host A 192.0.2.11
*.wild A 192.0.2.12
deep.ent.names A 192.0.2.13
alias CNAME host`},
	{Apex: "child.nsec3.", Data: "www A 192.0.2.14"},
	{Apex: "unsigned.nsec3.", Unsigned: true, Data: "host A 192.0.2.15"},
	{Apex: "optout.", NSEC3: &dnssectest.NSEC3{OptOut: true}, Data: `
host A 192.0.2.16
*.wild A 192.0.2.17
*.walias CNAME host.unsigned.optout.`},
	{Apex: "child.optout.", Data: "www A 192.0.2.18"},
	{Apex: "unsigned.optout.", Unsigned: true, Data: "host A 192.0.2.19"},
	{Apex: "rsa.", Algorithm: dns.RSASHA256, Data: "host A 192.0.2.20"},
	{Apex: "rsa512.", Algorithm: dns.RSASHA512, Digest: dns.SHA384, Data: "host A 192.0.2.20"},
	{Apex: "sha1.", Algorithm: dns.RSASHA1, Digest: dns.SHA1, Data: "host A 192.0.2.21"},
	{Apex: "sha1nsec3.", Algorithm: dns.RSASHA1NSEC3SHA1, NSEC3: &dnssectest.NSEC3{}, Data: "host A 192.0.2.21"},
	{Apex: "p384.", Algorithm: dns.ECDSAP384SHA384, Data: "host A 192.0.2.22"},
	{Apex: "ed448.", Algorithm: dns.ED448, SingleKey: true, Data: "host A 192.0.2.23"},
	{Apex: "manyiterations.", NSEC3: &dnssectest.NSEC3{Iterations: 151}, Data: "host A 192.0.2.24"},
}

// theWorld is built once: keys and signatures cost time.
var theWorld = sync.OnceValues(func() (*dnssectest.World, error) {
	return dnssectest.New(now.Add(-time.Hour), now.Add(24*time.Hour), testZones...)
})

func world(t testing.TB) *dnssectest.World {
	t.Helper()
	w, err := theWorld()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// source answers from a world, or from what stands in for parts of it.
type source struct {
	world  *dnssectest.World
	edit   func(q dnssec.Query, msg *dns.Msg) *dns.Msg // nil result: no reply
	asked  []dnssec.Query
	record map[dnssec.Question]*dns.Msg // replies given before are given again
	mu     sync.Mutex
}

var errNoReply = errors.New("no reply")

func (s *source) Fetch(ctx context.Context, q dnssec.Query) (*dnssec.Message, error) {
	msg, err := s.fetch(ctx, q)
	return dnssec.FromMsg(msg), err
}

func (s *source) fetch(_ context.Context, q dnssec.Query) (*dns.Msg, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, q)
	msg := s.record[q.Question]
	if msg == nil {
		msg = s.world.Ask(q.Name, q.Type)
	}
	if s.edit != nil {
		msg = s.edit(q, msg.Copy())
	}
	if msg == nil {
		return nil, errNoReply
	}
	return msg, nil
}

// validator makes one that trusts a world.
func validator(t testing.TB, w *dnssectest.World, cfg dnssec.Config) *dnssec.Validator {
	t.Helper()
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return now }
	}
	if cfg.Anchors == nil {
		ds := w.Anchor()
		cfg.Anchors = []dnssec.Anchor{{Name: ds.Hdr.Name, DS: ds}}
	}
	v, err := dnssec.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// validate asks the world and validates what it says with a fresh validator.
func validate(t testing.TB, w *dnssectest.World, name string, qtype uint16) dnssec.Result {
	t.Helper()
	return validator(t, w, dnssec.Config{}).ValidateMsg(t.Context(), &source{world: w},
		dnssec.Question{Name: name, Type: qtype}, w.Ask(name, qtype), nil)
}
