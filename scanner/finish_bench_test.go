//go:build linux

package scanner

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"syscall"
	"testing"
	"time"

	"danescan/datasets/run"
)

// BenchmarkFinish judges a spool such as a scan leaves: an MX host to eight
// domains, three hosts in a hundred with DANE, each of those with a session and a
// certificate of its own. It reports CPU time, which other work on the machine
// does not change, and the most memory that the process had.
func BenchmarkFinish(b *testing.B) {
	for _, domains := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(domains), func(b *testing.B) { benchFinish(b, domains) })
	}
}

func benchFinish(b *testing.B, domains int) {
	r := benchRun(b)
	defer r.Close()
	fillSpool(b, r, domains)
	resetPeak(b)
	before, idle := cpuUsed(b), idleShare()
	for b.Loop() {
		summary := finishSpool(b, r)
		if summary.Domains != int64(domains) || summary.Hosts != int64(domains/8) || summary.Verdicts[run.DANEVerified] < int64(domains/50) {
			b.Fatalf("%+v", summary)
		}
	}
	used := cpuUsed(b) - before
	b.ReportMetric(used.Seconds()/float64(b.N), "cpu-s/op")
	b.ReportMetric(float64(used.Microseconds())/float64(b.N*domains), "cpu-us/domain")
	b.ReportMetric(peakMB(b), "peak-MB")
	b.ReportMetric(idle(), "busy-procs")
}

// idleShare begins to measure how many processors the program kept busy, in the mean,
// of those that it may use. What else the machine does changes it little: time in which
// a goroutine waits for the system to run it counts as busy.
func idleShare() func() float64 {
	read := func() (idle, total float64) {
		runtime.GC() // brings the figures up to date
		samples := []metrics.Sample{{Name: "/cpu/classes/idle:cpu-seconds"}, {Name: "/cpu/classes/gc/mark/idle:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}}
		metrics.Read(samples)
		return samples[0].Value.Float64() + samples[1].Value.Float64(), samples[2].Value.Float64()
	}
	idle, total := read()
	return func() float64 {
		idleNow, totalNow := read()
		return float64(runtime.GOMAXPROCS(0)) * (1 - (idleNow-idle)/(totalNow-total))
	}
}

// finishSpool does what finishRun does, but for the swap: the spool stays.
func finishSpool(b *testing.B, r *run.Run) Summary {
	spool, err := r.Spool()
	if err != nil {
		b.Fatal(err)
	}
	final, err := r.Final(r.Manifest())
	if err != nil {
		b.Fatal(err)
	}
	defer final.Abort()
	f := &finisher{in: spool, out: writers{final}, long: writers{final}, summary: newSummary()}
	if err := f.finish(context.Background()); err != nil {
		b.Fatal(err)
	}
	return *f.summary
}

func benchRun(b testing.TB) *run.Run {
	b.Helper()
	r, err := run.Create(b.TempDir()+"/run", run.Manifest{RunID: "bench", SchemaVersion: run.SchemaVersion, Started: time.Unix(1e9, 0).UTC()})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func fillSpool(b testing.TB, r *run.Run, domains int) {
	b.Helper()
	spool, err := r.Spool()
	if err != nil {
		b.Fatal(err)
	}
	for first := 0; first < domains; first += run.RangeLines {
		var rows []run.DomainEvidence
		for i := first; i < min(first+run.RangeLines, domains); i++ {
			rows = append(rows, benchDomain(i, domains/8))
		}
		if err := spool.WriteDomains(first/run.RangeLines, rows); err != nil {
			b.Fatal(err)
		}
	}
	out := newBatch(spool, batchRows)
	for i := range domains / 8 {
		h, ends, chain := benchHost(b, i)
		if err := out.add(&h, ends, chain); err != nil {
			b.Fatal(err)
		}
	}
	if err := out.flush(); err != nil {
		b.Fatal(err)
	}
}

// benchDomain is domain i. Every host is that of eight domains.
func benchDomain(i, hosts int) run.DomainEvidence {
	mx := benchLookup(i)
	name := fmt.Sprintf("domain-%07d.example", i)
	return run.DomainEvidence{
		Line: int64(i + 1), Rank: int64(i + 1), Domain: name, TLD: "example", Registrable: name, ScannedAt: time.Unix(1e9, 0),
		Zone: name, ZoneDNSSEC: run.Secure, MXKind: run.MXFound, MXLookup: &mx, MXDNSSEC: run.Secure,
		MX:      []run.MX{{Preference: 10, Host: hostName(i % hosts)}},
		Queries: 3, ElapsedMS: int64(i % 997),
	}
}

func hostName(i int) string { return fmt.Sprintf("mx%06d.provider-%04d.example", i, i%5000) }

func benchLookup(i int) run.Lookup {
	return run.Lookup{
		Outcome: run.Found, Rcode: ptr(int32(0)), DNSSEC: run.Secure, TTL: ptr(int64(300 + i%3600)),
		Server: fmt.Sprintf("192.0.2.%d:53", i%200), Signer: "example", KeyTag: ptr(int32(i % 65536)), Algorithm: ptr(int32(13)),
		RRSIGExpires: ptr(time.Unix(1e9+int64(i%1000000), 0)), Wildcard: ptr(false), Size: ptr(int32(100 + i%400)),
	}
}

// benchHost is host i with its session; three in a hundred have one.
func benchHost(b testing.TB, i int) (run.HostEvidence, []run.EndpointEvidence, [][]byte) {
	a, none := benchLookup(i), benchLookup(i)
	none.Outcome = run.NoData
	name := hostName(i)
	h := run.HostEvidence{
		Host: name, ScannedAt: time.Unix(1e9, 0), A: &a, AAAA: &none, AddressZoneDNSSEC: run.Secure,
		Addresses: []string{fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)},
		TLSACandidates: []run.TLSACandidate{{
			Base: name, QName: tlsaPort + name, Lookup: none, LookedUpAt: time.Unix(1e9, 0),
		}},
	}
	if i%100 >= 3 {
		return h, nil, nil
	}
	der, record := benchCertificate(b, i)
	h.TLSACandidates[0].Lookup = a
	h.ENT = &run.ENT{QName: "_tcp." + name, Lookup: none}
	h.TLSA = []run.TLSA{{Usage: 3, Selector: 1, MatchingType: 1, Data: record, RData: append([]byte{3, 1, 1}, record...)}}
	sum := sha256.Sum256(der)
	return h, []run.EndpointEvidence{{
		Host: name, Base: name, Address: h.Addresses[0], Port: 25, Algorithm: run.KeyECDSA, Attempt: 1, ScannedAt: time.Unix(1e9, 0),
		Connected: true, GreetingCode: ptr(int32(220)), Greeting: []byte("220 " + name + " ESMTP ready"), EHLOCode: ptr(int32(250)),
		Extensions: []string{"PIPELINING", "SIZE 10240000", "STARTTLS", "8BITMIME"}, STARTTLS: ptr(true), STARTTLSCode: ptr(int32(220)),
		Stage: run.StageDone, HandshakeComplete: true, TLSVersion: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Stack: "go",
		Chain: [][]byte{sum[:]}, PossessionVerified: ptr(true),
	}}, [][]byte{der}
}

func cpuUsed(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// resetPeak forgets the most memory that the process had so far.
func resetPeak(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Logf("peak-MB includes the making of the spool: %v", err)
	}
}

// benchCertificate makes a self-signed certificate, and the digest of its key.
func benchCertificate(b testing.TB, i int) (der, digest []byte) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: hostName(i)}, DNSNames: []string{hostName(i)},
		NotBefore: time.Unix(9e8, 0), NotAfter: time.Unix(11e8, 0),
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
		b.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return der, sum[:]
}

// peakMB is the most memory that the process had in RAM.
func peakMB(b *testing.B) float64 {
	b.Helper()
	f, err := os.Open("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kB float64
			fmt.Sscan(text, &kB)
			return kB / 1e3
		}
	}
	return 0
}
