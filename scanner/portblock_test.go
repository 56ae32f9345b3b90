package scanner

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

var silentSession = smtp.Session{Stage: smtp.StageConnect, Failure: smtp.FailTimeout, Alert: -1}

// Where no connection gets out, no host is called unreachable: neither those seen
// before that was known, nor those after. Where one connection is made, or fewer
// networks were tried, silence is the servers'.
func TestBlockedPort(t *testing.T) {
	der, record := testCertificate(t)
	net := func(n int) string { return fmt.Sprintf("10.%d.%d.1", n/250, n%250) }
	silent := func(int, bool) smtp.Session { return silentSession }
	// One server answers before the others' silence is long enough: they wait until
	// its host is done.
	var progress *Progress
	except := func(lucky int, s smtp.Session) func(int, bool) smtp.Session {
		return func(n int, _ bool) smtp.Session {
			for n != lucky && progress.HostsDone.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
			if n == lucky {
				return s
			}
			return silentSession
		}
	}
	refused := smtp.Session{Stage: smtp.StageConnect, Failure: smtp.FailRefused, Alert: -1}
	for _, tc := range []struct {
		name     string
		n        int
		show     func(int, bool) smtp.Session
		address  func(int) string
		reasons  string // of endpoints
		warnings int
	}{
		{"blocked", 100, silent, net, "map[not-tested:port-blocked:100]", 1},
		{"blocked, just enough networks", 20, silent, net, "map[not-tested:port-blocked:20]", 1},
		{"too few networks to tell", 19, silent, net, "map[unreachable:timeout:19]", 0},
		{"one network", 100, silent, func(n int) string { return fmt.Sprintf("10.0.0.%d", n+1) }, "map[unreachable:timeout:100]", 0},
		{"one connection was made", 100, except(7, shows(der)), net, "map[unreachable:timeout:99 verified::1]", 0},
		{"one connection was refused", 100, except(7, refused), net, "map[unreachable:refused:1 unreachable:timeout:99]", 0},
		{"one greeting did not come", 100, except(7, smtp.Session{Connected: true, Stage: smtp.StageGreeting, Failure: smtp.FailTimeout, Alert: -1}),
			net, "map[unreachable:timeout:100]", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &farm{
				address: tc.address, tlsa: func(int) string { return record }, show: tc.show,
				provide: func(n int) string { return fmt.Sprintf("p%d.test", n) },
			}
			progress = new(Progress)
			got := f.scan(t, tc.n, Config{SMTPConcurrency: 100, Progress: progress})
			reasons := map[string]int{}
			for _, ends := range got.ends {
				for _, e := range ends {
					reasons[fmt.Sprintf("%s:%s", e.Verdict, e.Reason)]++
				}
			}
			if len(got.hosts) != tc.n || fmt.Sprint(reasons) != tc.reasons {
				t.Errorf("%d hosts, %v; want %d, %s", len(got.hosts), reasons, tc.n, tc.reasons)
			}
			if n := strings.Count(got.log, "is blocked over IPv4"); n != tc.warnings {
				t.Errorf("said %d times, want %d:\n%s", n, tc.warnings, got.log)
			}
		})
	}
}

// IPv6 that leads nowhere says nothing of IPv4, and the hosts held back are
// bounded.
func TestPortWatchFamiliesAndBound(t *testing.T) {
	w := newPortWatch(textLog(io.Discard), 25)
	row := func(address string) *stay {
		return &stay{rows: []run.EndpointEvidence{{Address: address, Stage: run.StageConnect, Failure: "timeout"}}}
	}
	for i := range silentNetworks {
		w.note(netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::1", i+1)), &silentSession)
	}
	four, six := row("192.0.2.1"), row("2001:db8:1::1")
	if ready := w.sift(six); len(ready) != 1 || six.rows[0].NotTried != run.ReasonPortBlocked {
		t.Errorf("%d ready, %q", len(ready), six.rows[0].NotTried)
	}
	if ready := w.sift(four); len(ready) != 0 {
		t.Errorf("not held back")
	}
	if w.isBlocked(netip.MustParseAddr("192.0.2.1")) || !w.isBlocked(netip.MustParseAddr("2001:db8::1")) {
		t.Error("families are not told apart")
	}
	ready := 0
	for range maxHeld + 10 {
		ready += len(w.sift(row("192.0.2.1")))
		if len(w.held) > maxHeld {
			t.Fatalf("%d held", len(w.held))
		}
	}
	if ready += len(w.rest()); ready != maxHeld+11 || four.rows[0].NotTried != "" {
		t.Errorf("%d hosts came out, want %d; the first is %q", ready, maxHeld+11, four.rows[0].NotTried)
	}
}

// testIssued makes a leaf for some names and the anchor that issued it, with the
// 2 0 1 record of the anchor.
func testIssued(t *testing.T, names ...string) (leaf, anchor []byte, record string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "anchor"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	if anchor, err = x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key); err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"}, DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if leaf, err = x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, key); err != nil {
		t.Fatal(err)
	}
	return leaf, anchor, fmt.Sprintf("TLSA 2 0 1 %x", sha256.Sum256(anchor))
}

// testRSA makes a self-signed certificate with an RSA key and its 3 1 1 record.
func testRSA(t *testing.T) (der []byte, record string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
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
