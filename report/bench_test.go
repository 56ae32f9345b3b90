package report

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"danescan/datasets/run"
)

// benchDomains is the size of the run of BenchmarkWrite; DANESCAN_BENCH_DOMAINS
// overrides it.
const benchDomains = 100_000

// BenchmarkWrite makes the site of a run in which one host serves ten domains, and
// one host in five has TLSA records.
func BenchmarkWrite(b *testing.B) {
	n := benchDomains
	if text := os.Getenv("DANESCAN_BENCH_DOMAINS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	dir := os.Getenv("DANESCAN_BENCH_RUN") // made once, where it is to be measured from outside
	if dir == "" {
		dir = filepath.Join(b.TempDir(), "run")
	}
	if _, err := os.Stat(dir); err != nil {
		manyDomains(b, dir, n)
	}
	b.ReportAllocs()
	var peak uint64
	for b.Loop() {
		runtime.GC()
		if _, err := Write(b.Context(), Config{Runs: []string{dir}, Out: b.TempDir()}); err != nil {
			b.Fatal(err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.Sys)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/domain")
	b.ReportMetric(float64(peak)/1e6, "MB-from-the-system")
}

// manyDomains makes a run of n domains with names of usual lengths.
func manyDomains(b *testing.B, dir string, n int) {
	b.Helper()
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	m := smallManifest()
	m.Finished = nil
	r, err := run.Create(dir, m)
	check(err)
	defer r.Close()
	final, err := r.Final(m)
	check(err)
	for i := range n {
		h := i / 10 * 10
		d := domain(fmt.Sprintf("some-shop-%07d.tld%d", i, i%700), run.NotDANE, run.MXFound, i%4 == 0, 0, hostName(h), hostName((h+10)%n))
		d.Line, d.Rank, d.DNSOperator, d.DNSKEYAlgorithms = int64(i+1), int64(i+1), fmt.Sprintf("dns%d.example", i%5000), []int32{13}
		if h/10%5 == 0 {
			d.Verdict, d.HostsWithTLSA, d.MX[0].Verdict = run.DANEVerified, 1, run.Verified
		}
		check(final.Domains.Write(d))
	}
	good := run.TLSA{Usage: 3, Selector: 1, MatchingType: 1}
	for h := 0; h < n; h += 10 {
		row := host(hostName(h), run.None, run.TLSANone)
		if h/10%5 == 0 {
			row = host(hostName(h), run.Verified, run.TLSAUsable, good, good)
			row.Findings = []run.Finding{{Code: "rollover-none"}}
			check(final.Endpoints.Write(endpoint(row.Host, "192.0.2.1", 1, run.Verified, true)))
			check(final.Endpoints.Write(endpoint(row.Host, "192.0.2.2", 1, run.Verified, true)))
		}
		row.AAAA, row.Domains = lookup(run.NoData, run.Insecure), 20
		check(final.Hosts.Write(row))
	}
	check(final.Certificates.Write(run.Certificate{SHA256: []byte{1}, Issuer: "CN=Example CA", KeyAlgorithm: run.KeyRSA}))
	finished := time.Now()
	m.Finished = &finished
	check(final.Commit(m))
}

func hostName(h int) string { return fmt.Sprintf("mx1.mail-%07d.example", h) }
