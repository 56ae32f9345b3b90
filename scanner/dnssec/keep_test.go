package dnssec

import (
	"context"
	"testing"
	"time"
	"unsafe"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec/dnssectest"
)

// wireSource answers from a world, as over the wire, and keeps what it said.
type wireSource struct {
	t     *testing.T
	world *dnssectest.World
	said  []*Message
}

func (s *wireSource) Fetch(_ context.Context, q Query) (*Message, error) {
	return s.ask(q.Question), nil
}

func (s *wireSource) ask(q Question) *Message {
	msg := s.world.Ask(q.Name, q.Type)
	msg.Compress = true
	wire, err := msg.Pack()
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := Unpack(wire)
	if err != nil {
		s.t.Fatal(err)
	}
	s.said = append(s.said, m)
	return m
}

// partOf reports whether a string lies in the octets of a message that was said.
func (s *wireSource) partOf(text string) bool {
	at := uintptr(unsafe.Pointer(unsafe.StringData(text)))
	for _, m := range s.said {
		for _, section := range [][]Record{m.Answer, m.Authority, m.Additional} {
			for i := range section {
				for _, part := range []string{string(section[i].Owner), section[i].data} {
					from := uintptr(unsafe.Pointer(unsafe.StringData(part)))
					if len(part) > 0 && at >= from && at < from+uintptr(len(part)) {
						return true
					}
				}
			}
		}
	}
	return false
}

// TestNodesKeepNoMessage looks for parts of messages in what is remembered of zones
// for as long as a day: each would keep a whole message.
func TestNodesKeepNoMessage(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	w, err := dnssectest.New(at.Add(-time.Hour), at.Add(time.Hour),
		dnssectest.Zone{Apex: "."}, dnssectest.Zone{Apex: "example.", Data: "host A 192.0.2.1\nalias CNAME host"},
		dnssectest.Zone{Apex: "unsigned.example.", Unsigned: true, Data: "host A 192.0.2.2"},
		dnssectest.Zone{Apex: "nsec3.", NSEC3: &dnssectest.NSEC3{}, Data: "host A 192.0.2.3"},
		dnssectest.Zone{Apex: "plain.nsec3.", Unsigned: true, Data: "host A 192.0.2.4"})
	if err != nil {
		t.Fatal(err)
	}
	ds := w.Anchor()
	v, err := New(Config{Anchors: []Anchor{{Name: ds.Hdr.Name, DS: ds}}, Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	src := &wireSource{t: t, world: w}
	for _, name := range []string{"host.example.", "host.unsigned.example.", "alias.example.", "nothing.example.", "host.plain.nsec3.", "host.nsec3."} {
		q := Question{name, dns.TypeA}
		if r := v.Validate(t.Context(), src, q, src.ask(q), nil); r.Status < Insecure {
			t.Fatalf("%s: %v %s", name, r.Status, r.Reason)
		}
	}
	known := 0
	for i := range v.nodes.known.shard {
		for key, n := range v.nodes.known.shard[i].young {
			known++
			held := []string{string(key), string(n.name)}
			if n.zone != nil {
				held = append(held, string(n.zone.apex))
			}
			if n.proof != nil {
				held = append(held, string(n.proof.signer))
			}
			for _, text := range held {
				if src.partOf(text) {
					t.Errorf("%v keeps a message, by %q", n.name, text)
				}
			}
		}
	}
	if known < 5 || !src.partOf(string(src.said[0].Answer[0].Owner)) {
		t.Errorf("%d nodes: they show nothing", known)
	}
}
