package dnssec

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/miekg/dns"
)

// response is the work spent on one reply, within that of its lookup.
type response struct {
	v             *Validator
	w             *Work
	rrsets        int
	verifications int
	hashes        int // distinct names hashed for NSEC3

	blamed *proof // the RRSIG that came furthest of the RRset that failed last
}

func (v *Validator) newResponse(w *Work) *response { return &response{v: v, w: w} }

// proof is what a verified RRset rests on.
type proof struct {
	signer  Name
	tag     uint16
	alg     uint8
	labels  int // of the RRSIG: fewer than the owner's say that a wildcard was expanded
	expires time.Time
	ttl     uint32 // RFC 4035, Section 5.3.3
	weak    bool
}

// verify checks that an RRset is signed by a key of the zone (RFC 4035, Section
// 5.3). Where it is not, the proof is nil and the reason is that of the RRSIG that
// came furthest.
func (r *response) verify(set *rrset, zone *zoneKeys) (*proof, Reason) {
	if len(set.sigs) == 0 {
		return nil, ReasonRRSIGMissing
	}
	r.rrsets++
	if r.rrsets > r.v.limits.ResponseRRsets {
		return nil, ReasonWorkLimit
	}
	if err := set.canonicalise(); err != nil {
		return nil, ReasonMalformed
	}
	c := &checking{r: r, set: set, zone: zone}
	p, reason := c.all()
	if p == nil {
		r.blamed = c.blame()
	}
	return p, reason
}

// checking is the verification of one RRset.
type checking struct {
	r        *response
	set      *rrset
	zone     *zoneKeys
	attempts int
	blamed   *Signature // that came furthest
}

// blame describes the RRSIG that came furthest, as a proof that is none.
func (c *checking) blame() *proof {
	if c.blamed == nil {
		return nil
	}
	sig := c.blamed
	return &proof{signer: sig.Signer.clone(), tag: sig.KeyTag, alg: sig.Algorithm, expires: sig.expires(c.r.v.cfg.Now())}
}

// all tries the RRSIGs: those in their time first, so that old ones beside them do
// no harm.
func (c *checking) all() (*proof, Reason) {
	worst, missing := ReasonNone, slices.Clone(c.zone.required)
	for _, inTime := range [2]bool{true, false} {
		for i := range c.set.sigs {
			sig := &c.set.sigs[i]
			timing := c.r.v.checkTime(sig)
			if (timing == ReasonNone) != inTime {
				continue
			}
			p, reason := c.try(sig, timing)
			switch {
			case p != nil:
				missing = slices.DeleteFunc(missing, func(alg uint8) bool { return alg == p.alg })
				if len(missing) == 0 {
					return p, ReasonNone
				}
				reason = ReasonAlgorithmMissing
			case reason == ReasonWorkLimit:
				return nil, ReasonWorkLimit
			}
			if furthest[reason] > furthest[worst] {
				worst, c.blamed = reason, sig
			}
		}
	}
	if worst == ReasonNone {
		worst = ReasonRRSIGMissing
	}
	return nil, worst
}

// furthest orders the reasons why an RRSIG was of no use by how far it came.
var furthest = map[Reason]int{
	ReasonSignerWrong: 1, ReasonLabels: 2, ReasonUnsupportedAlg: 3, ReasonKeyMissing: 4,
	ReasonKeyRevoked: 5, ReasonNotZoneKey: 5, ReasonKeyUnusable: 6, ReasonMalformed: 7, ReasonSignatureNotYet: 8,
	ReasonSignatureExpired: 9, ReasonSignatureInvalid: 10, ReasonAlgorithmMissing: 11,
}

// try checks one RRSIG: what costs nothing first.
func (c *checking) try(sig *Signature, timing Reason) (*proof, Reason) {
	owner := c.set.owner
	if sig.Signer != c.zone.apex || !owner.Within(c.zone.apex) {
		return nil, ReasonSignerWrong
	}
	labels := int(sig.Labels)
	made := labels < owner.signedLabels() // from a wildcard, whose parent is in the zone
	if labels > owner.signedLabels() || made && labels < sig.Signer.Labels() {
		return nil, ReasonLabels
	}
	if c.r.v.algorithms[sig.Algorithm] == nil {
		return nil, ReasonUnsupportedAlg
	}
	if timing != ReasonNone {
		return nil, c.charge(timing)
	}
	if made {
		if owner = owner.suffix(labels).wildcard(); owner == "" {
			return nil, ReasonLabels
		}
	}
	return c.tryKeys(sig, owner)
}

// tryKeys checks one RRSIG with every key that it may mean: tags and algorithms
// are no names (RFC 4035, Section 5.3.1; CVE-2023-50387).
func (c *checking) tryKeys(sig *Signature, owner Name) (*proof, Reason) {
	reason, tried := ReasonKeyMissing, 0
	pooled := c.r.v.buffers.Get().(*[]byte)
	defer c.r.v.buffers.Put(pooled)
	var data []byte
	for _, k := range c.zone.keys {
		if k.tag != sig.KeyTag || k.alg != sig.Algorithm {
			continue
		}
		if why := k.unusable(c.set, c.zone.apex); why != ReasonNone {
			reason = why
			continue
		}
		if tried++; tried > c.r.v.limits.KeysPerTag {
			return nil, ReasonWorkLimit
		}
		if over := c.charge(ReasonSignatureInvalid); over == ReasonWorkLimit {
			return nil, over
		}
		if data == nil {
			*pooled = appendSigned((*pooled)[:0], sig, owner, c.set.canonical)
			data = *pooled
		}
		if c.r.genuine(k, data, sig.octets, c.set.repeats()) {
			return c.r.v.proof(c.set, sig, k, c.zone), ReasonNone
		}
		reason = ReasonSignatureInvalid
	}
	return nil, reason
}

// unusable says why a key of a zone may not sign an RRset, "" where it may.
func (k *key) unusable(set *rrset, apex Name) Reason {
	switch {
	case k.revoked && (set.typ != dns.TypeDNSKEY || set.owner != apex):
		return ReasonKeyRevoked
	case !k.zone:
		return ReasonNotZoneKey
	case k.pub == nil:
		return ReasonKeyUnusable
	}
	return ReasonNone
}

// charge counts one check of a signature. It returns reason, or ReasonWorkLimit
// where a limit is passed.
func (c *checking) charge(reason Reason) Reason {
	r, limits := c.r, &c.r.v.limits
	c.attempts++
	r.verifications++
	r.w.Verifications++
	if c.attempts > limits.RRsetVerifications || r.verifications > limits.ResponseVerifications ||
		r.w.Verifications > limits.LookupVerifications {
		return ReasonWorkLimit
	}
	return reason
}

// repeats reports whether other lookups are likely to meet the same signature: it is
// worth remembering. What DS and DNSKEY RRsets showed is remembered with the zone,
// and of a million zones they would push out the denials that many replies share.
func (s *rrset) repeats() bool { return s.typ != dns.TypeDS && s.typ != dns.TypeDNSKEY }

// genuine does the cryptography, or remembers how it ended before. What it is
// remembered by is a hash of all that the answer depends on. That a signature is
// false is remembered whether it repeats or not: nobody shall have it checked again
// and again.
func (r *response) genuine(k *key, data []byte, signature string, repeats bool) bool {
	all := append(data, signature...) // in the spare room of data, as a rule
	octets := all[len(data):]
	all = append(all, k.rdata...)
	all = binary.BigEndian.AppendUint32(all, uint32(len(data)))
	all = binary.BigEndian.AppendUint32(all, uint32(len(octets)))
	id := sha256.Sum256(all)
	if valid, ok := r.v.signatures.get(id); ok {
		r.w.Cached++
		r.v.remembered.Add(1)
		return valid
	}
	r.v.verified.Add(1)
	valid := k.pub.Verify(data, octets)
	if repeats || !valid {
		r.v.signatures.set(id, valid)
	}
	return valid
}

// checkTime compares the validity period with the clock by serial arithmetic
// (RFC 4034, Section 3.1.5).
func (v *Validator) checkTime(sig *Signature) Reason {
	now, skew := v.cfg.Now().Unix(), int64(v.cfg.Skew/time.Second)
	switch {
	case newer(sig.inception, sig.Expiration):
		return ReasonSignatureExpired
	case newer(sig.inception, uint32(now+skew)):
		return ReasonSignatureNotYet
	case newer(uint32(now-skew), sig.Expiration):
		return ReasonSignatureExpired
	}
	return ReasonNone
}

// proof describes a signature that has verified. It is remembered longer than the
// message that it is of: the signer's name is that of the zone.
func (v *Validator) proof(set *rrset, sig *Signature, k *key, zone *zoneKeys) *proof {
	now := v.cfg.Now()
	left := int64(int32(sig.Expiration-uint32(now.Unix()))) + int64(v.cfg.Skew/time.Second)
	p := &proof{
		signer: zone.apex, tag: k.tag, alg: k.alg, labels: int(sig.Labels),
		expires: sig.expires(now),
		weak:    zone.weak || k.weak(),
	}
	p.ttl = min(set.ttl(), sig.ttl, sig.originalTTL, uint32(max(left, 0)))
	return p
}

// expires is the moment nearest to now that the expiration field can mean.
func (s *Signature) expires(now time.Time) time.Time {
	left := int32(s.Expiration - uint32(now.Unix()))
	return now.Truncate(time.Second).Add(time.Duration(left) * time.Second)
}

// expanded reports whether a verified RRset was made from a wildcard.
func (p *proof) expanded(set *rrset) bool { return p.labels < set.owner.signedLabels() }
