package smtp

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// piped returns a Config whose connections are pipes to script, so that time in a
// bubble of synctest is all the time that passes.
func piped(t testing.TB, script func(p *peer)) Config {
	return Config{
		EHLO: "scanner.example",
		Dial: func(context.Context, string, string) (net.Conn, error) {
			client, server := net.Pipe()
			go func() {
				defer server.Close()
				script(&peer{server, bufio.NewReader(server), t})
			}()
			return client, nil
		},
	}
}

// drip says text one byte a second.
func (p *peer) drip(text string) {
	for i := range len(text) {
		if _, err := p.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

// long is more than any stage waits for at a byte a second.
var long = strings.Repeat("-", 4000)

// dawdlers are servers that take their time, and how long they may.
var dawdlers = []struct {
	name    string
	script  func(p *peer)
	stage   Stage
	failure Failure
	takes   time.Duration
}{
	{"silent at the greeting", (*peer).hang, StageGreeting, FailTimeout, 60 * time.Second},
	{"greeting a byte a second", func(p *peer) { p.drip("220-" + long) }, StageGreeting, FailTimeout, 60 * time.Second},
	{"greeting after 59 s, then silent", func(p *peer) {
		time.Sleep(59 * time.Second)
		p.say("220 mx")
		p.hear("EHLO")
		p.hang()
	}, StageEHLO, FailTimeout, 119 * time.Second},
	{"EHLO not even read", func(p *peer) { p.say("220 mx"); time.Sleep(time.Hour) }, StageEHLO, FailTimeout, 60 * time.Second},
	{"EHLO a byte a second", func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.drip("250-" + long) }, StageEHLO, FailTimeout, 60 * time.Second},
	{"HELO silent", func(p *peer) {
		p.say("220 mx")
		p.hear("EHLO")
		p.say("500 what?")
		p.hear("HELO")
		p.hang()
	}, StageEHLO, FailTimeout, 60 * time.Second},
	{"STARTTLS silent", func(p *peer) { p.upToSTARTTLS(); p.hang() }, StageSTARTTLS, FailTimeout, 60 * time.Second},
	{"handshake silent", func(p *peer) { p.upTo220(); p.hang() }, StageHandshake, FailTimeout, 30 * time.Second},
	{"handshake a byte a second", func(p *peer) {
		p.upTo220()
		p.hello()
		p.drip("\x16\x03\x03\x01\x00\x02\x00\x00\xf0" + long)
	}, StageHandshake, FailTimeout, 30 * time.Second},
	{"no 221", func(p *peer) { p.say("554 no"); p.hear("QUIT"); p.hang() }, StageGreeting, FailCode, 2 * time.Second},
	{"QUIT not even read", func(p *peer) { p.say("554 no"); time.Sleep(time.Hour) }, StageGreeting, FailCode, 2 * time.Second},
	{"all of it slow", func(p *peer) {
		time.Sleep(59 * time.Second)
		p.say("220 mx")
		p.hear("EHLO")
		time.Sleep(59 * time.Second)
		p.say("500 what?")
		p.hear("HELO")
		time.Sleep(59 * time.Second)
		p.say("421 later")
		p.hear("QUIT")
		p.hang()
	}, StageEHLO, FailCode, 179 * time.Second},
}

// TestTimeouts: with the default limits each stage ends when it should, however
// busy the server looks.
func TestTimeouts(t *testing.T) {
	for _, test := range dawdlers {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				s := Probe(t.Context(), to(netip.MustParseAddrPort("192.0.2.1:25")), piped(t, test.script))
				if s.Stage != test.stage || s.Failure != test.failure {
					t.Errorf("ended at %s with %q: %s", s.Stage, s.Failure, s.Error)
				}
				if took := time.Since(begun); took != test.takes || s.TotalTime != test.takes {
					t.Errorf("took %v (it says %v), want %v", took, s.TotalTime, test.takes)
				}
				time.Sleep(2 * time.Hour) // costs nothing here, and ends the server
			})
		})
	}
}

// TestConnectTimeout: nobody answers.
func TestConnectTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := Config{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		s := Probe(t.Context(), to(netip.MustParseAddrPort("192.0.2.1:25")), cfg)
		if s.Stage != StageConnect || s.Failure != FailTimeout || s.ConnectTime != 10*time.Second || s.Connected {
			t.Errorf("ended at %s with %q after %v", s.Stage, s.Failure, s.ConnectTime)
		}
	})
}

// TestSessionTimeout: the limit of the whole session cuts a stage short.
func TestSessionTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := piped(t, func(p *peer) {
			time.Sleep(59 * time.Second)
			p.say("220 mx")
			p.hear("EHLO")
			p.hang()
		})
		cfg.SessionTimeout = 70 * time.Second
		s := Probe(t.Context(), to(netip.MustParseAddrPort("192.0.2.1:25")), cfg)
		if s.Stage != StageEHLO || s.Failure != FailTimeout || s.TotalTime != 70*time.Second {
			t.Errorf("ended at %s with %q after %v", s.Stage, s.Failure, s.TotalTime)
		}
	})
}

// TestClock: the moment of a session is that of the clock in its Config.
func TestClock(t *testing.T) {
	at := time.Date(2026, 11, 21, 23, 0, 0, 0, time.UTC)
	cfg := quick()
	cfg.Now = func() time.Time { at = at.Add(time.Second); return at }
	s := Probe(t.Context(), to(serve(t, func(p *peer) { p.say("421 later"); p.bye() })), cfg)
	if want := time.Date(2026, 11, 21, 23, 0, 1, 0, time.UTC); !s.Started.Equal(want) || s.ConnectTime != time.Second || s.TotalTime != 2*time.Second {
		t.Errorf("started %v, connected in %v, took %v", s.Started, s.ConnectTime, s.TotalTime)
	}
}

// TestCancel: at whatever stage, the session ends in the same instant.
func TestCancel(t *testing.T) {
	for _, test := range []struct {
		stage  Stage
		script func(p *peer)
	}{
		{StageGreeting, (*peer).hang},
		{StageEHLO, func(p *peer) { p.say("220 mx"); p.hear("EHLO"); p.hang() }},
		{StageSTARTTLS, func(p *peer) { p.upToSTARTTLS(); p.hang() }},
		{StageHandshake, func(p *peer) { p.upTo220(); p.hang() }},
	} {
		t.Run(string(test.stage), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
				defer cancel()
				s := Probe(ctx, to(netip.MustParseAddrPort("192.0.2.1:25")), piped(t, test.script))
				if s.Stage != test.stage || s.Failure != FailCancelled || s.TotalTime != 7*time.Second || s.Fallback != nil {
					t.Errorf("ended at %s with %q after %v", s.Stage, s.Failure, s.TotalTime)
				}
			})
		})
	}
}

// TestPace: the pace comes before each connection and outside every time limit.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := piped(t, func(p *peer) { p.upTo220(); p.hello(); p.record(recordAlert, 2, 40) })
		var paced []time.Duration
		begun := time.Now()
		cfg.Pace = func(context.Context, netip.AddrPort) error {
			paced = append(paced, time.Since(begun))
			time.Sleep(time.Hour)
			return nil
		}
		s := Probe(t.Context(), to(netip.MustParseAddrPort("192.0.2.1:25")), cfg)
		if s.Failure != FailAlert || s.Fallback == nil || s.Fallback.Failure != FailAlert {
			t.Fatalf("ended at %s with %q", s.Stage, s.Failure)
		}
		if len(paced) != 2 || paced[1] != time.Hour || s.TotalTime != 0 {
			t.Errorf("paced at %v, took %v", paced, s.TotalTime)
		}
	})
	cfg := Config{Pace: func(context.Context, netip.AddrPort) error { return errors.New("excluded") }}
	if s := Probe(t.Context(), to(netip.MustParseAddrPort("192.0.2.1:25")), cfg); s.Failure != FailCancelled || s.Connected {
		t.Errorf("connected against the pace: %+v", s)
	}
}
