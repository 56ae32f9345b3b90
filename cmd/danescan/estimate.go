package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"danescan/scanner"
)

// writeEstimate says what a scan would take. It is the result of the command.
func writeEstimate(ctx context.Context, w io.Writer, job scanner.Job) error {
	s, err := job.Estimate(ctx)
	if err != nil {
		return err
	}
	f := s.Factors
	fmt.Fprintf(w, "%d names to look up (lines without one: %d, left alone by --exclude: %d)\n\n", s.Names, s.Skipped, s.Excluded)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(what, much, by string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\t%s\n", what, much, fmt.Sprintf(by, args...))
	}
	row("MX hosts", count(s.Hosts), "%.2f a name", f.HostsPerName)
	row("DNS queries", count(s.Queries), "%.2f a name and %.2f a host%s", f.QueriesPerName, f.QueriesPerHost, withText(job.Config))
	row("SMTP sessions", count(s.Sessions), "%s", sessionsText(s, job.Config.Probe))
	row("time for DNS", hours(s.DNS), "%s queries/s (--dns-rate), %d names at a time", rateText(job.DNS.Rate), job.Config.DNSConcurrency)
	row("time for SMTP", hours(s.SMTP), "%s sessions/s (--smtp-rate), %d at a time, one address every %s", rateText(job.Config.SMTPRate),
		job.Config.SMTPConcurrency, job.Config.SMTPGap)
	row("time in all", hours(s.All()), "the longer of the two, and %s more for what failed (--confirm)", s.Confirm)
	row("CPU", hours(s.CPU), "of one core")
	row("disk", megabytes(s.Bytes), "%.0f bytes a name; %s while the tables are written", f.BytesPerName, megabytes(s.Room))
	if err := table.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\n%s\nNot in it: --dns-rate-per-server, where a few name servers have to answer for many names; servers that stay\n"+
		"silent or ask to come back later. Nothing was sent.\n", sourceText(f))
	return err
}

func count(n int64) string { return fmt.Sprint(n) }

func hours(d time.Duration) string { return fmt.Sprintf("%.2f h", d.Hours()) }

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// rateText is a rate, of which 0 is none.
func rateText(rate float64) string {
	if rate <= 0 {
		return "any number of"
	}
	return fmt.Sprintf("%g", rate)
}

// withText is what --with adds to the queries.
func withText(cfg scanner.Config) string {
	if cfg.MTASTS || cfg.TLSRPT || cfg.SOA {
		return ", and one for each record of --with"
	}
	return ""
}

// sessionsText says how the number of sessions comes about.
func sessionsText(s scanner.Estimate, mode scanner.ProbeMode) string {
	switch {
	case mode == scanner.ProbeNone:
		return "--probe none"
	case s.AtMost:
		return fmt.Sprintf("at most: %.2f addresses a host, and both certificates", s.Factors.AddressesPerHost)
	}
	return fmt.Sprintf("%.2f for each of %d hosts to which DANE applies (%.1f %% of all)",
		s.Factors.SessionsPerDANEHost, s.DANE, 100*s.Factors.DANEHosts)
}

// sourceText says how the figures are known.
func sourceText(f scanner.Factors) string {
	if f.Run == "" {
		return "By figures of " + f.Date + " from 1,000,000 domains of the lab on one machine. The Internet has others: an earlier run\n" +
			"of yours knows better, with --previous RUN."
	}
	text := fmt.Sprintf("By the tables of the run %s of %s, %d names; queries for hosts and CPU as in the lab.", printable(f.Run), f.Date, f.Names)
	if !f.Probed {
		text += "\nIt held no sessions with --probe dane: what is said of them is of the lab."
	}
	return text
}
