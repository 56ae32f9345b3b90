package exchange

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// FuzzReply gives any octets as the reply to a question. What is taken for a
// reply must be one to the library, too, and nothing may crash.
func FuzzReply(f *testing.F) {
	x, err := pack(question, Options{DO: true})
	if err != nil {
		f.Fatal(err)
	}
	copy(x.wire, "\x12\x34") // its ID
	f.Add(reply(x.wire, nil))
	f.Add(reply(x.wire, func(m *dns.Msg) { m.Id++ }))
	f.Add(reply(x.wire, func(m *dns.Msg) { m.Truncated = true }))
	f.Add(reply(x.wire, func(m *dns.Msg) { m.Question[0].Name = "MAIL.example.com." }))
	f.Add(reply(x.wire, func(m *dns.Msg) { m.Rcode, m.Question, m.Answer = dns.RcodeFormatError, nil, nil }))
	f.Add(x.wire)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, msg []byte) {
		if !x.answers(msg) {
			return
		}
		a := asking{client: New(Config{}), server: netip.MustParseAddrPort("192.0.2.1:53"), query: x}
		r, err := a.read(msg, false)
		if err != nil {
			if r.Msg != nil {
				t.Error("a message beside an error")
			}
			return
		}
		var m dns.Msg
		if err := m.Unpack(msg); err != nil {
			t.Fatalf("the library says %v", err)
		}
		if m.Id != 0x1234 || !m.Response || m.Opcode != dns.OpcodeQuery || m.Truncated || r.Msg.Rcode != m.Rcode {
			t.Errorf("taken for a reply: %v", &m)
		}
		switch q := m.Question; len(q) {
		case 0:
			if len(r.Msg.Answer) > 0 || len(r.Msg.Authority) > 0 {
				t.Errorf("data without a question: %v", r.Msg)
			}
		case 1:
			if !strings.EqualFold(q[0].Name, question.Name) || q[0].Qtype != question.Type || q[0].Qclass != dns.ClassINET {
				t.Errorf("another question: %v", q)
			}
		default:
			t.Errorf("%d questions", len(q))
		}
	})
}

// TestReadKeepsNothing scribbles over the buffer of a message that was read: the
// buffer is used again.
func TestReadKeepsNothing(t *testing.T) {
	x, err := pack(question, Options{DO: true})
	if err != nil {
		t.Fatal(err)
	}
	x.renew()
	var rrs []dns.RR
	for _, text := range []string{
		"a.example. 1 IN A 192.0.2.1", "a.example. 1 IN AAAA 2001:db8::1", "a.example. 1 IN MX 1 b.example.",
		"a.example. 1 IN TXT one two", "a.example. 1 IN TLSA 3 1 1 0102", "a.example. 1 IN DNSKEY 256 3 13 AQIDBA==",
		"a.example. 1 IN DS 1 8 2 0102", "a.example. 1 IN NSEC b.example. A MX", "a.example. 1 IN NSEC3 1 0 0 01 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
		"a.example. 1 IN RRSIG A 8 2 1 20300101000000 20200101000000 1 example. AQIDBA==", "a.example. 1 IN TYPE65280 \\# 2 0102",
	} {
		rr, err := dns.NewRR(text)
		if err != nil {
			t.Fatal(err)
		}
		rrs = append(rrs, rr)
	}
	b := reply(x.wire, func(m *dns.Msg) {
		m.Answer = rrs
		m.SetEdns0(1232, true)
		opt := m.IsEdns0()
		opt.Option = append(opt.Option, &dns.EDNS0_EDE{InfoCode: 6, ExtraText: "text"}, &dns.EDNS0_LOCAL{Code: 65001, Data: []byte{1, 2, 3}})
	})
	a := asking{client: New(Config{}), query: x}
	r, err := a.read(b, false)
	if err != nil {
		t.Fatal(err)
	}
	before := r.Msg.Msg().String()
	for i := range b {
		b[i] = 0xff
	}
	if after := r.Msg.Msg().String(); after != before {
		t.Errorf("the message changed with its buffer:\n%s\n%s", before, after)
	}
}
