package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"danescan/datasets/run"
	"danescan/scanner"
)

// writeSummary shows people what a run came to.
func writeSummary(w io.Writer, s scanner.Summary) {
	fmt.Fprintf(w, "%d domains, %d MX hosts, %d sessions, %d certificates. Domains by verdict:\n",
		s.Domains, s.Hosts, s.Sessions, s.Certificates)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, v := range byCount(s.Verdicts) {
		fmt.Fprintf(table, "%d\t%.2f %%\t  %s\n", s.Verdicts[v], 100*float64(s.Verdicts[v])/float64(s.Domains), v)
	}
	table.Flush()
	if s.Again.Domains > 0 {
		fmt.Fprintf(w, "%d domains failed at first and were looked at once more (--confirm), %d of them answered later.\n", s.Again.Domains, s.Again.Answered)
	}
}

// byCount are the verdicts, the most frequent first.
func byCount(counts map[run.Verdict]int64) []run.Verdict {
	return slices.SortedFunc(maps.Keys(counts), func(a, b run.Verdict) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// toll is what a scan took.
type toll struct {
	wall, cpu time.Duration // cpu 0: not known
	memory    int64         // bytes in RAM at the peak; 0: not known
	written   int64         // bytes of tables
	names     int64         // looked up by this process
	queries   int64
	sessions  int64
	inferred  int64
	failed    int64 // sessions that ended early
	deferred  int64 // sessions that the server put off
	second    int64 // sessions in vain for a second certificate
	unknown   int64 // names whose MX lookup failed
	lookups   scanner.Work
}

// takeToll reads what the scan of a run took that began at a time.
func takeToll(p *scanner.Progress, dir string, began time.Time) toll {
	t := toll{
		wall: time.Since(began), names: p.Domains.Load() - p.Resumed.Load(), queries: p.Queries.Load(),
		sessions: p.Sessions.Load(), inferred: p.Inferred.Load(), failed: p.SessionsFailed(), deferred: p.Deferred(),
		second: p.NoSecond(), unknown: p.Failures.Load(), lookups: p.Work(),
	}
	t.cpu, t.memory = processUsage()
	if m, err := run.ReadManifest(dir); err == nil { // else there is nothing to say
		for _, part := range m.Parts {
			t.written += part.Bytes
		}
	}
	return t
}

// write says it to people. The first line has a form that scripts rely on.
func (t toll) write(w io.Writer) {
	fmt.Fprintf(w, "Work: %d DNS queries, %d signatures verified, %d sessions.\n", t.queries, t.lookups.Verified, t.sessions)
	fmt.Fprintf(w, "Time: %s, %.0f names/s, %.0f queries/s", roughly(t.wall), perSecond(t.names, t.wall), perSecond(t.queries, t.wall))
	if t.cpu > 0 {
		fmt.Fprintf(w, "; %.1f s of CPU, %.0f MB of memory at the peak", t.cpu.Seconds(), float64(t.memory)/1e6)
	}
	fmt.Fprintf(w, "; %.1f MB of tables.\n", float64(t.written)/1e6)
	fmt.Fprintf(w, "DNS: %d queries in vain (%d timed out, %d refused by the network, %d unreadable), %d over TCP; %.2f %% of MX lookups failed at first.\n",
		t.lookups.Retried(), t.lookups.Timeouts, t.lookups.Network, t.lookups.Malformed, t.lookups.TCP, percent(t.unknown, t.names))
	if t.sessions > 0 {
		fmt.Fprintf(w, "Sessions: %.2f %% failed, %.2f %% put off by the server and tried again, %.2f %% for a second certificate that there was not; %d spared by inference.\n",
			percent(t.failed, t.sessions), percent(t.deferred, t.sessions), percent(t.second, t.sessions), t.inferred)
	}
}

// attrs says it to programs.
func (t toll) attrs() []slog.Attr {
	return []slog.Attr{
		slog.Float64("seconds", round(t.wall.Seconds())), slog.Float64("cpu_seconds", round(t.cpu.Seconds())),
		slog.Int64("peak_memory_bytes", t.memory), slog.Int64("table_bytes", t.written),
		slog.Int64("names", t.names), slog.Int64("dns_queries", t.queries), slog.Int64("dns_failures", t.lookups.Retried()),
		slog.Int64("dns_tcp_queries", t.lookups.TCP), slog.Int64("signatures_verified", t.lookups.Verified),
		slog.Int64("mx_lookups_failed", t.unknown), slog.Int64("sessions", t.sessions), slog.Int64("sessions_failed", t.failed),
		slog.Int64("sessions_deferred", t.deferred), slog.Int64("sessions_no_such_certificate", t.second),
		slog.Int64("sessions_inferred", t.inferred),
	}
}

// finished tells people, or programs, what a run came to and what it took.
func (e *env) finished(s scanner.Summary, t toll) {
	if !e.json {
		writeSummary(e.stderr, s)
		t.write(e.stderr)
		return
	}
	var verdicts []any
	for _, v := range byCount(s.Verdicts) {
		verdicts = append(verdicts, slog.Int64(string(v), s.Verdicts[v]))
	}
	writeRecord(e.stderr, slog.LevelInfo, "finished", []slog.Attr{
		slog.String("run_id", s.RunID), slog.Int64("domains", s.Domains), slog.Int64("hosts", s.Hosts),
		slog.Int64("endpoints", s.Endpoints), slog.Int64("certificates", s.Certificates),
		slog.Int64("failed_at_first", s.Again.Domains), slog.Int64("answered_later", s.Again.Answered), slog.Group("verdicts", verdicts...),
		slog.Group("work", anys(t.attrs())...),
	}...)
}

func anys(attrs []slog.Attr) []any {
	var all []any
	for _, a := range attrs {
		all = append(all, a)
	}
	return all
}

// interrupted tells how to go on: with a command, or with the same one.
func (e *env) interrupted(dir, command string) {
	switch {
	case e.json:
		writeRecord(e.stderr, slog.LevelWarn, "interrupted", slog.String("kept_in", dir), slog.String("resume_with", command))
	case command == "":
		fmt.Fprintf(e.stderr, "Interrupted; what is done is kept in %s. The same command goes on.\n", printable(dir))
	default:
		fmt.Fprintf(e.stderr, "Interrupted; what is done is kept in %s. To go on:\n  %s\n", printable(dir), command)
	}
}

func perSecond(n int64, d time.Duration) float64 { return float64(n) / max(d.Seconds(), 0.001) }

func percent(part, whole int64) float64 { return 100 * float64(part) / float64(max(whole, 1)) }
