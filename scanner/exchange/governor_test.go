package exchange

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// script is an Exchanger whose servers do as told; it notes when it was asked.
type script struct {
	began time.Time
	does  func(server netip.AddrPort, at time.Duration) (Reply, time.Duration, error)

	mu    sync.Mutex
	asked map[netip.AddrPort][]time.Duration // by server, since the beginning
}

func newScript(does func(netip.AddrPort, time.Duration) (Reply, time.Duration, error)) *script {
	return &script{began: time.Now(), does: does, asked: map[netip.AddrPort][]time.Duration{}}
}

func (s *script) Exchange(ctx context.Context, server netip.AddrPort, _ dnssec.Question, _ Options) (Reply, error) {
	at := time.Since(s.began)
	s.mu.Lock()
	s.asked[server] = append(s.asked[server], at)
	s.mu.Unlock()
	r, wait, err := s.does(server, at)
	time.Sleep(wait)
	return r, err
}

func (s *script) times(server netip.AddrPort) []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked[server])
}

const usual = 3 * time.Second // the timeout of these tests

func silenceOf(server netip.AddrPort) (Reply, time.Duration, error) {
	return Reply{}, usual, &Error{Kind: Timeout, Server: server, Queries: 1, Err: errTimeout}
}

func answerOf(server netip.AddrPort) (Reply, time.Duration, error) {
	return Reply{Msg: &dnssec.Message{}, Server: server, Queries: 1}, 50 * time.Millisecond, nil
}

// heartbeat keeps asking a server that is well, until the returned function is
// called: the network is there.
func heartbeat(g *Governor, server netip.AddrPort) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for pauseFor(ctx, 100*time.Millisecond) {
			g.Exchange(ctx, server, question, Options{})
		}
	}()
	return func() { cancel(); <-done }
}

func pauseFor(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// A server that stays silent is asked by sixteen at a time, then by one, then left
// alone but for a try after 1 s, 2 s, 4 s, up to 64 s. Whoever asks meanwhile is told
// so at once, and told apart from one whose question was put. When it replies, it is
// asked as any other.
func TestSilentServerIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead, well := addr(1), addr(2)
		back := 10 * time.Minute
		s := newScript(func(server netip.AddrPort, at time.Duration) (Reply, time.Duration, error) {
			if server == dead && at < back {
				return silenceOf(server)
			}
			return answerOf(server)
		})
		g := NewGovernor(s, GovernorConfig{Timeout: usual, Retries: 2})
		defer heartbeat(g, well)()

		// Five hundred ask at once.
		var all sync.WaitGroup
		for range 500 {
			all.Go(func() {
				_, err := g.Exchange(t.Context(), dead, question, Options{})
				if kindOfError(err) != Timeout {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
		if took := time.Since(s.began); took > silentSpan*usual {
			t.Errorf("500 questions took %v, want %v", took, silentSpan*usual)
		}
		if n := len(s.times(dead)); n != firstOut+1 {
			t.Errorf("%d questions were put, want %d", n, firstOut+1)
		}

		// From then on somebody asks every 100 ms.
		var spared int
		for time.Since(s.began) < back {
			asked := time.Now()
			_, err := g.Exchange(t.Context(), dead, question, Options{})
			var e *Error
			if !errors.As(err, &e) || e.Kind != Timeout {
				t.Fatal(err)
			}
			if spent := time.Since(asked); errors.Is(err, ErrSilent) != (spent == 0) || (e.Queries == 0) != (spent == 0) {
				t.Fatalf("%v after %v, %d sent", err, spent, e.Queries)
			}
			spared += 1 - e.Queries
			time.Sleep(100 * time.Millisecond)
		}
		var gaps []time.Duration
		times := s.times(dead)[firstOut+1:]
		for i := range times[1:] {
			gaps = append(gaps, (times[i+1] - times[i] - usual).Round(time.Second))
		}
		want := []time.Duration{2, 4, 8, 16, 32, 64, 64, 64, 64, 64, 64}
		for i := range want {
			want[i] *= time.Second
		}
		if !slices.Equal(gaps[:min(len(gaps), len(want))], want[:min(len(gaps), len(want))]) || len(gaps) < 9 {
			t.Errorf("tried after %v", gaps)
		}
		if got := g.Stats().Spared; int64(spared) > got || got == 0 {
			t.Errorf("%d questions spared, %d counted", spared, got)
		}

		// It is back, and known to be after maxRest at most.
		recovered := func() bool { _, err := g.Exchange(t.Context(), dead, question, Options{}); return err == nil }
		for !recovered() {
			if time.Since(s.began) > back+maxRest+time.Second {
				t.Fatal("still left alone")
			}
			time.Sleep(time.Second)
		}
		for range 20 {
			if !recovered() {
				t.Error("left alone after it replied")
			}
		}
	})
}

// A hiccup of the server, shorter than two timeouts, leaves nobody alone: all that
// ask are answered at a later try.
func TestHiccupIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(server netip.AddrPort, at time.Duration) (Reply, time.Duration, error) {
			if server == addr(1) && at > 10*time.Second && at < 12*time.Second {
				return silenceOf(server)
			}
			return answerOf(server)
		})
		g := NewGovernor(s, GovernorConfig{Timeout: usual, Retries: 2})
		defer heartbeat(g, addr(2))()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				for time.Since(s.began) < 30*time.Second {
					if _, err := g.Exchange(t.Context(), addr(1), question, Options{}); err != nil {
						t.Error(err)
					}
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		all.Wait()
	})
}

// provider is who serves the domains of a made-up list.
type provider struct {
	servers []netip.AddrPort
	share   float64
}

// survey has a thousand workers go through a list of domains: the server of the
// registry is asked, then those of the domain's provider until one answers, twice. It
// returns how long that took and how many domains came to nothing.
func survey(t *testing.T, m *networkModel, domains int, providers []provider) (took time.Duration, failed int) {
	g := NewGovernor(m, GovernorConfig{Timeout: m.timeout})
	list := make(chan provider)
	go func() {
		defer close(list)
		for i := range domains {
			x := float64(i*7919%domains) / float64(domains) // mixed
			for _, p := range providers {
				if x -= p.share; x < 0 {
					list <- p
					break
				}
			}
		}
	}()
	began := time.Now()
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			for p := range list {
				g.Exchange(t.Context(), addr(1<<20), question, Options{})
				m.mu.Lock()
				first := m.dice.IntN(len(p.servers))
				m.mu.Unlock()
				p.servers = append(slices.Clone(p.servers[first:]), p.servers[:first]...)
				if !answered(t, g, p, 2) {
					mu.Lock()
					failed++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return time.Since(began), failed
}

// answered asks the servers of a provider in turn until one answers, n times.
func answered(t *testing.T, g *Governor, p provider, n int) bool {
	for _, server := range p.servers {
		if _, err := g.Exchange(t.Context(), server, question, Options{}); err == nil {
			return n == 1 || answered(t, g, p, n-1)
		}
	}
	return false
}

// A provider with three domains in ten goes dead, all four servers of it; so do ten
// small ones. The run may take 20 s longer than one where all are well, however long
// the list: that is what finding out takes. Asking each domain's servers in vain would take 36 s for
// each of 6,200 domains: four minutes with a thousand workers.
func TestDeadProviderCostsABoundedShare(t *testing.T) {
	four := func(n int) (servers []netip.AddrPort) {
		for i := range 4 {
			servers = append(servers, addr(1000+4*n+i))
		}
		return servers
	}
	var providers []provider
	for n := range 10 {
		providers = append(providers, provider{four(100 + n), 0.001})
	}
	providers = append(providers, provider{four(200), 0.3})
	for n := range 40 {
		providers = append(providers, provider{four(n), 0.0175})
	}
	dead := map[netip.AddrPort]bool{}
	for _, p := range providers[:11] {
		for _, server := range p.servers {
			dead[server] = true
		}
	}
	const domains = 20_000
	var well, ill time.Duration
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.rtt = 400 * time.Millisecond
		var failed int
		if well, failed = survey(t, m, domains, providers); failed != 0 {
			t.Errorf("all servers are well: %d domains failed", failed)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		m := newModel(1)
		m.rtt = 200 * time.Millisecond
		m.dead = func(a netip.AddrPort) bool { return dead[a] }
		var failed int
		if ill, failed = survey(t, m, domains, providers); failed != 6_200 {
			t.Errorf("%d domains failed, want those of the dead providers: 6200", failed)
		}
	})
	t.Logf("all well: %v; 31 %% dead: %v", well, ill)
	if ill > well+20*time.Second {
		t.Errorf("took %v, and %v with all servers well: want 20s more at most", ill, well)
	}
}

// A server that refuses everything is asked at half its rate after 16 refusals, at a
// quarter after 32, and as usual when it answers again.
func TestRefusingServerIsAskedLess(t *testing.T) {
	for _, rcode := range []int{dns.RcodeRefused, dns.RcodeServerFailure} {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(1)
			m.rcode, m.rtt = rcode, 0
			g := NewGovernor(m, GovernorConfig{Timeout: usual, Limiter: NewLimiter(LimiterConfig{PerServer: 10, Burst: 1})})
			asks := func(n int) time.Duration {
				began := time.Now()
				for range n {
					if r, err := g.Exchange(t.Context(), addr(1), question, Options{}); err != nil || r.Msg.Rcode != m.rcode {
						t.Fatal(r, err)
					}
				}
				return time.Since(began).Round(10 * time.Millisecond)
			}
			asks(1) // the burst
			for _, want := range []time.Duration{1500, 3200, 6400, 6400} {
				n := 16
				if want == 1500 {
					n = 15
				}
				if got := asks(n); got != want*time.Millisecond {
					t.Errorf("%d questions took %v, want %v ms", n, got, int(want))
				}
			}
			m.rcode = dns.RcodeSuccess
			asks(1)
			if got := asks(16); got > 1700*time.Millisecond {
				t.Errorf("16 questions took %v after a good reply, want 1.6s", got)
			}
		})
	}
}

// What is counted as sent is what was sent, and the last word is what was tried.
func TestGovernorCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := newScript(func(server netip.AddrPort, _ time.Duration) (Reply, time.Duration, error) {
			if n++; n < 3 {
				return silenceOf(server)
			}
			return Reply{Msg: &dnssec.Message{}, Server: server, Queries: 2, TCP: true}, 0, nil
		})
		g := NewGovernor(s, GovernorConfig{Timeout: usual, Retries: 2})
		if r, err := g.Exchange(t.Context(), addr(1), question, Options{}); err != nil || r.Queries != 4 {
			t.Errorf("%d sent, %v; want 4", r.Queries, err)
		}
		n = -10
		_, err := g.Exchange(t.Context(), addr(1), question, Options{})
		var e *Error
		if !errors.As(err, &e) || e.Queries != 3 || e.Kind != Timeout || e.Err != errTimeout || e.Server != addr(1) {
			t.Errorf("%+v", e)
		}
		if stats := g.Stats(); stats.Out != 0 || stats.Size != firstUplink {
			t.Errorf("%+v", stats)
		}
	})
}

// A question that was sent to TCP in vain is asked there at once the next time.
func TestGovernorStaysWithTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var tcp []bool
		g := NewGovernor(exchangerFunc(func(opt Options) (Reply, error) {
			tcp = append(tcp, opt.TCP)
			return Reply{}, &Error{Kind: Timeout, Queries: len(tcp), Err: errTimeout}
		}), GovernorConfig{Timeout: usual, Retries: 2})
		g.Exchange(t.Context(), addr(1), question, Options{})
		if !slices.Equal(tcp, []bool{false, false, true}) {
			t.Errorf("over TCP: %v", tcp)
		}
	})
}

// exchangerFunc is an Exchanger that looks at how it is asked.
type exchangerFunc func(Options) (Reply, error)

func (f exchangerFunc) Exchange(_ context.Context, _ netip.AddrPort, _ dnssec.Question, opt Options) (Reply, error) {
	return f(opt)
}

// Whoever gives up waiting, for the server, for the rates or for the network, leaves
// no place taken.
func TestGovernorCancel(t *testing.T) {
	for _, c := range []struct {
		name string
		cfg  GovernorConfig
	}{
		{"the server", GovernorConfig{PerServer: 1}},
		{"the network", GovernorConfig{Max: 1, PerServer: 5}},
		{"the rates", GovernorConfig{Limiter: NewLimiter(LimiterConfig{PerServer: 0.001, Burst: 1})}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.cfg.Timeout = usual
				if c.cfg.Limiter != nil {
					c.cfg.Limiter = NewLimiter(LimiterConfig{PerServer: 0.001, Burst: 1})
				}
				s := newScript(func(server netip.AddrPort, _ time.Duration) (Reply, time.Duration, error) {
					r, _, err := answerOf(server)
					return r, 2 * time.Second, err
				})
				g := NewGovernor(s, c.cfg)
				go g.Exchange(t.Context(), addr(1), question, Options{})
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := g.Exchange(ctx, addr(1), question, Options{})
				if kindOfError(err) != Cancelled {
					t.Error(err)
				}
				time.Sleep(3 * time.Second)
				p := g.peers.of(addr(1))
				if out := g.Stats().Out; out != 0 || p.out != 0 || len(p.queue) != 0 || len(g.uplink.queue) != 0 {
					t.Errorf("%d out on the network, %d to the server, %d and %d wait", out, p.out, len(g.uplink.queue), len(p.queue))
				}
			})
		})
	}
}

// What is remembered is bounded, whoever is asked, and forgetting one that is being
// asked does no harm.
func TestPeersAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(func(server netip.AddrPort, _ time.Duration) (Reply, time.Duration, error) {
			if server.Addr().As4()[3]%2 == 0 {
				return silenceOf(server)
			}
			return answerOf(server)
		})
		g := NewGovernor(s, GovernorConfig{Timeout: usual, Retries: -1, Servers: 160})
		for i := range 2000 {
			go g.Exchange(t.Context(), addr(i), question, Options{})
		}
		time.Sleep(time.Minute)
		n := 0
		for i := range g.peers.shards {
			shard := &g.peers.shards[i]
			shard.mu.Lock()
			n += len(shard.each)
			shard.mu.Unlock()
		}
		if n > 160 {
			t.Errorf("%d servers remembered", n)
		}
		if out := g.Stats().Out; out != 0 {
			t.Errorf("%d still out", out)
		}
	})
}
