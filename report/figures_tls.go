package report

import (
	"fmt"
	"strconv"

	"danescan/datasets/run"
)

// tlsFigures say what mail servers showed.
func tlsFigures() []figure {
	shaken := wholes{"handshakes", "hosts_with_tlsa", "with_mail"}
	handshake := func(f figure, key func(*session) string) figure {
		f.Page, f.Things, f.Hosts, f.Of = "tls", "sessions", true, shaken
		f.Session = func(s *session, add adder) {
			if s.HandshakeComplete {
				add(1, key(s))
			}
		}
		return f
	}
	return []figure{
		startTLSFigure(),
		handshake(figure{
			Name: "tls-versions", Title: "TLS versions", Keys: []string{"version"},
			Says: func(s *summary) string { return s.topThing("tls-versions", "agreed on TLS") },
		}, func(s *session) string { return s.TLSVersion }),
		handshake(figure{
			Name: "tls-groups", Title: "Key exchange groups", Keys: []string{"group"},
			Says: func(s *summary) string { return s.topThing("tls-groups", "agreed on") },
		}, func(s *session) string { return s.KeyExchange }),
		handshake(figure{
			Name: "tls-ciphers", Title: "Cipher suites", Keys: []string{"cipher"},
			Says: func(s *summary) string { return s.topThing("tls-ciphers", "agreed on") },
		}, func(s *session) string { return s.Cipher }),
		handshake(figure{
			Name: "certificate-keys", Title: "Keys of certificates", Keys: []string{"key"},
			Says: func(s *summary) string { return s.topThing("certificate-keys", "showed a key of the kind") },
		}, keyOf),
		handshake(figure{
			Name: "issuers", Title: "Issuers of certificates", Keys: []string{"issuer"},
			Says: func(s *summary) string { return s.topThing("issuers", "showed a certificate of") },
		}, func(s *session) string {
			if s.leaf == nil {
				return ""
			}
			return s.leaf.issuer
		}),
		handshake(figure{
			Name: "web-pki", Title: "Certificates as the Web PKI sees them", Keys: []string{"accepted"},
			Fixed: []string{"yes", "no", "unknown"},
			Says: func(s *summary) string {
				return fmt.Sprintf("%s sessions showed a chain that a browser would accept. DANE does not need it: the record is the trust.", thousands(s.table("web-pki").at("sessions", "yes")))
			},
		}, func(s *session) string {
			switch {
			case s.PKIXValid == nil:
				return "unknown"
			case *s.PKIXValid:
				return "yes"
			}
			return "no"
		}),
		expiryFigure(shaken),
	}
}

func startTLSFigure() figure {
	return figure{
		Name: "starttls", Title: "How sessions ended", Page: "tls", Keys: []string{"verdict", "reason"}, Things: "sessions", Hosts: true,
		Of: wholes{"sessions", "hosts_with_tlsa", "with_mail"}, Show: 40,
		Says: func(s *summary) string {
			return fmt.Sprintf("%s of %s sessions with MX hosts came as far as a TLS handshake that completed.", s.number("handshakes"), s.number("sessions"))
		},
		Tone:    func(key []string) string { return tone(key[0]) },
		Session: func(s *session, add adder) { add(1, string(s.Verdict), string(s.Reason)) },
	}
}

// keyOf is the kind of a leaf's key, as rsa 2048.
func keyOf(s *session) string {
	switch {
	case s.leaf == nil || s.leaf.key == "":
		return ""
	case s.leaf.bits == 0:
		return string(s.leaf.key)
	}
	return string(s.leaf.key) + " " + strconv.Itoa(int(s.leaf.bits))
}

func expiryFigure(of wholes) figure {
	const matters, spared = "dates matter", "dates are ignored"
	return figure{
		Name: "expiry", Title: "Certificates by time to expiry", Page: "tls", Keys: []string{"dates", "expires_in"}, Things: "sessions", Hosts: true, Of: of,
		Fixed: cross([]string{matters, spared}, expiryBins().names),
		Says: func(*summary) string {
			return "DANE senders ignore the dates of a certificate that a DANE-EE record matches (RFC 7672, Section 3.1.1); with DANE-TA they matter."
		},
		Tone: func(key []string) string {
			if key[0] == matters && (key[1] == "expired" || key[1] == "under 7 days") {
				return "bad"
			}
			return "plain"
		},
		Session: func(s *session, add adder) {
			if !s.HandshakeComplete || s.leaf == nil || s.leaf.notAfter.IsZero() {
				return
			}
			dates := matters
			if s.Verdict == run.Verified && s.MatchedUsage != nil && *s.MatchedUsage == 3 {
				dates = spared
			}
			add(1, dates, expiryBins().of(s.leaf.notAfter.Unix()-s.ScannedAt.Unix()))
		},
	}
}
