package smtp

import (
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"slices"
)

// fetchStack gets the server's Certificate and goes no further. It neither checks
// a signature nor finishes: possession of the key is not verified.
func fetchStack(l *link, t Target, s *Session) net.Conn {
	s.Stack = StackFetcher
	f := fetcher{link: l, offer: offer{sni: serverName(t.SNI), algorithm: t.Algorithm}}
	f.reader.records.src = l
	err := f.fetch()
	f.report(s)
	if err == nil {
		err = f.accept(s, t.Algorithm)
	}
	if err != nil {
		s.Chain = nil
		f.failed(s, err)
		return nil
	}
	s.Stage = StageDone
	return nil
}

// serverName returns a name fit for SNI, which takes no addresses.
func serverName(name string) string {
	if _, err := netip.ParseAddr(name); err == nil || len(name) > 255 {
		return ""
	}
	return name
}

// fetcher is one handshake up to the Certificate.
type fetcher struct {
	link       *link
	offer      offer
	reader     messageReader
	flight     flight
	transcript []byte // messages so far, bounded by what they are
	retried    bool
}

// errOtherAlgorithm: the server showed a certificate of another key algorithm than
// the one asked for.
var errOtherAlgorithm = errors.New("server showed a certificate of another key algorithm")

// errNotCertificate: what the server showed is none to any sender.
var errNotCertificate = errors.New("server showed a malformed certificate")

// fetch runs the handshake: before TLS 1.3 to ServerHelloDone, in it to the
// Certificate.
func (f *fetcher) fetch() error {
	if err := f.begin(); err != nil {
		return err
	}
	for {
		msg, err := f.reader.next()
		if err != nil {
			return err
		}
		if err := f.flight.take(msg); err != nil {
			return err
		}
		if msg.kind == messageServerHello {
			if err := f.hello(msg); err != nil {
				return err
			}
		} else if !f.flight.begun {
			return malformed("message of type %d before ServerHello", msg.kind)
		}
		if f.flight.certificate && (f.flight.modern() || f.flight.done) {
			return nil
		}
	}
}

// begin sends the first ClientHello, with shares of the two groups that nearly
// every server takes.
func (f *fetcher) begin() error {
	f.offer.random, f.offer.session = make([]byte, 32), make([]byte, 32)
	for _, b := range [][]byte{f.offer.random, f.offer.session} {
		if _, err := rand.Read(b); err != nil {
			return err
		}
	}
	for _, group := range []uint16{groupX25519, groupP256} {
		s, err := newShare(group)
		if err != nil {
			return err
		}
		f.offer.shares = append(f.offer.shares, s)
	}
	return f.send(nil)
}

// send sends the ClientHello in one record, behind what goes before it.
func (f *fetcher) send(before []byte) error {
	msg, err := f.offer.message()
	if err != nil {
		return err
	}
	f.transcript = append(f.transcript, msg...)
	version := byte(1) // the first is marked TLS 1.0, for old servers (RFC 8446, Section 5.1)
	if f.retried {
		version = 3
	}
	out := append(before, recordHandshake, 3, version, byte(len(msg)>>8), byte(len(msg)))
	_, err = f.link.Write(append(out, msg...))
	return err
}

// hello goes on from a ServerHello or HelloRetryRequest.
func (f *fetcher) hello(msg message) error {
	hello := f.flight.hello
	if !f.flight.modern() {
		if hello.retry || f.retried {
			return malformed("HelloRetryRequest before TLS 1.3")
		}
		return nil
	}
	f.reader.modern = true
	if hello.retry {
		return f.retry(msg)
	}
	if f.reader.key != nil {
		return malformed("second ServerHello")
	}
	f.transcript = append(f.transcript, msg.raw...)
	key, err := f.key()
	f.reader.key = key
	return err
}

// retry sends the second ClientHello (RFC 8446, Section 4.1.2). The first counts
// in the transcript as its hash alone (Section 4.4.1).
func (f *fetcher) retry(msg message) error {
	hello := f.flight.hello
	suite, ok := suiteOf(hello.suite)
	if f.retried || !ok {
		return malformed("HelloRetryRequest")
	}
	f.retried = true
	h := suite.hash()
	h.Write(f.transcript)
	f.transcript = h.Sum([]byte{messageHash, 0, 0, byte(h.Size())})
	f.transcript = append(f.transcript, msg.raw...)
	f.offer.cookie = hello.cookie
	if hello.group != 0 {
		if !slices.Contains(offeredGroups, hello.group) {
			return malformed("group %d asked for, not offered", hello.group)
		}
		s, err := newShare(hello.group)
		if err != nil {
			return err
		}
		f.offer.shares = []share{s}
	}
	return f.send([]byte{recordChangeCipherSpec, 3, 3, 0, 1, 1})
}

// key computes the key of the server's handshake records (RFC 8446, Section 7.1).
func (f *fetcher) key() (*opener, error) {
	hello := f.flight.hello
	at := slices.IndexFunc(f.offer.shares, func(s share) bool { return s.group == hello.group })
	if at < 0 {
		return nil, malformed("key share of group %d", hello.group)
	}
	shared, err := f.offer.shares[at].agree(hello.share)
	if err != nil {
		return nil, err
	}
	secret, err := serverHandshakeSecret(hello.suite, shared, f.transcript)
	if err != nil {
		return nil, err
	}
	return newOpener(hello.suite, secret)
}

// report writes what the server settled.
func (f *fetcher) report(s *Session) {
	if f.flight.begun {
		s.TLSVersion, s.Cipher = versionName(f.flight.hello.version), suiteName(f.flight.hello.suite)
		s.Group = groupName(f.flight.group)
	}
	s.ClientCertRequested = f.flight.requested
	s.CertificateSeenBeforeAlert = f.flight.certificate
	s.Chain = f.flight.chain
	s.KeyAlgorithm = keyAlgorithm(s.Chain)
}

// accept says whether the chain is one that a sender would go on with.
func (f *fetcher) accept(s *Session, algorithm string) error {
	s.CertificateSeenBeforeAlert = false // there was no alert
	for _, der := range s.Chain {
		if !isCertificate(der) {
			return errNotCertificate
		}
	}
	if algorithm != "" && s.KeyAlgorithm != algorithm {
		return errOtherAlgorithm
	}
	return nil
}

// failed says why there is no chain.
func (f *fetcher) failed(s *Session, err error) {
	why := classify(err)
	var alert alertError
	switch {
	case errors.Is(err, errOtherAlgorithm):
		why = FailAlgorithm
	case errors.As(err, &alert):
		why, s.Alert, s.AlertFrom = FailAlert, int(alert), FromServer
	case errors.Is(err, errNotTLS), errors.Is(err, errEncrypted):
		why = FailParse
	case errors.Is(err, errTLSLimit), errors.Is(err, errNotCertificate):
		why = FailProtocol
	}
	s.fail(f.link.ctx, why, err)
}
