package scanner

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// A thousand tarpits among the hosts hold up neither the lookups of domains, nor
// the hosts that nobody connects to, nor for long those behind them: the clock is
// a fake one, on which only tarpits take time.
func TestTarpitsDelayThemselves(t *testing.T) {
	const tarpits, good, plain = 1000, 500, 3000
	const patience = time.Minute // of a session with a tarpit
	der, record := testCertificate(t)
	world := &dnsWorld{asked: map[string]int{}, sets: map[string][]string{}}
	var names strings.Builder
	add := func(kind string, n, block int, tlsa bool) {
		for i := range n {
			domain := fmt.Sprintf("%s%d.test", kind, i)
			fmt.Fprintln(&names, domain)
			world.sets[domain+" MX"] = []string{"MX 10 mx." + domain + "."}
			world.sets["mx."+domain+" A"] = []string{fmt.Sprintf("A 127.%d.%d.%d", block, i/250, i%250+1)}
			if tlsa {
				world.sets["_25._tcp.mx."+domain+" TLSA"] = []string{record}
			}
		}
	}
	add("tarpit", tarpits, 1, true)
	add("plain", plain, 2, false)
	add("good", good, 3, true)

	inBubble(t, func(t *testing.T) {
		began := time.Now()
		progress := new(Progress)
		var mu sync.Mutex
		var domainsDone, plainDone, goodDone time.Duration
		cfg := Config{
			Resolver: world, AllowAny: true, Algorithms: []run.KeyAlgorithm{}, Progress: progress, Seed: 1,
			DNSConcurrency: 50, SMTPConcurrency: 500, SMTPPerAddress: 1, SMTPGap: 3 * time.Second,
			session: func(ctx context.Context, target smtp.Target, _ smtp.Config) smtp.Session {
				s := smtp.Session{Started: time.Now(), Connected: true, Alert: -1, Stage: smtp.StageGreeting, Failure: smtp.FailTimeout}
				if target.Address.Addr().As4()[1] == 1 {
					pause(ctx, nil, patience)
					return s
				}
				mu.Lock()
				goodDone = time.Since(began)
				mu.Unlock()
				s.Stage, s.Failure, s.HandshakeComplete, s.Chain, s.Stack = smtp.StageDone, "", true, [][]byte{der}, "go"
				return s
			},
		}
		watch, stop := context.WithCancel(t.Context())
		go func() { // what is done after the first second of the fake clock
			if pause(watch, nil, time.Second) {
				mu.Lock()
				defer mu.Unlock()
				if progress.Domains.Load() == tarpits+good+plain {
					domainsDone = time.Since(began)
				}
				if progress.HostsDone.Load() >= plain {
					plainDone = time.Since(began)
				}
			}
		}()
		collectAll(t, cfg, names.String())
		stop()
		if domainsDone == 0 {
			t.Error("after a second of waiting for tarpits not all domains are looked up")
		}
		if plainDone == 0 {
			t.Error("after a second not all hosts are done that nobody connects to")
		}
		if rounds := time.Duration(tarpits/500) * patience; goodDone > rounds {
			t.Errorf("the last good host had its session after %v, want %v at most", goodDone, rounds)
		}
	})
}

// collectAll runs Collect over a list.
func collectAll(t *testing.T, cfg Config, text string) {
	t.Helper()
	id, err := run.NewRunID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Create(t.TempDir()+"/run", run.Manifest{RunID: id, SchemaVersion: run.SchemaVersion, Started: time.Now().UTC()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	names, err := list.NewReader(strings.NewReader(text), list.Config{})
	if err != nil {
		t.Fatal(err)
	}
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := Collect(t.Context(), cfg, names, spool); err != nil {
		t.Fatal(err)
	}
}
