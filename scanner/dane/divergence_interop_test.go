//go:build interop

package dane

import (
	"bytes"
	"crypto/sha256"
	"slices"
)

// divergence names the agreed divergence from OpenSSL that explains why the two
// judgements of a trial differ, by what the trial holds; empty if there is none.
// None lets OpenSSL verify what we do not.
//
//   - "search": OpenSSL follows the one issuer that fits by name and key
//     identifier, whatever its key. We try each. A target must pass path
//     validation to an anchor, and a path is what a client finds, not what it
//     happens on first (RFC 6698, Section 2.1.1, usage 2; RFC 5280, Section 6.1).
//     OpenSSL must agree once the certificates that led it astray are gone, or
//     come later.
//   - "self-issued": OpenSSL stops at a certificate whose issuer has its name and
//     whose signature its key could have made. If it did not, the certificate is
//     only self-issued, and paths run through such (RFC 5280, Section 3.2).
//   - "search, reason alone": neither verifies, but they went different ways.
//   - "last second": a certificate is valid from notBefore through notAfter,
//     inclusive (RFC 5280, Section 4.1.2.5); for OpenSSL it has expired at notAfter.
//   - "lenient": full data is to be one DER certificate or key (RFC 6698, Section
//     2.1.4). OpenSSL also wants to understand the key or every field; usable is
//     for us what can be matched (RFC 7671, Section 9, drops what is malformed).
func divergence(o *openssl, tr trial, ours Result, theirs answer) (class string, err error) {
	switch {
	case theirs.result == 0:
		return "", nil
	case theirs.result > 0 && inLastSecond(tr):
		return "last second", nil
	case lenientlyUsed(tr, theirs):
		return "lenient", nil
	case theirs.result > 0 && ambiguous(tr) && !ours.Verified:
		return "search, reason alone", nil
	case theirs.result > 0 && ambiguous(tr):
		found, err := verifiesSomehow(o, tr, ours)
		if found {
			return "search", err
		}
		if seemsSelfSigned(tr) {
			return "self-issued", err
		}
		return "", err
	}
	return "", nil
}

// verifiesSomehow asks OpenSSL about the record that we found. One with full data
// brings a certificate that OpenSSL tries first: as a digest, with the certificate
// sent, it says the same and leaves the order open.
func verifiesSomehow(o *openssl, tr trial, ours Result) (bool, error) {
	r := tr.records[ours.Record]
	found, err := verifiesArranged(o, tr, r, ours.Depth)
	if found || err != nil || r.MatchingType != Full {
		return found, err
	}
	if r.Selector == Cert {
		tr.chain = append(slices.Clone(tr.chain), r.Data)
	}
	sum := sha256.Sum256(r.Data)
	r.MatchingType, r.Data = SHA256, sum[:]
	return verifiesArranged(o, tr, r, ours.Depth)
}

// verifiesArranged asks OpenSSL about one record with some of the certificates
// sent, in any order: once it must verify, and at that depth.
func verifiesArranged(o *openssl, tr trial, r Record, depth int) (bool, error) {
	one := trial{records: []Record{r}, names: tr.names}
	var try func(chain Chain, rest [][]byte) (bool, error)
	try = func(chain Chain, rest [][]byte) (bool, error) {
		one.chain = chain
		a, err := o.ask(one)
		if err != nil || a.result == 0 && a.depth == depth {
			return err == nil, err
		}
		for i, der := range rest {
			others := slices.Delete(slices.Clone(rest), i, i+1)
			if found, err := try(append(slices.Clip(chain), der), others); found || err != nil {
				return found, err
			}
		}
		return false, nil
	}
	return try(tr.chain[:1], tr.chain[1:])
}

func inLastSecond(tr trial) bool {
	for _, der := range append(slices.Clone(tr.chain), fullCertificates(tr)...) {
		if c, err := parseCertificate(der); err == nil && c.notAfter.Equal(trialTime) {
			return true
		}
	}
	return false
}

// fullCertificates are those that records bring.
func fullCertificates(tr trial) (all [][]byte) {
	for _, r := range tr.records {
		if r.Usage == DANETA && r.Selector == Cert && r.MatchingType == Full {
			all = append(all, r.Data)
		}
	}
	return all
}

// seemsSelfSigned reports whether some certificate has its issuer's name and no
// key identifier that says otherwise, but not its own key's signature.
func seemsSelfSigned(tr trial) bool {
	for _, der := range tr.chain {
		c, err := parseCertificate(der)
		if err == nil && c.namesIssuer(c) && c.signedBy(c.key()) != nil {
			return true
		}
	}
	return false
}

// lenientlyUsed reports whether we use a record with full data that OpenSSL
// refuses.
func lenientlyUsed(tr trial, theirs answer) bool {
	for i, r := range tr.records {
		if ok, _ := Usable(r); ok && r.MatchingType == Full && !theirs.taken[i] {
			return true
		}
	}
	return false
}

// ambiguous reports whether two different certificates, sent or in DNS, have one
// subject, or a bare key made the signature of a certificate whose issuer's
// namesake was sent: only then is there a choice of issuers.
func ambiguous(tr trial) bool {
	all := append(slices.Clone(tr.chain), fullCertificates(tr)...)
	for i, a := range all {
		for _, b := range all[:i] {
			if x, y := subjectOf(a), subjectOf(b); x != nil && bytes.Equal(x, y) && !bytes.Equal(a, b) {
				return true
			}
		}
	}
	return bareKeyBesideNamesake(tr, all)
}

func bareKeyBesideNamesake(tr trial, all [][]byte) bool {
	for _, r := range tr.records {
		if r.Usage != DANETA || r.Selector != SPKI || r.MatchingType != Full {
			continue
		}
		for _, der := range tr.chain {
			c, err := parseCertificate(der)
			if err != nil || c.signedBy(readKey(r.Data)) != nil {
				continue
			}
			for _, other := range all {
				if bytes.Equal(subjectOf(other), c.issuer) && !bytes.Equal(other, der) {
					return true
				}
			}
		}
	}
	return false
}

func subjectOf(der []byte) []byte {
	c, err := parseCertificate(der)
	if err != nil {
		return nil
	}
	return c.subject
}
