package lab

import (
	"crypto/tls"
	"net/netip"
	"strings"
)

// conduct is how a mail server behaves.
type conduct uint8

const (
	serves         conduct = iota // as it should
	noSTARTTLS                    // EHLO does not offer it
	onlyHELO                      // answers EHLO with 502
	noHello                       // answers EHLO and HELO with 550
	starttls454                   // "TLS not available due to temporary reason"
	starttls502                   // "command not implemented"
	dropsSTARTTLS                 // closes instead of answering
	failsHandshake                // answers the ClientHello with an alert
	dropsHandshake                // closes after the ClientHello
	greets554                     // "no SMTP service here"
	greets421                     // too busy, always
	dropsGreeting                 // closes instead of greeting
	tarpit                        // accepts and says nothing
	closed                        // nobody listens
	greylists                     // 421 to the first session, then as it should
	oldTLS                        // TLS 1.0 and nothing newer
)

// machine is a mail server in the cases' table.
type machine struct {
	does conduct
	cert certificate
	dual bool // shows an RSA certificate, too, to clients that prefer it
	ipv6 bool // at ::1
}

// mailServer is a machine that was built: an address and what it shows there.
type mailServer struct {
	addr   netip.Addr
	name   string // in its greeting
	does   conduct
	tls    *tls.Config
	leaf   *pair
	next   *pair  // a key that is not in use yet, without a certificate
	digest string // SHA-256 of the leaf's key, in hexadecimal
	rsa    *pair  // nil: shows one certificate only
}

// newMailServer makes keys and certificates. The label makes the keys.
func (a *authority) newMailServer(label string, m machine, addr netip.Addr) (*mailServer, error) {
	s := &mailServer{addr: addr, name: strings.TrimSuffix(label, "."), does: m.does}
	key, err := a.seed.p256("mail " + label)
	if err != nil {
		return nil, err
	}
	if s.leaf, err = a.leaf(label, m.cert, key); err != nil {
		return nil, err
	}
	if key, err = a.seed.p256("next " + label); err != nil {
		return nil, err
	}
	if s.next, err = keyOnly(key); err != nil {
		return nil, err
	}
	if m.dual {
		if s.rsa, err = a.leaf("rsa "+label, m.cert, a.rsaKey); err != nil {
			return nil, err
		}
	}
	s.digest = association(s.leaf, "1", "1")
	s.tls = a.config(s, m)
	return s, nil
}

// part returns what a TLSA record of the cases' table names, nil if there is no
// such thing.
func (a *authority) part(s *mailServer, name string) *pair {
	switch name {
	case "leaf":
		return s.leaf
	case "next":
		return s.next
	case "rsa":
		return s.rsa
	case "issuer":
		return a.issuing
	case "root":
		return a.root
	}
	return nil
}

// chain returns what goes on the wire for a certificate of the machine.
func (a *authority) chain(p *pair, c certificate) tls.Certificate {
	out := tls.Certificate{Certificate: [][]byte{p.der}, PrivateKey: p.key}
	if c.sends != leafOnly {
		out.Certificate = append(out.Certificate, a.issuing.der)
	}
	if c.sends == withRoot {
		out.Certificate = append(out.Certificate, a.root.der)
	}
	return out
}

func (a *authority) config(s *mailServer, m machine) *tls.Config {
	cfg := &tls.Config{
		Certificates:           []tls.Certificate{a.chain(s.leaf, m.cert)},
		MinVersion:             tls.VersionTLS12,
		CurvePreferences:       []tls.CurveID{tls.X25519, tls.CurveP256},
		SessionTicketsDisabled: true,
	}
	if m.does == oldTLS {
		cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
		cfg.CipherSuites = []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	}
	if s.rsa != nil {
		ecdsa, rsa := cfg.Certificates[0], a.chain(s.rsa, m.cert)
		cfg.Certificates = nil
		cfg.GetCertificate = func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			return prefer(hello, &ecdsa, &rsa), nil
		}
	}
	return cfg
}

// prefer picks by the client's order of signature algorithms, as servers with two
// certificates do.
func prefer(hello *tls.ClientHelloInfo, ecdsa, rsa *tls.Certificate) *tls.Certificate {
	nameless := *hello
	nameless.ServerName = "" // what is asked for is no reason to show nothing
	for _, scheme := range hello.SignatureSchemes {
		choice := rsa
		switch scheme {
		case tls.ECDSAWithP256AndSHA256, tls.ECDSAWithP384AndSHA384, tls.ECDSAWithP521AndSHA512, tls.ECDSAWithSHA1:
			choice = ecdsa
		}
		if nameless.SupportsCertificate(choice) == nil {
			return choice
		}
	}
	return ecdsa
}
