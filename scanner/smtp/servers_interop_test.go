//go:build interop

package smtp

import (
	"crypto/tls"
	"slices"
	"testing"
)

// matrix returns the configurations of TestInteropMatrix.
func matrix(t *testing.T) []entry {
	w := &workshop{t: t, dir: t.TempDir()}
	return slices.Concat(w.versions(), w.exchanges(), w.keys(), w.pairs(), w.shapes(), w.clients(), w.malformed(), w.gnutls(), w.mtas())
}

func (w *workshop) versions() []entry {
	ec, rsa := w.curve("P-256"), w.rsa(2048)
	weak := []string{"-cipher", "ALL:@SECLEVEL=0"}
	return []entry{
		{name: "TLS 1.3 ECDSA", start: onServer(ec.args("-tls1_3")...), stack: "go"},
		{name: "TLS 1.3 RSA", start: onServer(rsa.args("-tls1_3")...), stack: "go"},
		{name: "TLS 1.2 ECDSA", start: onServer(ec.args("-tls1_2")...), stack: "go"},
		{name: "TLS 1.2 RSA", start: onServer(rsa.args("-tls1_2")...), stack: "go"},
		{name: "TLS 1.1 ECDSA", start: onServer(ec.args(append(weak, "-tls1_1")...)...), stack: "go"},
		{name: "TLS 1.1 RSA", start: onServer(rsa.args(append(weak, "-tls1_1")...)...), stack: "go"},
		{name: "TLS 1.0 ECDSA", start: onServer(ec.args(append(weak, "-tls1")...)...), stack: "go"},
		{name: "TLS 1.0 RSA", start: onServer(rsa.args(append(weak, "-tls1")...)...), stack: "go"},
		{name: "TLS 1.3 AES-256", start: onServer(rsa.args("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384")...), stack: "go"},
		{name: "TLS 1.3 ChaCha20", start: onServer(rsa.args("-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256")...), stack: "go"},
	}
}

// exchanges are ways to agree on a key, from those that crypto/tls lacks to the
// one without forward secrecy.
func (w *workshop) exchanges() []entry {
	rsa, ec := w.rsa(2048), w.curve("P-256")
	only := func(cipher string, more ...string) func(testing.TB) addrPort {
		return onServer(rsa.args(append([]string{"-cipher", cipher + ":@SECLEVEL=0"}, more...)...)...)
	}
	groups := func(names string) func(testing.TB) addrPort {
		return onServer(ec.args("-tls1_3", "-groups", names)...)
	}
	return []entry{
		{name: "DHE only, TLS 1.2", start: only("kDHE+aRSA", "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "DHE only, TLS 1.0", start: only("kDHE+aRSA", "-tls1"), stack: "fetcher", failure: FailAlert},
		{name: "SHA-1 signatures only, TLS 1.2", start: onServer(rsa.args("-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs", "RSA+SHA1")...), stack: "go"},
		{name: "RSA key exchange, TLS 1.2", start: only("kRSA", "-tls1_2"), stack: "go"},
		{name: "RSA key exchange, TLS 1.0", start: only("kRSA", "-tls1"), stack: "go"},
		{name: "CCM only", start: only("AES128-CCM", "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "Camellia only", start: only("CAMELLIA", "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "ARIA only", start: only("ARIA", "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.3 P-256 only", start: groups("P-256"), stack: "go"},
		{name: "TLS 1.3 P-384 only", start: groups("P-384"), stack: "go"},
		{name: "TLS 1.3 P-521 only", start: groups("P-521"), stack: "go"},
		{name: "TLS 1.3 X448 only", start: groups("X448"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.3 ffdhe2048 only", start: groups("ffdhe2048"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.3 ffdhe3072 only", start: groups("ffdhe3072"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.3 ffdhe4096 only", start: groups("ffdhe4096"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.3 ffdhe6144 only", start: groups("ffdhe6144"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.3 ffdhe8192 only", start: groups("ffdhe8192"), stack: "fetcher", failure: FailAlert},
		{name: "TLS 1.2 P-384 only", start: onServer(rsa.args("-tls1_2", "-groups", "P-384")...), stack: "go"},
	}
}

func (w *workshop) keys() []entry {
	weak := []string{"-cipher", "ALL:@SECLEVEL=0"}
	in := func(p pair, more ...string) func(testing.TB) addrPort {
		return onServer(p.args(append(slices.Clone(weak), more...)...)...)
	}
	return []entry{
		{name: "RSA 512, TLS 1.2", start: in(w.rsa(512), "-tls1_2"), stack: "go"},
		{name: "RSA 768, TLS 1.3", start: in(w.rsa(768), "-tls1_3"), stack: "go"},
		{name: "RSA 1024", start: in(w.rsa(1024)), stack: "go"},
		{name: "RSA 4096", start: in(w.rsa(4096)), stack: "go"},
		{name: "RSA 8192", start: in(w.fixture("rsa8192.key")), stack: "go"},
		{name: "RSA 16384, TLS 1.3", start: in(w.fixture("rsa16384.key"), "-tls1_3"), stack: "go"},
		{name: "RSA 16384, TLS 1.2", start: in(w.fixture("rsa16384.key"), "-tls1_2"), stack: "go"},
		{name: "P-384", start: in(w.curve("P-384")), stack: "go"},
		{name: "P-521", start: in(w.curve("P-521")), stack: "go"},
		{name: "exponent of 34 bits, TLS 1.3", start: in(w.exponent("8589934593"), "-tls1_3"), stack: "go", failure: FailParse},
		{name: "exponent of 34 bits, TLS 1.2", start: in(w.exponent("8589934593"), "-tls1_2"), stack: "go", failure: FailParse},
		{name: "exponent 3", start: in(w.exponent("3")), stack: "go"},
		{name: "P-224", start: in(w.curve("P-224"), "-tls1_2"), stack: "fetcher", failure: FailAlert, client: []string{"-groups", "P-256:P-224"}},
		{name: "secp256k1", start: in(w.curve("secp256k1"), "-tls1_2"), stack: "fetcher", failure: FailAlert, client: []string{"-groups", "P-256:secp256k1"}},
		{name: "Brainpool", start: in(w.curve("brainpoolP256r1"), "-tls1_2"), stack: "fetcher", failure: FailAlert, client: []string{"-groups", "P-256:brainpoolP256r1"}},
		{name: "Ed25519, TLS 1.3", start: in(w.request("-newkey", "ed25519"), "-tls1_3"), stack: "go"},
		{name: "Ed25519, TLS 1.2", start: in(w.request("-newkey", "ed25519"), "-tls1_2"), stack: "go"},
		{name: "Ed448, TLS 1.3", start: in(w.request("-newkey", "ed448"), "-tls1_3"), stack: "fetcher", failure: FailAlert},
		{name: "Ed448, TLS 1.2", start: in(w.request("-newkey", "ed448"), "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "DSA", start: in(w.dsa(), "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "RSA for PSS alone, TLS 1.3", start: in(w.request("-newkey", "rsa-pss"), "-tls1_3"), stack: "fetcher", failure: FailAlert},
		{name: "RSA for PSS alone, TLS 1.2", start: in(w.request("-newkey", "rsa-pss"), "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "signed by SHA-1", start: in(w.signedBy("sha1")), stack: "go"},
		{name: "signed by MD5", start: in(w.signedBy("md5")), stack: "fetcher", failure: FailAlert},
		{name: "signed by MD5, TLS 1.2", start: in(w.signedBy("md5"), "-tls1_2"), stack: "fetcher", failure: FailAlert},
		{name: "signed by SHA-512, RSA-PSS", start: in(w.request("-newkey", "rsa:2048", "-sha512", "-sigopt", "rsa_padding_mode:pss")), stack: "go"},
	}
}

// pairs are servers with more than one certificate.
func (w *workshop) pairs() []entry {
	ec, rsa, other := w.curve("P-256"), w.rsa(2048), w.rsa(2048)
	dual := func(version string) func(testing.TB) addrPort {
		return onServer(rsa.args("-dcert", ec.cert, "-dkey", ec.key, "-cipher", "ALL:@SECLEVEL=0", version)...)
	}
	byRSA, byECDSA := []string{"-sigalgs", "RSA-PSS+SHA256:RSA+SHA256"}, []string{"-sigalgs", "ECDSA+SHA256"}
	oldRSA, oldECDSA := []string{"-cipher", "aRSA:@SECLEVEL=0"}, []string{"-cipher", "aECDSA:@SECLEVEL=0"}
	named := func(more ...string) func(testing.TB) addrPort {
		return onServer(other.args(append([]string{"-cert2", rsa.cert, "-key2", rsa.key}, more...)...)...)
	}
	return []entry{
		{name: "two keys, RSA asked, TLS 1.3", start: dual("-tls1_3"), algorithm: "rsa", client: byRSA, stack: "fetcher"},
		{name: "two keys, ECDSA asked, TLS 1.3", start: dual("-tls1_3"), algorithm: "ecdsa", client: byECDSA, stack: "fetcher"},
		{name: "two keys, RSA asked, TLS 1.2", start: dual("-tls1_2"), algorithm: "rsa", client: byRSA, stack: "fetcher"},
		{name: "two keys, ECDSA asked, TLS 1.2", start: dual("-tls1_2"), algorithm: "ecdsa", client: byECDSA, stack: "fetcher"},
		{name: "two keys, RSA asked, TLS 1.0", start: dual("-tls1"), algorithm: "rsa", client: oldRSA, stack: "fetcher"},
		{name: "two keys, ECDSA asked, TLS 1.0", start: dual("-tls1"), algorithm: "ecdsa", client: oldECDSA, stack: "fetcher"},
		{name: "two keys, none asked, TLS 1.3", start: dual("-tls1_3"), client: byRSA, stack: "go"},
		{name: "one key, other asked, TLS 1.3", start: onServer(rsa.args("-tls1_3")...), algorithm: "ecdsa", client: byECDSA, failure: FailAlert, closed: true},
		{name: "one key, other asked, TLS 1.2", start: onServer(ec.args("-tls1_2")...), algorithm: "rsa", client: byRSA, failure: FailAlert, closed: true},
		{name: "certificate by SNI", start: named("-servername", "mx.example"), stack: "go"},
		{name: "other SNI", start: named("-servername", "other.example"), stack: "go"},
		{name: "SNI refused", start: named("-servername", "other.example", "-servername_fatal"), failure: FailAlert, closed: true},
	}
}

// shapes are chains of all lengths.
func (w *workshop) shapes() []entry {
	shaped := func(pick func(chain [][]byte) [][]byte, n, pad int, more ...string) func(testing.TB) addrPort {
		c := w.ladder(n, pad)
		c.Certificate = pick(c.Certificate)
		return onServer(w.write(c).args(append([]string{"-cipher", "ALL:@SECLEVEL=0"}, more...)...)...)
	}
	whole := func(c [][]byte) [][]byte { return c }
	return []entry{
		{name: "chain of three", start: shaped(whole, 3, 0), stack: "go"},
		{name: "chain of three, TLS 1.2", start: shaped(whole, 3, 0, "-tls1_2"), stack: "go"},
		{name: "no intermediate", start: shaped(func(c [][]byte) [][]byte { return c[:1] }, 3, 0), stack: "go"},
		{name: "wrong order", start: shaped(func(c [][]byte) [][]byte { return [][]byte{c[0], c[3], c[1], c[2]} }, 4, 0), stack: "go"},
		{name: "one certificate twice", start: shaped(func(c [][]byte) [][]byte { return [][]byte{c[0], c[1], c[1]} }, 2, 0), stack: "go"},
		{name: "chain of 40", start: shaped(whole, 40, 0), stack: "go"},
		{name: "chain of 99 kB", start: shaped(whole, 10, 9500), stack: "go"},
		{name: "chain of 99 kB, TLS 1.2", start: shaped(whole, 10, 9500, "-tls1_2"), stack: "go"},
	}
}

// clients are servers that want a certificate of ours.
func (w *workshop) clients() []entry {
	ec := w.curve("P-256")
	return []entry{
		{name: "client certificate asked, TLS 1.3", start: onServer(ec.args("-verify", "1", "-tls1_3")...), stack: "go"},
		{name: "client certificate asked, TLS 1.2", start: onServer(ec.args("-verify", "1", "-tls1_2")...), stack: "go"},
		{name: "client certificate demanded, TLS 1.3", start: onServer(ec.args("-Verify", "1", "-tls1_3")...), stack: "go"},
		{name: "client certificate demanded, TLS 1.2", start: onServer(ec.args("-Verify", "1", "-tls1_2")...), stack: "go", failure: FailAlert, closed: true},
	}
}

// malformed are certificates that one parser or another refuses, by crypto/tls in
// both versions, because no other server would load them all.
func (w *workshop) malformed() []entry {
	var entries []entry
	negative := w.write(forge(w.t, rsaKey(), func(p *parts) { p.serial = []byte{2, 1, 0x85} }))
	for _, suite := range []string{"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"} {
		entries = append(entries,
			entry{name: "negative serial, " + suite, start: onServer(negative.args("-tls1_3", "-ciphersuites", suite)...),
				stack: "go", failure: FailParse},
			entry{name: "X448, " + suite, start: onServer(negative.args("-tls1_3", "-groups", "X448", "-ciphersuites", suite)...),
				stack: "fetcher", failure: FailAlert})
	}
	for _, f := range forgeries {
		for _, v := range []struct {
			name   string
			number uint16
		}{{"TLS 1.2", tls.VersionTLS12}, {"TLS 1.3", tls.VersionTLS13}} {
			cert := forge(w.t, rsaKey(), f.edit)
			e := entry{name: f.name + ", " + v.name, start: onGo(cert, v.number), stack: "go", closed: !f.accepted}
			e.failure = forgedFailure(cert.Certificate[0], f.accepted)
			if e.closed && e.failure == "" { // crypto/x509 sees nothing wrong
				e.closed, e.lax = false, true
			}
			entries = append(entries, e)
		}
	}
	return entries
}

func (w *workshop) gnutls() []entry {
	rsa, ec, ed := w.rsa(2048), w.curve("P-256"), w.request("-newkey", "ed25519")
	return []entry{
		{name: "GnuTLS RSA", start: onGnuTLS(rsa, "NORMAL"), stack: "go"},
		{name: "GnuTLS ECDSA", start: onGnuTLS(ec, "NORMAL"), stack: "go"},
		{name: "GnuTLS Ed25519", start: onGnuTLS(ed, "NORMAL"), stack: "go"},
		{name: "GnuTLS TLS 1.2", start: onGnuTLS(rsa, "NORMAL:-VERS-TLS1.3"), stack: "go"},
		{name: "GnuTLS TLS 1.0", start: onGnuTLS(rsa, "NORMAL:-VERS-ALL:+VERS-TLS1.0"), stack: "go"},
		{name: "GnuTLS DHE only", start: onGnuTLS(rsa, "NORMAL:-VERS-TLS1.3:-KX-ALL:+DHE-RSA"), stack: "fetcher", failure: FailAlert},
		{name: "GnuTLS RSA key exchange", start: onGnuTLS(rsa, "NORMAL:-VERS-TLS1.3:-KX-ALL:+RSA"), stack: "go"},
		{name: "GnuTLS ffdhe2048", start: onGnuTLS(ec, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE2048"), stack: "fetcher", failure: FailAlert},
		{name: "GnuTLS P-521", start: onGnuTLS(ec, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP521R1"), stack: "go"},
		{name: "GnuTLS ChaCha20", start: onGnuTLS(ec, "NORMAL:-CIPHER-ALL:+CHACHA20-POLY1305"), stack: "go"},
		{name: "GnuTLS client certificate demanded", start: onGnuTLS(ec, "NORMAL", "--require-client-cert"), stack: "go"},
		{name: "GnuTLS two keys, ECDSA asked", start: onGnuTLS(rsa, "NORMAL", "--x509certfile="+ec.cert, "--x509keyfile="+ec.key),
			algorithm: "ecdsa", client: []string{"-sigalgs", "ECDSA+SHA256"}, stack: "fetcher"},
		{name: "GnuTLS two keys, RSA asked", start: onGnuTLS(rsa, "NORMAL", "--x509certfile="+ec.cert, "--x509keyfile="+ec.key),
			algorithm: "rsa", client: []string{"-sigalgs", "RSA-PSS+SHA256:RSA+SHA256"}, stack: "fetcher"},
	}
}
