package dnssec_test

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// TestRememberedVerdicts has a validator judge the cases in any order, for hours, with
// TTLs drawn at random for all that it fetches, and little room to remember it. The
// verdicts are those of a validator that knows nothing.
func TestRememberedVerdicts(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	w, clock, fetches := world(t), now, 0
	fresh, asked := make(map[int]dnssec.Result), make(map[int]int)
	ttls := []uint32{0, 1, 30, 300, 3600, 86400, 1 << 31}
	src := &source{world: w, edit: func(_ dnssec.Query, msg *dns.Msg) *dns.Msg {
		fetches++
		for _, section := range sections(msg) {
			for _, rr := range *section {
				rr.Header().Ttl = ttls[random.IntN(len(ttls))]
			}
		}
		return msg
	}}
	v := validator(t, w, dnssec.Config{NodeCache: 256, SignatureCache: 256, Now: func() time.Time { return clock }})
	const rounds = 600
	for round := range rounds {
		clock = clock.Add(time.Duration(random.ExpFloat64() * float64(time.Minute)))
		i := random.IntN(len(cases))
		q := ask(cases[i].name, cases[i].qtype)
		if asked[i]++; asked[i] == 1 {
			fresh[i] = verdictOf(validate(t, w, q.Name, q.Type))
		}
		got := verdictOf(v.ValidateMsg(t.Context(), src, q, w.Ask(q.Name, q.Type), nil))
		if !reflect.DeepEqual(got, fresh[i]) {
			t.Fatalf("seed %d, round %d, %v after now: %v\n%+v\nby one that knows nothing:\n%+v", seed, round, clock.Sub(now), q, got, fresh[i])
		}
	}
	t.Logf("seed %d: %v, %d questions for %d lookups of %d names", seed, clock.Sub(now), fetches, rounds, len(asked))
	if fetches < rounds || fetches > 8*rounds || len(asked) < len(cases)/2 {
		t.Errorf("seed %d: %d questions for %d lookups of %d names show little", seed, fetches, rounds, len(asked))
	}
}

// verdictOf is a result without what depends on the time.
func verdictOf(r dnssec.Result) dnssec.Result {
	r.TTL = 0
	return r
}
