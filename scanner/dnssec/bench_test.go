package dnssec_test

import (
	"context"
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
		msg := dnssec.FromMsg(w.Ask(c.q.Name, c.q.Type))
		src := recordAll(b, c.q)
		b.Run(c.what+"/cold", func(b *testing.B) {
			measure(b, func() *dnssec.Validator {
				return validator(b, w, dnssec.Config{NodeCache: 1, SignatureCache: 1})
			}, src, c.q, msg)
		})
		warm := validator(b, w, dnssec.Config{SignatureCache: 1})
		warm.Validate(b.Context(), src, c.q, msg, nil)
		b.Run(c.what+"/warm", func(b *testing.B) {
			measure(b, func() *dnssec.Validator { return warm.WithoutSignatures() }, src, c.q, msg)
		})
		hot := validator(b, w, dnssec.Config{})
		b.Run(c.what+"/hot", func(b *testing.B) {
			measure(b, func() *dnssec.Validator { return hot }, src, c.q, msg)
		})
	}
}

// saidBefore is replies that were given before.
type saidBefore map[dnssec.Question]*dnssec.Message

func (r saidBefore) Fetch(_ context.Context, q dnssec.Query) (*dnssec.Message, error) {
	if m := r[q.Question]; m != nil {
		return m, nil
	}
	return nil, errNoReply
}

// recordAll keeps the replies that a lookup takes, so that the benchmark does not
// measure the signer.
func recordAll(b *testing.B, q dnssec.Question) saidBefore {
	replies := make(saidBefore)
	src := &source{world: world(b), edit: func(q dnssec.Query, msg *dns.Msg) *dns.Msg {
		replies[q.Question] = dnssec.FromMsg(msg)
		return msg
	}}
	validator(b, world(b), dnssec.Config{}).ValidateMsg(b.Context(), src, q, world(b).Ask(q.Name, q.Type), nil)
	return replies
}

func measure(b *testing.B, fresh func() *dnssec.Validator, src saidBefore, q dnssec.Question, msg *dnssec.Message) {
	b.ReportAllocs()
	work, status := dnssec.Work{}, dnssec.Indeterminate
	total, cached := 0, 0
	for b.Loop() {
		work = dnssec.Work{}
		status = fresh().Validate(b.Context(), src, q, msg, &work).Status
		total, cached = total+work.Verifications, cached+work.Cached
	}
	if status < dnssec.Insecure {
		b.Fatal(status)
	}
	b.ReportMetric(float64(total-cached)/float64(b.N), "verifications/op")
}
