package resolver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// Servers of what is repaired; those of the signed world stand beside their zones.
const (
	staleAddr = "127.0.53.8" // has lost the zone
	dayTTL    = "$TTL 86400\n"
)

// repair is something that an operator breaks and mends: the servers before and after,
// and a question whose answer shows it.
type repair struct {
	name          string
	before, after map[string]dns.HandlerFunc
	question      dnssec.Question
	validator     func(now func() time.Time) *dnssec.Validator // nil: nothing is validated
	root          string
	wait          time.Duration // between the looks
	works         bool          // the first look finds the name in order
	shared        []string      // what one more fresh lookup asks for
}

// repaired is the servers of a repair, those after it once done is set.
func (r repair) servers(done *atomic.Bool) map[string]dns.HandlerFunc {
	servers := map[string]dns.HandlerFunc{}
	for addr := range r.before {
		servers[addr] = func(w dns.ResponseWriter, m *dns.Msg) {
			h := r.before[addr]
			if after := r.after[addr]; done.Load() && after != nil {
				h = after
			}
			h(w, m)
		}
	}
	return servers
}

// Each of these repairs lies behind something that is remembered for an hour or a day:
// a second look that believes it would call a domain broken that is not. One without
// since shows that it is remembered.
func TestFreshSeesRepairs(t *testing.T) {
	repairs := append(unsignedRepairs(), signedRepairs(t)...)
	for _, r := range repairs {
		t.Run(r.name, func(t *testing.T) {
			var done atomic.Bool
			clock := cutNow
			now := func() time.Time { return clock }
			n := newMiniNet(t, r.servers(&done))
			cfg := IterateConfig{Now: now}
			if r.validator != nil {
				cfg.Validator = r.validator(now)
			}
			it := n.iterate(cfg, r.root)
			look := func(ctx context.Context) bool {
				a := it.Lookup(ctx, r.question.Name, r.question.Type)
				t.Logf("%v %v %q, %d queries", a.Outcome, a.Status, a.Reason, a.Queries)
				return a.Outcome == Found
			}
			if look(t.Context()) != r.works {
				t.Fatalf("the first look finds it in order: %v, want %v", !r.works, r.works)
			}
			done.Store(true)
			clock = clock.Add(r.wait)
			if look(t.Context()) || look(Fresh(t.Context(), time.Time{})) {
				t.Error("nothing was remembered that hides the repair")
			}
			fresh := Fresh(t.Context(), clock)
			if !look(fresh) {
				t.Error("the repair is not seen")
			}
			n.seen()
			if !look(fresh) || !look(t.Context()) {
				t.Error("what was learnt afresh is not believed")
			}
			if asked := n.seen(); !slices.Equal(asked, append(slices.Clone(r.shared), r.shared...)) {
				t.Errorf("asked %q", asked)
			}
		})
	}
}

// unsignedRepairs are those of servers and their addresses.
func unsignedRepairs() []repair {
	root := rootZone("")
	child := parseZone("child.test.", dayTTL+soaLine+"@ NS ns.host.test.\n@ MX 10 mx")
	hostAt := func(addr string) dns.HandlerFunc {
		return serveZones(parseZone("host.test.", dayTTL+soaLine+"@ NS ns0\nns0 A "+otherAddr+"\nns A "+addr+"\n"))
	}
	test := func(child string) dns.HandlerFunc {
		return serveZones(parseZone("test.", dayTTL+soaLine+"@ NS ns\nns A "+testAddr+"\nhost NS ns0.host\nns0.host A "+otherAddr+"\n"+child))
	}
	question := dnssec.Question{Name: "child.test.", Type: dns.TypeMX}
	shared := []string{childAddr + " child.test. MX"}
	return []repair{{
		name: "other name servers", root: rootAddr, question: question, wait: 30 * time.Minute, shared: shared,
		before: map[string]dns.HandlerFunc{
			rootAddr: serveZones(root), staleAddr: rcode(dns.RcodeServerFailure), childAddr: serveZones(child),
			testAddr: test("child NS ns.child\nns.child A " + staleAddr),
		},
		after: map[string]dns.HandlerFunc{testAddr: test("child NS ns2.child\nns2.child A " + childAddr)},
	}, {
		name: "another glue address", root: rootAddr, question: question, wait: 30 * time.Minute, shared: shared,
		before: map[string]dns.HandlerFunc{
			rootAddr: serveZones(root), staleAddr: rcode(dns.RcodeServerFailure), childAddr: serveZones(child),
			testAddr: test("child NS ns.child\nns.child A " + staleAddr),
		},
		after: map[string]dns.HandlerFunc{testAddr: test("child NS ns.child\nns.child A " + childAddr)},
	}, {
		name: "another address of a name server elsewhere", root: rootAddr, question: question, wait: 30 * time.Minute, shared: shared,
		before: map[string]dns.HandlerFunc{
			rootAddr: serveZones(root), staleAddr: rcode(dns.RcodeServerFailure), childAddr: serveZones(child),
			testAddr: test("child NS ns.host"), otherAddr: hostAt(staleAddr),
		},
		after: map[string]dns.HandlerFunc{otherAddr: hostAt(childAddr)},
	}}
}

// rollWorld is a signed world in which the root and tld. always have the same keys, and
// signed.tld. has new ones each time.
func rollWorld(t *testing.T) *dnssectest.World {
	t.Helper()
	w, err := dnssectest.New(cutNow.Add(-time.Hour), cutNow.Add(24*time.Hour),
		dnssectest.Zone{Apex: ".", Algorithm: dns.ED25519}, dnssectest.Zone{Apex: "tld.", Algorithm: dns.ED25519},
		dnssectest.Zone{Apex: "signed.tld.", Data: "@ MX 10 mx\nmx A 192.0.2.25"},
	)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// signedRepairs are those of keys, of the DS records that vouch for them, and of a
// server that did not understand EDNS.
func signedRepairs(t *testing.T) []repair {
	old, renewed := rollWorld(t), rollWorld(t)
	const tldAddr, signedAddr = "127.0.54.2", "127.0.54.3"
	zone := func(w *dnssectest.World) dns.HandlerFunc { return serveSigned(w, "signed.tld.") }
	plain := func(rw dns.ResponseWriter, m *dns.Msg) {
		if m.IsEdns0() != nil {
			rcode(dns.RcodeFormatError)(rw, m)
			return
		}
		zone(old)(rw, m)
	}
	with := func(r repair, tld *dnssectest.World, signed dns.HandlerFunc) repair {
		r.root, r.question = "127.0.54.1", dnssec.Question{Name: "signed.tld.", Type: dns.TypeMX}
		r.before = map[string]dns.HandlerFunc{
			r.root: serveSigned(old, "."), tldAddr: serveSigned(tld, "tld."), signedAddr: signed, "127.0.54.4": signed,
		}
		r.validator = func(now func() time.Time) *dnssec.Validator {
			v, err := dnssec.New(dnssec.Config{Anchors: []dnssec.Anchor{{Name: ".", DS: old.Anchor()}}, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		r.shared = []string{signedAddr + " signed.tld. MX"}
		return r
	}
	return []repair{
		with(repair{
			name: "DS after a botched roll-over", wait: 30 * time.Minute,
			after: map[string]dns.HandlerFunc{tldAddr: serveSigned(renewed, "tld.")},
		}, old, zone(renewed)),
		with(repair{
			name: "keys and DS at once", wait: 30 * time.Minute, works: true,
			after: map[string]dns.HandlerFunc{
				tldAddr: serveSigned(renewed, "tld."), signedAddr: zone(renewed), "127.0.54.4": zone(renewed),
			},
		}, old, zone(old)),
		with(repair{
			name: "servers that understand EDNS", wait: 2 * time.Minute,
			after: map[string]dns.HandlerFunc{signedAddr: zone(old), "127.0.54.4": zone(old)},
		}, old, plain),
	}
}

// A pass of fresh lookups asks for what its names share once, not for each of them.
func TestFreshSharesWhatIsAbove(t *testing.T) {
	const names, workers = 200, 5
	test := soaLine + dayTTL + "@ NS ns\nns A " + testAddr + "\n"
	var zones []zoneData
	for i := range names {
		test += fmt.Sprintf("d%03d NS ns.d%03d\nns.d%03d A %s\n", i, i, i, childAddr)
		zones = append(zones, parseZone(fmt.Sprintf("d%03d.test.", i), dayTTL+soaLine+"@ NS ns\nns A "+childAddr+"\n@ MX 10 mx"))
	}
	n := newMiniNet(t, map[string]dns.HandlerFunc{
		rootAddr: serveZones(rootZone("")), testAddr: serveZones(parseZone("test.", test)), childAddr: serveZones(zones...),
	})
	it := n.iterate(IterateConfig{Now: func() time.Time { return cutNow }}, rootAddr)
	for pass, want := range []struct{ root, test int }{{1, names}, {1, names}, {0, 0}} {
		ctx := Fresh(t.Context(), cutNow.Add(time.Duration(min(pass, 1))*time.Minute))
		lookAtAll(ctx, t, it, names, 1)
		checkAsked(t, n, pass, want.root, want.root, want.test)
	}
	lookAtAll(Fresh(t.Context(), cutNow.Add(time.Hour)), t, it, names, workers)
	checkAsked(t, n, 3, 1, workers, names)
}

// lookAtAll looks at names by several workers at a time.
func lookAtAll(ctx context.Context, t *testing.T, it *Iterate, names, workers int) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < names; i += workers {
				if a := it.Lookup(ctx, fmt.Sprintf("d%03d.test.", i), dns.TypeMX); a.Outcome != Found {
					t.Errorf("d%03d: %v", i, a.Outcome)
				}
			}
		})
	}
	wg.Wait()
}

// checkAsked counts what the servers of the root and of test. were asked.
func checkAsked(t *testing.T, n *miniNet, pass, rootLeast, rootMost, test int) {
	t.Helper()
	got := map[string]int{}
	for _, q := range n.seen() {
		addr, _, _ := strings.Cut(q, " ")
		got[addr]++
	}
	if got[rootAddr] < rootLeast || got[rootAddr] > rootMost || got[testAddr] != test {
		t.Errorf("pass %d: %v, want %d to %d questions to the root, %d to test.", pass, got, rootLeast, rootMost, test)
	}
}

// A lookup does not share the flight of one that believes more.
func TestFreshShareFlights(t *testing.T) {
	n := newMiniNet(t, ordinary())
	it := n.iterate(IterateConfig{Now: func() time.Time { return cutNow }}, rootAddr)
	key := flightKey{dnssec.Question{Name: "child.test.", Type: dns.TypeMX}, 0}
	it.flights[key] = &flight{done: make(chan struct{})} // that never ends
	if a := it.Lookup(Fresh(t.Context(), cutNow), "child.test", dns.TypeMX); a.Outcome != Found {
		t.Errorf("%v", a.Outcome)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := it.Lookup(ctx, "child.test", dns.TypeMX); a.Reason != dnssec.ReasonCancelled {
		t.Errorf("without since: %v %q", a.Outcome, a.Reason)
	}
}

// What a validator knows of zones is not believed either where a recursive resolver
// elsewhere is asked.
func TestFreshThroughAResolver(t *testing.T) {
	w := newSignedWorld(t)
	stranger := newSigner(t, "test.")
	b := w.but(map[string][]canned{"test. DNSKEY": {{"", stranger.sign(t, stranger.key.String())}}})
	f := w.forward(t, b)
	if a := f.Lookup(t.Context(), "example.test", dns.TypeMX); a.Status != dnssec.Bogus {
		t.Fatalf("keys that nobody vouches for: %v %q", a.Status, a.Reason)
	}
	b.entries["test. DNSKEY"] = w.entries["test. DNSKEY"]
	if a := f.Lookup(Fresh(t.Context(), time.Time{}), "example.test", dns.TypeMX); a.Status != dnssec.Bogus {
		t.Errorf("nothing was remembered that hides the repair: %v", a.Status)
	}
	if a := f.Lookup(Fresh(t.Context(), bookAt), "example.test", dns.TypeMX); a.Status != dnssec.Secure {
		t.Errorf("the repair is not seen: %v %q", a.Status, a.Reason)
	}
}
