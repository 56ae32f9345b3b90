package dnssec_test

import (
	"testing"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// BenchmarkValidate measures one validation: cold, with nothing known, from the
// root down; warm, with the zone's keys known; and hot, when the same signatures
// were verified before, as those of a host that many domains share.
func BenchmarkValidate(b *testing.B) {
	w := world(b)
	for _, c := range []struct {
		what string
		q    dnssec.Question
	}{
		{"positive", ask("_25._tcp.mx.example.", dns.TypeTLSA)},
		{"nsec-nxdomain", ask("_25._tcp.example.", dns.TypeTLSA)},
		{"nsec3-nxdomain", ask("_25._tcp.host.nsec3.", dns.TypeTLSA)},
		{"alias", ask("far.example.", dns.TypeA)},
		{"insecure", ask("host.unsigned.example.", dns.TypeA)},
		{"rsa", ask("host.rsa.", dns.TypeA)},
		{"ed25519", ask("www.child.example.", dns.TypeA)},
	} {
		msg := w.Ask(c.q.Name, c.q.Type)
		src := &source{world: w, record: recordAll(b, c.q)}
		b.Run(c.what+"/cold", func(b *testing.B) {
			measure(b, func() *dnssec.Validator {
				return validator(b, w, dnssec.Config{NodeCache: 1, SignatureCache: 1})
			}, src, c.q, msg)
		})
		warm := validator(b, w, dnssec.Config{SignatureCache: 1})
		warm.ValidateMsg(b.Context(), src, c.q, msg, nil)
		b.Run(c.what+"/warm", func(b *testing.B) {
			measure(b, func() *dnssec.Validator { return warm.WithoutSignatures() }, src, c.q, msg)
		})
		hot := validator(b, w, dnssec.Config{})
		b.Run(c.what+"/hot", func(b *testing.B) {
			measure(b, func() *dnssec.Validator { return hot }, src, c.q, msg)
		})
	}
}

// recordAll keeps the replies that a lookup takes, so that the benchmark does not
// measure the signer.
func recordAll(b *testing.B, q dnssec.Question) map[dnssec.Question]*dns.Msg {
	replies := make(map[dnssec.Question]*dns.Msg)
	src := &source{world: world(b), edit: func(q dnssec.Query, msg *dns.Msg) *dns.Msg {
		replies[q.Question] = msg
		return msg
	}}
	validator(b, world(b), dnssec.Config{}).ValidateMsg(b.Context(), src, q, world(b).Ask(q.Name, q.Type), nil)
	return replies
}

func measure(b *testing.B, fresh func() *dnssec.Validator, src *source, q dnssec.Question, msg *dns.Msg) {
	b.ReportAllocs()
	work, status := dnssec.Work{}, dnssec.Indeterminate
	total, cached := 0, 0
	for b.Loop() {
		work = dnssec.Work{}
		status = fresh().ValidateMsg(b.Context(), src, q, msg, &work).Status
		src.asked = src.asked[:0]
		total, cached = total+work.Verifications, cached+work.Cached
	}
	if status < dnssec.Insecure {
		b.Fatal(status)
	}
	b.ReportMetric(float64(total-cached)/float64(b.N), "verifications/op")
}
