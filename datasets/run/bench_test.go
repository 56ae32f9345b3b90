//go:build unix

package run

import (
	"fmt"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

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

// BenchmarkPile puts the rows of a domain part on a pile, and writes the part.
func BenchmarkPile(b *testing.B) {
	const n = RangeLines
	rows := usualDomains(n)
	path := filepath.Join(b.TempDir(), partName(0))
	with, err := newDraft[Domain](spoolGrain)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		pile := NewPile[Domain]()
		for i := range rows {
			pile.Add(&rows[i])
		}
		if _, err := with.writePile(disk{}, path, testOrigin, pile); err != nil {
			b.Fatal(err)
		}
		held := 0
		for _, chunk := range pile.chunks {
			held += cap(chunk)
		}
		b.ReportMetric(float64(held)/n, "held-B/row")
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

// BenchmarkFindDomain looks up domains in a finished run of a million.
func BenchmarkFindDomain(b *testing.B) {
	const n = 1 << 20
	r := lookupRun(b, n)
	for i := 0; b.Loop(); i++ {
		name := fmt.Sprintf("d%d.example.org", 1+(i*7919)%n)
		if _, ok, err := FindDomain(r.Dir(), name); !ok || err != nil {
			b.Fatal(name, ok, err)
		}
	}
}

// BenchmarkFindNothing looks up domains that are not there.
func BenchmarkFindNothing(b *testing.B) {
	r := lookupRun(b, 1<<18)
	for i := 0; b.Loop(); i++ {
		if _, ok, err := FindDomain(r.Dir(), fmt.Sprintf("x%d.example.org", i)); ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// BenchmarkFinishDomains does what finishing does to domains, but for the judge:
// reads the parts of the spool ahead and writes the final table.
func BenchmarkFinishDomains(b *testing.B) {
	const parts = 8
	r, err := Create(b.TempDir(), sampleManifest())
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	s, err := r.Spool()
	if err != nil {
		b.Fatal(err)
	}
	for n := range parts {
		rows := make([]DomainEvidence, RangeLines)
		for i := range rows {
			rows[i] = usualDomain(int64(n*RangeLines + i + 1)).DomainEvidence
		}
		if err := s.WriteDomains(n, rows); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		f, err := r.Final(r.Manifest())
		if err != nil {
			b.Fatal(err)
		}
		for e, err := range Ahead(s.Domains()) {
			if err != nil {
				b.Fatal(err)
			}
			if err := f.Domains.Write(Domain{DomainEvidence: e, DomainVerdict: DomainVerdict{Verdict: NotDANE}}); err != nil {
				b.Fatal(err)
			}
		}
		if err := f.Abort(); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, parts*RangeLines, before)
}

// BenchmarkOpenPart opens a part of two rows and reads them.
func BenchmarkOpenPart(b *testing.B) {
	path := filepath.Join(b.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, []Domain{fullDomain(1), emptyDomain(2)}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		if err := firstError(rowsOf[Domain](path, anyPart("run-1"))); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, 1, before)
}

// BenchmarkMergeHosts merges more parts of hosts than may be open at once, and
// reports the memory that takes at most.
func BenchmarkMergeHosts(b *testing.B) {
	const parts, rows = maxFanIn + 8, 4 << 10
	s := newSpool(b)
	for n := range parts {
		hosts := make([]HostEvidence, rows)
		for i := range hosts {
			hosts[i] = fullHost(fmt.Sprintf("mx%07d.example.net", (i*parts+n)*7919%10000019)).HostEvidence
		}
		putHosts(b, s, hosts...)
	}
	runtime.GC()
	b.ReportAllocs()
	before := cpuTime(b)
	var peak uint64
	for b.Loop() {
		got := 0
		for _, err := range s.Hosts() {
			if err != nil {
				b.Fatal(err)
			}
			if got++; got%5000 == 0 {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
		}
		if got != parts*rows {
			b.Fatal(got)
		}
	}
	perRow(b, parts*rows, before)
	b.ReportMetric(float64(peak)/1e6, "peak-MB")
}
