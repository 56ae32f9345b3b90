//go:build unix

package run

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// usualDomain is a domain as most are: some mail host, no trouble.
func usualDomain(line int64) Domain {
	d := emptyDomain(line)
	d.Rank, d.Registrable, d.Zone, d.ZoneDNSSEC = line, d.Domain, d.Domain, Insecure
	d.NS, d.SOARname = []string{"ns1.dns.example", "ns2.dns.example"}, "hostmaster.dns.example"
	d.MXKind, d.MXDNSSEC = MXFound, Insecure
	d.MXLookup = &Lookup{Outcome: Found, Rcode: ptr(int32(0)), DNSSEC: Insecure, TTL: ptr(int64(3600)), Server: "127.0.0.53:53", Size: ptr(int32(120))}
	d.MX = []MX{{10, fmt.Sprintf("mx%d.mail.example", line%100), None, "", false}, {20, "backup.mail.example", None, "", false}}
	d.Verdict, d.HostsTotal, d.PolicyMay, d.PolicyDANE = NotDANE, 2, PolicyOpportunistic, PolicyOpportunistic
	d.Provider, d.SelfHosted, d.DNSOperator, d.Queries, d.ElapsedMS = "mail.example", ptr(false), "dns.example", 5, line%500
	return d
}

func usualDomains(n int) []Domain {
	rows := make([]Domain, n)
	for i := range rows {
		rows[i] = usualDomain(int64(i + 1))
		if i%20 == 0 {
			rows[i] = fullDomain(int64(i + 1))
		}
	}
	return rows
}

// cpuTime is what this process has used. On a machine that does other work the
// clock says little.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func perRow(b *testing.B, rows int, before time.Duration) {
	b.Helper()
	used := cpuTime(b) - before
	b.ReportMetric(float64(b.N)*float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N)/float64(rows), "cpu-ns/row")
}

func BenchmarkWriteDomains(b *testing.B) {
	const n = RangeLines
	rows := usualDomains(n)
	path := filepath.Join(b.TempDir(), partName(0))
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if _, err := writePart(disk{}, path, testOrigin, rows); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, n, before)
}

func BenchmarkReadDomains(b *testing.B) {
	const n = RangeLines
	path := filepath.Join(b.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, usualDomains(n)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		got := 0
		for _, err := range rowsOf[Domain](path, anyPart("run-1")) {
			if err != nil {
				b.Fatal(err)
			}
			got++
		}
		if got != n {
			b.Fatal(got)
		}
	}
	perRow(b, n, before)
}
