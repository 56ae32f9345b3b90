package scanner

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// Three thousand hosts at one address that answers nobody, each with TLSA records of
// its own: the first five sessions say what the others would, and a run is not held
// up by a timeout for each. Where the server answers, every host is connected to.
func TestAddressThatAnswersNobody(t *testing.T) {
	der, _ := testCertificate(t)
	addr := netip.MustParseAddr("192.0.2.1")
	silent, tarpit, shut := silentSession, silentSession, silentSession
	tarpit.Stage, tarpit.Connected = smtp.StageGreeting, true
	shut.Failure = smtp.FailRefused
	away := smtp.Session{Connected: true, Stage: smtp.StageGreeting, Failure: smtp.FailCode, GreetingCode: 554, Alert: -1}
	later := away
	later.GreetingCode = 421
	later2 := shows(der)
	later2.Stage, later2.Failure, later2.HandshakeComplete, later2.Chain = smtp.StageEHLO, smtp.FailTimeout, false, nil
	for _, tc := range []struct {
		name     string
		n        int
		show     smtp.Session
		off      bool
		sessions int
		took     time.Duration
	}{
		// Five sessions of a second, and gaps of 6, 12, 24, 48 and 48 s.
		{"silent", 3000, silent, false, 5, 143 * time.Second},
		{"silent, and nothing is to be inferred", 30, silent, true, 30, 0},
		{"silent at the greeting", 3000, tarpit, false, 5, 143 * time.Second},
		// Gaps of 3 s.
		{"refused", 3000, shut, false, 5, 20 * time.Second},
		{"turned away", 3000, away, false, 5, 20 * time.Second},
		// Ten minutes go by until the first of them was put off twice.
		{"put off", 1000, later, false, 17, 0},
		{"silent once it knows our name", 30, later2, false, 30, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &farm{
				gap:     3 * time.Second,
				address: func(int) string { return addr.String() },
				tlsa:    func(n int) string { return fmt.Sprintf("TLSA 3 1 1 %064x", n) },
				show:    func(int, bool) smtp.Session { return tc.show },
			}
			spool, err := run.OpenSpool(t.TempDir()+"/spool", run.Origin{})
			if err != nil {
				t.Fatal(err)
			}
			var c *collector
			var took time.Duration
			inBubble(t, func(t *testing.T) {
				begin := time.Now()
				c = f.holdAll(t, spool, tc.n, Config{SMTPGap: f.gap, InferOff: tc.off})
				took = time.Since(begin)
				if err := c.write(c.ports.rest()); err != nil {
					t.Error(err)
				}
			})
			if got := f.sessions[addr]; got != tc.sessions || tc.took != 0 && took != tc.took {
				t.Errorf("%d sessions in %v, want %d in %v", got, took, tc.sessions, tc.took)
			}
			rows, inferred := 0, 0
			for _, e := range c.out.endpoints.All() {
				if rows++; e.Inferred {
					inferred++
				}
				if e.Stage != run.Stage(tc.show.Stage) || e.Failure != string(tc.show.Failure) || e.NotTried != "" {
					t.Fatalf("row %+v", e)
				}
			}
			if tc.sessions < tc.n && tc.show.GreetingCode != 421 && inferred != tc.n-tc.sessions || rows != tc.n {
				t.Errorf("%d rows, %d inferred; want %d and %d", rows, inferred, tc.n, tc.n-tc.sessions)
			}
		})
	}
}

// What is known of an address that answers nobody is good for ten minutes, until it
// answers, and for so many addresses.
func TestHush(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		h := newHush(false)
		at := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}) }
		row := &run.EndpointEvidence{}
		for i := range hushAfter {
			if h.sees(at(1)) != nil {
				t.Fatalf("known after %d sessions", i)
			}
			h.note(at(1), &silentSession, row)
		}
		if h.sees(at(1)) != row || h.sees(at(2)) != nil {
			t.Error("not known after five sessions, or another is")
		}
		time.Sleep(maxEvidenceAge + time.Second)
		if h.sees(at(1)) != nil {
			t.Error("known from another moment")
		}
		h.note(at(1), &silentSession, row)
		if h.sees(at(1)) != row {
			t.Error("not known after another session")
		}
		refused := silentSession
		refused.Failure = smtp.FailRefused
		if h.note(at(1), &refused, row); h.sees(at(1)) != nil {
			t.Error("known although it did something else")
		}
		noRoute := silentSession
		noRoute.Failure = smtp.FailNoRoute
		for range 2 * hushAfter {
			h.note(at(2), &noRoute, row)
			h.note(at(3), &silentSession, nil)
		}
		if h.sees(at(2)) != nil || h.sees(at(3)) != nil {
			t.Error("known without a session, or without a row")
		}
		answers := shows()
		for i := range hushAfter {
			h.note(at(4), &silentSession, row)
			if i == hushAfter-2 {
				h.note(at(4), &answers, row)
			}
		}
		if h.sees(at(4)) != nil {
			t.Error("known although it answered")
		}
		for i := range maxHushed + 1000 {
			h.note(at(i), &silentSession, row)
		}
		if len(h.each) > maxHushed {
			t.Errorf("%d addresses remembered", len(h.each))
		}
	})
}
