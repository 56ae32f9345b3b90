package dnssec

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"sync"
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
}

func (v *Validator) newResponse(w *Work) *response { return &response{v: v, w: w} }

// proof is what a verified RRset rests on.
type proof struct {
	signer  name
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
	worst, attempts := ReasonSignerWrong, 0
	var found *proof
	missing := slices.Clone(zone.required)
	// Signatures in their time first, so that old ones beside them do no harm.
	for _, inTime := range [2]bool{true, false} {
		for i := range set.sigs {
			sig := &set.sigs[i]
			timing := r.v.checkTime(sig.rr)
			if (timing == ReasonNone) != inTime {
				continue
			}
			p, reason := r.trySignature(set, sig, zone, timing, &attempts)
			if p != nil {
				found = p
				missing = slices.DeleteFunc(missing, func(alg uint8) bool { return alg == p.alg })
				if len(missing) == 0 {
					return p, ReasonNone
				}
				continue
			}
			if reason == ReasonWorkLimit {
				return nil, ReasonWorkLimit
			}
			if furthest[reason] > furthest[worst] {
				worst = reason
			}
		}
	}
	if found != nil {
		return nil, ReasonAlgorithmMissing
	}
	return nil, worst
}

// furthest orders the reasons why an RRSIG was of no use by how far it came.
var furthest = map[Reason]int{
	ReasonSignerWrong: 1, ReasonLabels: 2, ReasonUnsupportedAlg: 3, ReasonKeyMissing: 4,
	ReasonKeyRevoked: 5, ReasonNotZoneKey: 5, ReasonKeyUnusable: 6, ReasonMalformed: 7, ReasonSignatureNotYet: 8,
	ReasonSignatureExpired: 9, ReasonSignatureInvalid: 10,
}

// trySignature checks one RRSIG: what costs nothing first.
func (r *response) trySignature(set *rrset, sig *signature, zone *zoneKeys, timing Reason, attempts *int) (*proof, Reason) {
	rr := sig.rr
	if sig.signer != zone.apex || !set.owner.within(zone.apex) {
		return nil, ReasonSignerWrong
	}
	labels := int(rr.Labels)
	if labels > set.owner.signedLabels() || labels < sig.signer.labels() {
		return nil, ReasonLabels
	}
	if r.v.algorithms[rr.Algorithm] == nil {
		return nil, ReasonUnsupportedAlg
	}
	if timing != ReasonNone {
		return nil, r.charge(attempts, timing)
	}
	owner := set.owner
	if labels < owner.signedLabels() {
		if owner = owner.suffix(labels).wildcard(); owner == "" {
			return nil, ReasonLabels
		}
	}
	signed, err := base64.StdEncoding.DecodeString(rr.Signature)
	if err != nil {
		return nil, ReasonMalformed
	}
	reason, tried := ReasonKeyMissing, 0
	for _, k := range zone.keys {
		if k.tag != rr.KeyTag || k.alg != rr.Algorithm {
			continue
		}
		if usable := k.usable(set, zone.apex); usable != ReasonNone {
			reason = usable
			continue
		}
		if tried++; tried > r.v.limits.KeysPerTag {
			return nil, ReasonWorkLimit
		}
		if over := r.charge(attempts, ReasonNone); over != ReasonNone {
			return nil, over
		}
		if r.verifyWith(k, set, sig, owner, signed) {
			return r.v.proof(set, sig, k, zone), ReasonNone
		}
		reason = ReasonSignatureInvalid
	}
	return nil, reason
}

// usable says why a key of a zone may not sign an RRset, "" where it may.
func (k *key) usable(set *rrset, apex name) Reason {
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
func (r *response) charge(attempts *int, reason Reason) Reason {
	*attempts++
	r.verifications++
	r.w.Verifications++
	limits := &r.v.limits
	if *attempts > limits.RRsetVerifications || r.verifications > limits.ResponseVerifications ||
		r.w.Verifications > limits.LookupVerifications {
		return ReasonWorkLimit
	}
	return reason
}

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4096); return &b }}

// verifyWith does the cryptography, or remembers how it ended before. The key of
// the memory holds everything that the answer depends on.
func (r *response) verifyWith(k *key, set *rrset, sig *signature, owner name, signed []byte) bool {
	pooled := buffers.Get().(*[]byte)
	defer buffers.Put(pooled)
	data := appendSigned((*pooled)[:0], sig, owner, set.rdatas)
	size := len(data)
	data = append(append(data, signed...), k.rdata...)
	data = binary.BigEndian.AppendUint32(data, uint32(size))
	data = binary.BigEndian.AppendUint32(data, uint32(len(signed)))
	*pooled = data
	id := sha256.Sum256(data)
	if valid, ok := r.v.signatures.get(id); ok {
		r.w.Cached++
		return valid
	}
	valid := k.pub.Verify(data[:size], signed)
	r.v.signatures.set(id, valid)
	return valid
}

// checkTime compares the validity period with the clock by serial arithmetic
// (RFC 4034, Section 3.1.5).
func (v *Validator) checkTime(rr *dns.RRSIG) Reason {
	now, skew := v.cfg.Now().Unix(), int64(v.cfg.Skew/time.Second)
	switch {
	case newer(rr.Inception, rr.Expiration):
		return ReasonSignatureExpired
	case newer(rr.Inception, uint32(now+skew)):
		return ReasonSignatureNotYet
	case newer(uint32(now-skew), rr.Expiration):
		return ReasonSignatureExpired
	}
	return ReasonNone
}

// proof describes a signature that has verified.
func (v *Validator) proof(set *rrset, sig *signature, k *key, zone *zoneKeys) *proof {
	now := v.cfg.Now()
	left := int64(int32(sig.rr.Expiration-uint32(now.Unix()))) + int64(v.cfg.Skew/time.Second)
	p := &proof{
		signer: sig.signer, tag: k.tag, alg: k.alg, labels: int(sig.rr.Labels),
		expires: now.Truncate(time.Second).Add(time.Duration(int32(sig.rr.Expiration-uint32(now.Unix()))) * time.Second),
		weak:    zone.weak || k.weak(),
	}
	p.ttl = min(set.ttl(), sig.rr.Hdr.Ttl, sig.rr.OrigTtl, uint32(max(left, 0)))
	return p
}

// expanded reports whether a verified RRset was made from a wildcard.
func (p *proof) expanded(set *rrset) bool { return p.labels < set.owner.signedLabels() }
