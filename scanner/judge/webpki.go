package judge

import "crypto/x509"

// webValid reports whether the Web PKI would accept the chain for the host's base
// domain at the time of the session: a fact beside DANE, never a part of it.
func (j Judge) webValid(s *session) bool {
	if len(s.chain) == 0 {
		return false
	}
	leaf, err := x509.ParseCertificate(s.chain[0])
	if err != nil {
		return false
	}
	others := x509.NewCertPool()
	for _, der := range s.chain[1:] {
		if c, err := x509.ParseCertificate(der); err == nil {
			others.AddCert(c)
		}
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		DNSName:       canonical(s.e.Base),
		Roots:         j.Roots,
		Intermediates: others,
		CurrentTime:   j.moment(s.e.ScannedAt),
	})
	return err == nil
}
