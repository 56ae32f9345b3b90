package scanner

import (
	"strings"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/resolver"
)

// lookupRow is an answer as it is stored.
func lookupRow(a resolver.Answer) run.Lookup {
	l := run.Lookup{
		Outcome: run.Outcome(a.Outcome.String()),
		DNSSEC:  run.DNSSEC(a.Status.String()),
		Reason:  string(a.Reason),
		Chain:   aliases(a.Links),
		Signer:  name(a.Signer),
		Denial:  string(a.Denial),
	}
	if a.Rcode >= 0 {
		l.Rcode = ptr(int32(a.Rcode))
		l.Size = ptr(int32(a.Size))
	}
	if a.EDE >= 0 {
		l.EDE = ptr(int32(a.EDE))
	}
	if !a.Failed() {
		l.TTL = ptr(int64(a.TTL / time.Second))
		l.Wildcard = ptr(a.Wildcard)
	}
	if a.Server.IsValid() {
		l.Server = a.Server.String()
	}
	if a.Signer != "" {
		l.KeyTag = ptr(int32(a.KeyTag))
		l.Algorithm = ptr(int32(a.Algorithm))
	}
	if !a.Expires.IsZero() {
		l.RRSIGExpires = ptr(a.Expires.UTC())
	}
	if a.Denial == dnssec.DenialNSEC3 || a.Denial == dnssec.DenialOptOut {
		l.NSEC3Iterations = ptr(int32(a.NSEC3Iterations))
	}
	return l
}

func aliases(links []dnssec.Link) []run.Alias {
	var rows []run.Alias
	for _, l := range links {
		rows = append(rows, run.Alias{Name: name(l.Name), Target: name(l.Target), DNSSEC: run.DNSSEC(l.Status.String())})
	}
	return rows
}

// name writes a name as the tables have it: lower case, no final dot. The root
// stays a dot.
func name(s string) string {
	if s == "." {
		return s
	}
	return strings.ToLower(strings.TrimSuffix(s, "."))
}

func ptr[T any](v T) *T { return &v }
