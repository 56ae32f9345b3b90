package scanner

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// Write shows people what was seen, step by step, and what to do about it.
func (c Checked) Write(w io.Writer) {
	d := &c.Domain
	fmt.Fprintf(w, "%s: %s\n", d.Domain, d.Verdict)
	fmt.Fprintf(w, "  MX: %s (%s)\n", d.MXKind, lookupText(d.MXLookup))
	if f := d.FirstLook; f != nil {
		fmt.Fprintf(w, "    this is the second look: in the first, at %s, %s ended with %s, %s: %s\n",
			f.ScannedAt.Format(time.RFC3339), f.Type, f.Outcome, f.DNSSEC, f.Reason)
	}
	for _, mx := range d.MX {
		fmt.Fprintf(w, "  %d %s: %s\n", mx.Preference, mx.Host, verdictText(mx.Verdict, mx.Reason))
		if h := c.Hosts[mx.Host]; h != nil {
			writeHost(w, h, c.Endpoints[mx.Host])
		}
	}
	fmt.Fprintf(w, "  a sender would: opportunistic TLS %s, DANE %s, mandatory DANE %s\n",
		orUnknown(d.PolicyMay), orUnknown(d.PolicyDANE), orUnknown(d.PolicyDANEOnly))
	writePolicies(w, d)
	c.writeFindings(w)
}

// writePolicies shows what was asked for beside DANE.
func writePolicies(w io.Writer, d *run.Domain) {
	if d.SOARname != "" {
		fmt.Fprintf(w, "  SOA: %s\n", shorten(d.SOARname, 200))
	}
	if p := d.MTASTS; p != nil {
		fmt.Fprintf(w, "  MTA-STS: %s (%s)\n", recordState(p.State, p.Reason, p.ID), lookupText(p.Lookup))
	}
	if p := d.TLSRPT; p != nil {
		fmt.Fprintf(w, "  TLSRPT: %s (%s)\n", recordState(p.State, p.Reason, strings.Join(p.RUA, ", ")), lookupText(p.Lookup))
	}
}

func recordState(s run.RecordState, reason, what string) string {
	for _, text := range []string{reason, what} {
		if text != "" {
			return string(s) + ", " + shorten(text, 200)
		}
	}
	return string(s)
}

func writeHost(w io.Writer, h *run.Host, ends []run.Endpoint) {
	fmt.Fprintf(w, "    A: %s; AAAA: %s\n", lookupText(h.A), lookupText(h.AAAA))
	for _, t := range h.TLSACandidates {
		fmt.Fprintf(w, "    %s TLSA: %s\n", t.QName, lookupText(&t.Lookup))
	}
	for _, r := range h.TLSA {
		fmt.Fprintf(w, "      %d %d %d %s%s\n", r.Usage, r.Selector, r.MatchingType, shorten(hex.EncodeToString(r.Data), 64), recordText(&r))
	}
	for _, e := range ends {
		fmt.Fprintf(w, "    %s%s: %s%s\n", e.Address, algorithmOf(&e), verdictText(e.Verdict, e.Reason), sessionText(&e))
	}
}

func lookupText(l *run.Lookup) string {
	if l == nil {
		return "not asked"
	}
	text := fmt.Sprintf("%s, %s", l.Outcome, l.DNSSEC)
	if l.Reason != "" {
		text += ": " + l.Reason
	}
	for _, a := range l.Chain {
		text += fmt.Sprintf("; %s is an alias of %s (%s)", a.Name, a.Target, a.DNSSEC)
	}
	return text
}

func verdictText(v run.Verdict, reason run.Reason) string {
	if reason == "" {
		return string(v)
	}
	return fmt.Sprintf("%s (%s)", v, reason)
}

func recordText(r *run.TLSA) string {
	switch {
	case r.Usable != nil && !*r.Usable:
		return ": unusable, " + r.UnusableReason
	case r.Matched != nil && *r.Matched:
		return ": matches"
	case r.Matched != nil:
		return ": matches nothing that the host shows"
	}
	return ""
}

func algorithmOf(e *run.Endpoint) string {
	if e.Algorithm == "" {
		return ""
	}
	return fmt.Sprintf(" (%s certificate)", e.Algorithm)
}

func sessionText(e *run.Endpoint) string {
	switch {
	case e.HandshakeComplete:
		return fmt.Sprintf(", TLS %s %s", e.TLSVersion, e.Cipher)
	case e.Stage != "" && e.Failure != "":
		return fmt.Sprintf(", ended at %s: %s", e.Stage, e.Failure)
	}
	return ""
}

func orUnknown(p run.Policy) string {
	if p == "" {
		return "unknown"
	}
	return string(p)
}

// writeFindings shows what was found with meaning and remedy, each once.
func (c Checked) writeFindings(w io.Writer) {
	checks := map[string]judge.Check{}
	for _, check := range judge.Findings() {
		checks[check.Code] = check
	}
	told := map[string]bool{}
	tell := func(where string, findings []run.Finding) {
		for _, f := range findings {
			fmt.Fprintf(w, "  [%s] %s, %s: %s\n", checks[f.Code].Severity, f.Code, where, shorten(f.Detail, 200))
			if check := checks[f.Code]; !told[f.Code] {
				told[f.Code] = true
				fmt.Fprintf(w, "      %s\n", strings.TrimSpace(check.Meaning+" "+check.Remedy+" ("+check.RFC+")"))
			}
		}
	}
	tell(c.Domain.Domain, c.Domain.Findings)
	for _, mx := range c.Domain.MX {
		if h := c.Hosts[mx.Host]; h != nil {
			tell(mx.Host, h.Findings)
		}
	}
}

func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
