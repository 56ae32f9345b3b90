package scanner

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/list"
	"danescan/datasets/run"
	"danescan/scanner/dnssec"
	"danescan/scanner/resolver"
	"danescan/scanner/smtp"
)

// dnsWorld is a DNS world as a literal: "name TYPE" to records in zone-file form,
// all of them secure. What is not there does not exist. A record set may be a list
// of several, given one after the other, the last one from then on.
type dnsWorld struct {
	mu    sync.Mutex
	sets  map[string][]string
	asked map[string]int
}

func (w *dnsWorld) Lookup(_ context.Context, name string, qtype uint16) resolver.Answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := strings.TrimSuffix(name, ".") + " " + dns.TypeToString[qtype]
	a := resolver.Answer{
		Question: dnssec.Question{Name: dns.Fqdn(name), Type: qtype}, Status: dnssec.Secure, Outcome: resolver.NoData,
		EDE: -1, TTL: time.Hour, Queries: 1,
	}
	sets := w.sets[key]
	if len(sets) == 0 {
		return a
	}
	at := min(w.asked[key], len(sets)-1)
	w.asked[key]++
	a.Outcome = resolver.Found
	for line := range strings.Lines(sets[at]) {
		rr, err := dns.NewRR(dns.Fqdn(name) + " 3600 IN " + line)
		if err != nil {
			panic(err)
		}
		a.Records = append(a.Records, rr)
	}
	return a
}

// testCertificate makes a self-signed certificate and its 3 1 1 record.
func testCertificate(t *testing.T) (der []byte, record string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key); err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return der, fmt.Sprintf("TLSA 3 1 1 %x", sha256.Sum256(c.RawSubjectPublicKeyInfo))
}

// moments collects and judges one domain with one host, whose sessions show the
// chains given one after the other.
func moments(t *testing.T, tlsa []string, shown ...[]byte) (run.Host, []run.Endpoint, *dnsWorld) {
	t.Helper()
	world := &dnsWorld{asked: map[string]int{}, sets: map[string][]string{
		"example.test MX": {"MX 10 mx.example.test."}, "mx.example.test A": {"A 127.0.0.9"},
		"_25._tcp.mx.example.test TLSA": tlsa,
	}}
	sessions := 0
	cfg := Config{
		Resolver: world, AllowAny: true, Confirm: time.Millisecond, Algorithms: []run.KeyAlgorithm{},
		session: func(context.Context, smtp.Target, smtp.Config) smtp.Session {
			chain := shown[min(sessions, len(shown)-1)]
			sessions++
			return smtp.Session{
				Started: time.Now(), Connected: true, GreetingCode: 220, EHLOCode: 250, STARTTLS: true, STARTTLSCode: 220,
				Stage: smtp.StageDone, HandshakeComplete: true, Alert: -1, Stack: "go", Chain: [][]byte{chain},
			}
		},
	}
	host, ends := collectOne(t, cfg)
	return host, ends, world
}

// collectOne runs Collect and Finish over a list of one name and returns its host
// and sessions.
func collectOne(t *testing.T, cfg Config) (run.Host, []run.Endpoint) {
	t.Helper()
	dir := t.TempDir() + "/run"
	id, err := run.NewRunID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := run.Create(dir, run.Manifest{RunID: id, SchemaVersion: run.SchemaVersion, Started: time.Now().UTC()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	names, err := list.NewReader(strings.NewReader("1,example.test\n"), list.Config{})
	if err != nil {
		t.Fatal(err)
	}
	spool, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := Collect(t.Context(), cfg, names, spool); err != nil {
		t.Fatal(err)
	}
	if _, err := finishRun(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
	var host run.Host
	for h, err := range r.Hosts() {
		if err != nil {
			t.Fatal(err)
		}
		host = h
	}
	var ends []run.Endpoint
	for e, err := range r.Endpoints() {
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, e)
	}
	return host, ends
}

func hasFinding(h run.Host, code string) bool {
	return slices.ContainsFunc(h.Findings, func(f run.Finding) bool { return f.Code == code })
}

// A key and its record that change between the lookup and the session are no
// mismatch: the records are asked for once more.
func TestRolloverInTheMiddleOfARun(t *testing.T) {
	_, old := testCertificate(t)
	next, current := testCertificate(t)
	host, ends, world := moments(t, []string{old, current}, next)
	if host.Verdict != run.Verified || len(ends) != 1 || ends[0].Verdict != run.Verified {
		t.Errorf("host %s, sessions %+v", host.Verdict, ends)
	}
	if n := world.asked["_25._tcp.mx.example.test TLSA"]; n != 2 {
		t.Errorf("TLSA asked for %d times, want 2", n)
	}
}

// A host that fails at first and is right later is right, and both looks stay.
func TestFlappingHost(t *testing.T) {
	wrong, _ := testCertificate(t)
	right, record := testCertificate(t)
	host, ends, _ := moments(t, []string{record}, wrong, right)
	if host.Verdict != run.Verified || !hasFinding(host, "flapping") {
		t.Errorf("host %s, findings %v", host.Verdict, host.Findings)
	}
	var looks []string
	for _, e := range ends {
		looks = append(looks, fmt.Sprintf("%d %s", e.Attempt, e.Verdict))
	}
	if want := []string{"1 mismatch", "2 verified"}; !slices.Equal(looks, want) {
		t.Errorf("looks %v, want %v", looks, want)
	}
}

// A mismatch that stays is looked at twice, and no oftener.
func TestMismatchIsConfirmed(t *testing.T) {
	wrong, _ := testCertificate(t)
	_, record := testCertificate(t)
	host, ends, world := moments(t, []string{record}, wrong)
	if host.Verdict != run.Mismatch || len(ends) != 2 || hasFinding(host, "flapping") {
		t.Errorf("host %s, %d sessions, findings %v", host.Verdict, len(ends), host.Findings)
	}
	if n := world.asked["mx.example.test A"]; n != 2 {
		t.Errorf("address asked for %d times, want 2", n)
	}
}

// Evidence that is too old to begin a session with is asked for again.
func TestStaleEvidenceIsAskedForAgain(t *testing.T) {
	der, record := testCertificate(t)
	now := time.Now()
	var mu sync.Mutex
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(11 * time.Minute) // at each look at the clock
		return now
	}
	world := &dnsWorld{asked: map[string]int{}, sets: map[string][]string{
		"example.test MX": {"MX 10 mx.example.test."}, "mx.example.test A": {"A 127.0.0.9"},
		"_25._tcp.mx.example.test TLSA": {record},
	}}
	var asked int
	host, _ := collectOne(t, Config{
		Resolver: world, AllowAny: true, Now: clock, Algorithms: []run.KeyAlgorithm{}, SMTPPerAddress: 1,
		session: func(_ context.Context, target smtp.Target, _ smtp.Config) smtp.Session {
			world.mu.Lock()
			asked = world.asked["_25._tcp.mx.example.test TLSA"]
			world.mu.Unlock()
			if target.Address.Addr() != netip.MustParseAddr("127.0.0.9") {
				t.Errorf("session with %v", target.Address)
			}
			return smtp.Session{Started: time.Now(), Stage: smtp.StageDone, HandshakeComplete: true, Alert: -1, Chain: [][]byte{der}, Stack: "go"}
		},
	})
	if host.Verdict != run.Verified {
		t.Errorf("host %s", host.Verdict)
	}
	if asked != 2 {
		t.Errorf("TLSA asked for %d times before the session, want 2", asked)
	}
}
