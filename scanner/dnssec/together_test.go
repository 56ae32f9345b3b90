package dnssec_test

import (
	"context"
	"reflect"
	"sync"
	"testing"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// wires is the replies of a world, packed once.
type wires struct {
	mu    sync.Mutex
	known map[dnssec.Question][]byte
	t     *testing.T
}

// ask reads the reply to a question from octets that are overwritten at once.
func (w *wires) ask(q dnssec.Question) *dnssec.Message {
	w.mu.Lock()
	wire := w.known[q]
	if wire == nil {
		msg := world(w.t).Ask(q.Name, q.Type)
		msg.Compress = true
		var err error
		if wire, err = msg.Pack(); err != nil {
			w.t.Error(err)
		}
		w.known[q] = wire
	}
	w.mu.Unlock()
	wire = append([]byte(nil), wire...)
	msg, err := dnssec.Unpack(wire)
	if err != nil {
		w.t.Error(err)
	}
	clear(wire)
	return msg
}

func (w *wires) Fetch(_ context.Context, q dnssec.Query) (*dnssec.Message, error) {
	return w.ask(q.Question), nil
}

// TestTogetherInFull has several validate all cases again and again, from octets, with
// validators that know nothing and one that is shared, and compares all that comes of
// it with what came of each alone: at once, and once more at the end, when all that is
// used again has been.
func TestTogetherInFull(t *testing.T) {
	w := &wires{known: map[dnssec.Question][]byte{}, t: t}
	lookup := func(v *dnssec.Validator, i int) dnssec.Result {
		q := ask(cases[i].name, cases[i].qtype)
		r := v.Validate(t.Context(), w, q, w.ask(q), nil)
		if r.Status == dnssec.Bogus {
			t.Errorf("%v: %q", q, r.Reason)
		}
		return r
	}
	want := make([]dnssec.Result, len(cases))
	for i := range cases {
		want[i] = lookup(validator(t, world(t), dnssec.Config{}), i)
	}
	const workers, rounds = 6, 3
	shared := validator(t, world(t), dnssec.Config{})
	got := make([][]dnssec.Result, workers)
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			for round := range rounds {
				v := shared
				if round == 1 {
					v = validator(t, world(t), dnssec.Config{})
				}
				for j := range cases {
					i := (worker*11 + j) % len(cases)
					r := lookup(v, i)
					if !reflect.DeepEqual(r, want[i]) {
						t.Errorf("%s %s:\n%+v\nalone:\n%+v", cases[i].name, dns.TypeToString[cases[i].qtype], r, want[i])
					}
					got[worker] = append(got[worker], r)
				}
			}
		})
	}
	wg.Wait()
	for worker := range got {
		for n, r := range got[worker] {
			if i := (worker*11 + n) % len(cases); !reflect.DeepEqual(r, want[i]) {
				t.Errorf("%s has become %+v", cases[i].name, r)
			}
		}
	}
}
