//go:build interop

package smtp

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// workshop makes the files that servers want.
type workshop struct {
	t   testing.TB
	dir string
	n   int
}

// file writes PEM blocks to a new file.
func (w *workshop) file(blocks ...*pem.Block) string {
	w.n++
	path := filepath.Join(w.dir, fmt.Sprintf("%d.pem", w.n))
	var all []byte
	for _, b := range blocks {
		all = append(all, pem.EncodeToMemory(b)...)
	}
	if err := os.WriteFile(path, all, 0o644); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// pair is a certificate and its key in files; chain holds what goes with it.
type pair struct{ cert, key, chain string }

// args are the arguments of s_server.
func (p pair) args(more ...string) []string {
	args := []string{"-cert", p.cert, "-key", p.key}
	if p.chain != "" {
		args = append(args, "-cert_chain", p.chain)
	}
	return append(args, more...)
}

// write puts a certificate of Go's into files.
func (w *workshop) write(c tls.Certificate) pair {
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		w.t.Fatal(err)
	}
	p := pair{key: w.file(&pem.Block{Type: "PRIVATE KEY", Bytes: key})}
	p.cert = w.file(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	var rest []*pem.Block
	for _, der := range c.Certificate[1:] {
		rest = append(rest, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	if rest != nil {
		p.chain = w.file(rest...)
	}
	return p
}

// request makes a self-signed certificate with openssl req.
func (w *workshop) request(args ...string) pair {
	w.n++
	p := pair{cert: filepath.Join(w.dir, fmt.Sprintf("%d.crt", w.n)), key: filepath.Join(w.dir, fmt.Sprintf("%d.key", w.n))}
	all := []string{"req", "-x509", "-nodes", "-subj", "/CN=mx.example", "-days", "30", "-out", p.cert}
	for i, a := range args {
		if a == "-key" { // a key that is there
			p.key = args[i+1]
			openssl(w.t, append(all, args...)...)
			return p
		}
	}
	openssl(w.t, append(append(all, "-keyout", p.key), args...)...)
	if err := os.Chmod(p.key, 0o644); err != nil { // Exim reads it as its own user
		w.t.Fatal(err)
	}
	return p
}

// rsa makes a certificate of a new RSA key of that size.
func (w *workshop) rsa(bits int) pair {
	return w.request("-newkey", fmt.Sprintf("rsa:%d", bits))
}

// curve makes a certificate of a new key on that curve.
func (w *workshop) curve(name string) pair {
	return w.request("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:"+name)
}

// fixture makes a certificate of a key in testdata.
func (w *workshop) fixture(name string) pair {
	return w.request("-key", filepath.Join("testdata", name))
}

// exponent makes a certificate of an RSA key with that public exponent.
func (w *workshop) exponent(e string) pair {
	return w.request("-newkey", "rsa:2048", "-pkeyopt", "rsa_keygen_pubexp:"+e)
}

// dsa makes a certificate of a DSA key.
func (w *workshop) dsa() pair {
	params := filepath.Join(w.dir, "dsa.params")
	openssl(w.t, "dsaparam", "-out", params, "1024")
	return w.request("-newkey", "dsa:"+params)
}

// ladder makes a chain of n certificates, leaf first, the last one self-signed.
// pad is the size of an extension that makes each of them larger.
func (w *workshop) ladder(n, pad int) tls.Certificate {
	var chain [][]byte
	var parent *x509.Certificate
	var parentKey crypto.Signer
	for i := range n {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			w.t.Fatal(err)
		}
		cert := &x509.Certificate{
			SerialNumber: big.NewInt(int64(i + 1)), Subject: pkix.Name{CommonName: fmt.Sprintf("rung %d", i)},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
			IsCA: i < n-1, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		}
		if pad > 0 {
			cert.ExtraExtensions = []pkix.Extension{{Id: []int{1, 3, 6, 1, 4, 1, 99999, 1}, Value: make([]byte, pad)}}
		}
		if parent == nil {
			parent, parentKey = cert, key
		}
		der, err := x509.CreateCertificate(rand.Reader, cert, parent, key.Public(), parentKey)
		if err != nil {
			w.t.Fatal(err)
		}
		if parent, err = x509.ParseCertificate(der); err != nil {
			w.t.Fatal(err)
		}
		parentKey = key
		chain = append([][]byte{der}, chain...)
	}
	return tls.Certificate{Certificate: chain, PrivateKey: parentKey}
}

// signedBy makes a certificate whose signature is by that algorithm.
func (w *workshop) signedBy(digest string) pair {
	return w.request("-newkey", "rsa:2048", "-"+digest)
}

// onServer returns the start of an entry with openssl s_server.
func onServer(args ...string) func(testing.TB) netip.AddrPort {
	return func(t testing.TB) netip.AddrPort { return front(t, sServer(t, args...)) }
}

// onGnuTLS returns the start of an entry with gnutls-serv.
func onGnuTLS(p pair, priority string, args ...string) func(testing.TB) netip.AddrPort {
	args = append([]string{"--x509certfile=" + p.cert, "--x509keyfile=" + p.key}, args...)
	return func(t testing.TB) netip.AddrPort { return front(t, gnutlsServ(t, priority, args...)) }
}

// onGo returns the start of an entry with a server by crypto/tls, for certificates
// that OpenSSL and GnuTLS would not even load.
func onGo(c tls.Certificate, version uint16) func(testing.TB) netip.AddrPort {
	config := &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: version, MaxVersion: version}
	return func(t testing.TB) netip.AddrPort { return serve(t, func(p *peer) { p.secure(config) }) }
}

type addrPort = netip.AddrPort

// forgedFailure says how a session with a forged certificate ends: not at all
// where crypto/x509 reads it, else with FailParse where OpenSSL does.
func forgedFailure(der []byte, accepted bool) Failure {
	if _, err := x509.ParseCertificate(der); err == nil {
		return ""
	}
	if accepted {
		return FailParse
	}
	return FailProtocol
}
