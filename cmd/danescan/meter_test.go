package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"danescan/scanner"
)

// under is a scan under way.
var under = scanner.Status{
	Elapsed: 125 * time.Second, Names: 12345, Resumed: 2000, Total: 100_000, Hosts: 40, Done: 30,
	NamesPerSecond: 345.4, QueriesPerSecond: 1100, Left: 254 * time.Second, LeftKnown: true,
	Lookups: 512, Sessions: 3, Waiting: 120, Planned: 9, FailedLookups: 0.012, FailedSessions: 0.045, DeferredSessions: 0.003,
}

func TestStatusLine(t *testing.T) {
	start := scanner.Status{Elapsed: 200 * time.Millisecond, Names: 7, NamesPerSecond: 35}
	last := under
	last.Confirm, last.LeftKnown, last.Hosts, last.Resumed = 4, false, 0, 0
	for _, tc := range []struct {
		status scanner.Status
		want   string
	}{
		{under, "2m5s: 12345 of 100000 names (12.3 %), 2000 from before, 345/s, about 4m14s left; 30 of 40 hosts; " +
			"512 lookups and 3 sessions under way, 120 hosts and 9 sessions waiting; 1.2 % of MX lookups failed, 4.5 % of sessions, 0.3 % put off; 1100 queries/s\n"},
		{start, "0s: 7 names so far, 35/s; 0 lookups and 0 sessions under way, 0 hosts and 0 sessions waiting; " +
			"0.0 % of MX lookups failed, 0.0 % of sessions, 0.0 % put off; 0 queries/s\n"},
		{last, "2m5s: 12345 of 100000 names (12.3 %), 345/s; 4 hosts failed and are looked at once more (--confirm); " +
			"512 lookups and 3 sessions under way, 120 hosts and 9 sessions waiting; 1.2 % of MX lookups failed, 4.5 % of sessions, 0.3 % put off; 1100 queries/s\n"},
	} {
		var out bytes.Buffer
		(&meter{out: &out}).writeLine(tc.status, nil)
		if out.String() != tc.want {
			t.Errorf("\n got %q\nwant %q", out.String(), tc.want)
		}
	}
}

func TestConfirmText(t *testing.T) {
	for _, tc := range []struct {
		hosts, names int64
		want         string
	}{
		{0, 0, ""}, {4, 0, "4 hosts failed and are looked at once more (--confirm)"}, {0, 7, "7 names failed and are looked at once more (--confirm)"},
		{4, 7, "4 hosts and 7 names failed and are looked at once more (--confirm)"},
	} {
		if got := confirmText(scanner.Status{Confirm: tc.hosts, Again: tc.names}); got != tc.want {
			t.Errorf("%d hosts, %d names: %q", tc.hosts, tc.names, got)
		}
	}
}

func TestFit(t *testing.T) {
	for _, tc := range []struct {
		room int
		want string
	}{{-5, ""}, {0, ""}, {3, "one"}, {5, "one t"}, {8, "one text"}, {14, "one text; more"}, {13, "one text"}, {80, "one text; more; last"}} {
		if got := fit([]string{"one text", "more", "last"}, tc.room); got != tc.want {
			t.Errorf("%d columns: %q, want %q", tc.room, got, tc.want)
		}
	}
}

func TestRoughly(t *testing.T) {
	for d, want := range map[time.Duration]string{
		time.Millisecond: "1s", 59 * time.Second: "59s", 61 * time.Second: "1m01s", 3700 * time.Second: "1h01m", 72 * time.Hour: "3 days",
	} {
		if got := roughly(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}

// However narrow the terminal: what the bar draws fits a line of it, and never ends
// one.
func TestBarFitsTheTerminal(t *testing.T) {
	for _, width := range []int{40, 60, 80, 132, 300} {
		var out bytes.Buffer
		m := &meter{out: &out, width: func() int { return width }}
		draw := m.drawBar()
		unknown := under
		unknown.Total = 0
		draw(unknown, nil)
		draw(under, nil)
		drawn := strings.Split(out.String(), "\r")
		if len(drawn) < 3 || !strings.Contains(out.String(), "12345 n"[:6]) || strings.Contains(out.String(), "\n") {
			t.Errorf("width %d: %q", width, out.String())
		}
		for _, line := range drawn {
			if n := len([]rune(strings.TrimRight(line, " "))); n > width {
				t.Errorf("width %d: %d columns: %q", width, n, line)
			}
		}
	}
}

// A line a minute, and one at the end.
func TestMeterInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m, err := (&watchFlags{progress: "auto"}).meter(&env{stderr: &out})
		if err != nil {
			t.Fatal(err)
		}
		p := new(scanner.Progress)
		stop := m.start(p)
		p.Names.Store(500)
		p.Domains.Store(300)
		time.Sleep(150 * time.Second)
		synctest.Wait()
		p.Domains.Store(330)
		p.ListRead.Store(true)
		stop()
		var starts []string
		for line := range strings.Lines(out.String()) {
			start, _, _ := strings.Cut(line, ";")
			starts = append(starts, start)
		}
		want := "1m0s: 300 names so far, 5/s|2m0s: 300 names so far, 0/s|2m30s: 330 of 500 names (66.0 %), 0/s, about 8m30s left"
		if got := strings.Join(starts, "|"); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	})
}

func TestMeterKinds(t *testing.T) {
	for _, tc := range []struct {
		flags watchFlags
		json  bool
		every time.Duration // 0: nothing is shown
	}{
		{watchFlags{progress: "auto"}, false, time.Minute},
		{watchFlags{progress: "auto"}, true, 10 * time.Second},
		{watchFlags{progress: "bar"}, false, time.Minute}, // this is no terminal
		{watchFlags{progress: "plain", every: time.Hour}, true, time.Hour},
		{watchFlags{progress: "json", every: time.Second}, false, time.Second},
		{watchFlags{progress: "none"}, true, 0},
	} {
		m, err := tc.flags.meter(&env{stderr: new(bytes.Buffer), json: tc.json})
		if err != nil || m.every != tc.every && m.show != nil || (m.show == nil) != (tc.every == 0) {
			t.Errorf("%+v: every %v, error %v", tc, m.every, err)
		}
	}
}

// One line of JSON has every figure that is documented, under that name.
func TestProgressAsJSON(t *testing.T) {
	var out bytes.Buffer
	p := new(scanner.Progress)
	p.Names.Store(7)
	(&meter{out: &out}).writeJSON(under, p)
	if strings.Count(out.String(), "\n") != 1 || !strings.HasSuffix(out.String(), "}\n") {
		t.Errorf("not one line: %q", out.String())
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	names := []string{"time", "level", "msg", "elapsed_seconds", "names_per_second", "queries_per_second", "seconds_left"}
	for _, name := range names {
		if name != "msg" && !strings.Contains(progressNames, name) {
			t.Errorf("%s is not documented", name)
		}
	}
	for _, m := range scanner.Metrics() {
		names = append(names, m.Name)
	}
	for _, name := range names {
		if _, there := line[name]; !there {
			t.Errorf("no %s", name)
		}
	}
	if len(line) != len(names) || line["msg"] != "progress" || line["names_total"] != 7.0 || line["seconds_left"] != 254.0 || line["names_per_second"] != 345.4 {
		t.Errorf("%d names, want %d: %v", len(line), len(names), line)
	}
}

// What is said to people is said to programs, too, with the peer's bytes escaped.
func TestWordsAsJSON(t *testing.T) {
	var out bytes.Buffer
	e := &env{stderr: &out, json: true}
	e.interrupted("dir\x1b[2J", "danescan scan --resume")
	e.finished(scanner.Summary{RunID: "r"}, toll{wall: 1500 * time.Millisecond, sessions: 4})
	if got := status(&usageError{text: "no\nnewline"}, e); got != 2 {
		t.Errorf("exit status %d", got)
	}
	want := []string{"interrupted", "finished", "no\nnewline"}
	for i, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
		var said map[string]any
		if err := json.Unmarshal([]byte(line), &said); err != nil || said[slog.MessageKey] != want[i] || strings.ContainsRune(line, '\x1b') {
			t.Errorf("line %d: %q, error %v", i, line, err)
		}
	}
}

func TestTollInWords(t *testing.T) {
	var out bytes.Buffer
	toll{
		wall: 200 * time.Second, cpu: 3500 * time.Millisecond, memory: 150_000_000, written: 5_500_000, names: 1000, queries: 3000,
		sessions: 50, inferred: 7, failed: 5, deferred: 1, second: 20, unknown: 15,
		lookups: scanner.Work{Verified: 600, TCP: 2, Timeouts: 30, Network: 3, Malformed: 1},
	}.write(&out)
	want := "Work: 3000 DNS queries, 600 signatures verified, 50 sessions.\n" +
		"Time: 3m20s, 5 names/s, 15 queries/s; 3.5 s of CPU, 150 MB of memory at the peak; 5.5 MB of tables.\n" +
		"DNS: 34 queries in vain (30 timed out, 3 refused by the network, 1 unreadable), 2 over TCP; 1.50 % of MX lookups failed at first.\n" +
		"Sessions: 10.00 % failed, 2.00 % put off by the server and tried again, 40.00 % for a second certificate that there was not; 7 spared by inference.\n"
	if out.String() != want {
		t.Errorf("\n got %s\nwant %s", out.String(), want)
	}
}
