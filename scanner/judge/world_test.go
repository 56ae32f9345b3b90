package judge

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// The world of the tests: a moment, rows as literals, and certificates made on
// the spot.

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func lookup(o run.Outcome, s run.DNSSEC, chain ...run.Alias) *run.Lookup {
	return &run.Lookup{Outcome: o, DNSSEC: s, Chain: chain}
}

func alias(name, target string, s run.DNSSEC) run.Alias {
	return run.Alias{Name: name, Target: target, DNSSEC: s}
}

func tlsaAt(base string, o run.Outcome, s run.DNSSEC) run.TLSACandidate {
	return run.TLSACandidate{Base: base, QName: "_25._tcp." + base, Lookup: *lookup(o, s), LookedUpAt: noon}
}

// store is a Certificates in memory.
type store map[[32]byte][]byte

func (s store) DER(sum []byte) []byte {
	if len(sum) != sha256.Size {
		return nil
	}
	return s[[32]byte(sum)]
}

// add stores certificates and returns their sums, in order.
func (s store) add(ders ...[]byte) (sums [][]byte) {
	for _, der := range ders {
		sum := sha256.Sum256(der)
		s[sum] = der
		sums = append(sums, sum[:])
	}
	return sums
}

// identity is a key with its certificate.
type identity struct {
	der  []byte
	cert *x509.Certificate
	key  crypto.Signer
}

// sheet is what a certificate is to say; its zero value is a leaf for
// mx.example.net, valid for the year 2026.
type sheet struct {
	names    []string
	ca       bool
	from, to time.Time
	key      crypto.Signer
}

var serials int64

func issue(t testing.TB, by *identity, s sheet) identity {
	t.Helper()
	serials++
	if s.from.IsZero() {
		s.from, s.to = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if s.key == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		s.key = key
	}
	if s.names == nil && !s.ca {
		s.names = []string{"mx.example.net"}
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serials), Subject: pkix.Name{CommonName: "subject " + big.NewInt(serials).String()},
		NotBefore: s.from, NotAfter: s.to, DNSNames: s.names, BasicConstraintsValid: true, IsCA: s.ca,
	}
	if s.ca {
		template.KeyUsage = x509.KeyUsageCertSign
	}
	parent, signer := template, s.key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, s.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return identity{der, cert, s.key}
}

// tlsa makes the stored record of a certificate.
func tlsa(t testing.TB, usage, selector, matchingType uint8, der []byte) run.TLSA {
	t.Helper()
	selected := der
	if selector == dane.SPKI {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		selected = c.RawSubjectPublicKeyInfo
	}
	h := map[uint8]crypto.Hash{dane.SHA256: crypto.SHA256, dane.SHA512: crypto.SHA512}[matchingType]
	if h != 0 {
		d := h.New()
		d.Write(selected)
		selected = d.Sum(nil)
	}
	return raw(usage, selector, matchingType, selected)
}

func raw(usage, selector, matchingType uint8, data []byte) run.TLSA {
	return run.TLSA{
		Usage: int32(usage), Selector: int32(selector), MatchingType: int32(matchingType),
		Data: data, RData: append([]byte{usage, selector, matchingType}, data...),
	}
}

const (
	mxName = "mx.example.net"
	first  = "192.0.2.1"
	second = "2001:db8::1"
)

// signedHost is an MX host with two secure addresses and those secure records.
func signedHost(records ...run.TLSA) *run.Host {
	h := &run.Host{HostEvidence: run.HostEvidence{
		Host: mxName, ScannedAt: noon, A: lookup(run.Found, run.Secure), AAAA: lookup(run.Found, run.Secure),
		AddressZoneDNSSEC: run.Secure, Addresses: []string{first, second}, TLSA: records,
	}}
	outcome := run.NoData
	if len(records) > 0 {
		outcome = run.Found
	}
	h.TLSACandidates = []run.TLSACandidate{tlsaAt(mxName, outcome, run.Secure)}
	return h
}

// plainHost is an MX host whose zone is not signed.
func plainHost() *run.Host {
	return &run.Host{HostEvidence: run.HostEvidence{
		Host: mxName, ScannedAt: noon, A: lookup(run.Found, run.Insecure), AAAA: lookup(run.NoData, run.Insecure),
		AddressZoneDNSSEC: run.Insecure, Addresses: []string{first},
		TLSACandidates: []run.TLSACandidate{tlsaAt(mxName, run.NXDomain, run.Insecure)},
	}}
}

// shown is a session that showed a chain.
func shown(address string, algorithm run.KeyAlgorithm, chain [][]byte) run.Endpoint {
	return run.Endpoint{EndpointEvidence: run.EndpointEvidence{
		Host: mxName, Base: mxName, Address: address, Port: 25, Algorithm: algorithm, Attempt: 1, ScannedAt: noon,
		Connected: true, STARTTLS: ptr(true), STARTTLSCode: ptr(int32(220)), Stage: run.StageDone,
		HandshakeComplete: true, TLSVersion: "1.3", Stack: "go", Chain: chain,
	}}
}

// halted is a session that ended early.
func halted(address string, stage run.Stage, failure string) run.Endpoint {
	return run.Endpoint{EndpointEvidence: run.EndpointEvidence{
		Host: mxName, Base: mxName, Address: address, Port: 25, Attempt: 1, ScannedAt: noon, Stage: stage, Failure: failure,
	}}
}

func notTried(address string, reason run.Reason) run.Endpoint {
	e := halted(address, "", "")
	e.NotTried = reason
	return e
}

// judged judges a host in place and returns it.
func judged(t testing.TB, j Judge, h *run.Host, certs store, ends ...run.Endpoint) (*run.Host, []run.Endpoint) {
	t.Helper()
	if err := j.Host(h, ends, certs); err != nil {
		t.Fatal(err)
	}
	return h, ends
}

func codes(findings []run.Finding) (list []string) {
	for _, f := range findings {
		list = append(list, f.Code)
	}
	return list
}
