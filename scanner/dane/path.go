package dane

import (
	"bytes"
	"slices"
	"time"
)

// Bounds of one search. A server can send certificates that all seem to have
// issued each other, so the number of paths is no bound.
const (
	maxSent  = 100     // certificates of a chain that are looked at
	maxSteps = 1024    // certificates stepped on
	maxWork  = 1 << 12 // signatures, an RSA key of 2048 bits counting for four
)

// search looks for paths from a leaf to the anchors that DANE-TA records match
// (RFC 7671, Section 5.2). It walks depth first, in the order in which OpenSSL
// picks issuers: certificates from DNS, then those sent, valid ones before
// expired ones. Where OpenSSL's one path leads to an anchor, that path is thus
// the first one found; where it does not, the search goes on.
type search struct {
	at      time.Time
	pool    []link
	anchors []anchor

	made  map[[2]*certificate]bool // signatures checked
	above map[*certificate][]link  // issuers, in the order to try
	names constrainer
	steps int
	work  int

	found     *anchor // the effective one that was reached first
	missed    *anchor // the effective one whose path, the first, is not valid
	missedAt  int     // its depth
	faults    fault   // of all paths to effective anchors that are not valid
	lastSeen  bool
	lastOwned bool // the first path that could not be extended ends self-issued
}

// link is a certificate that may stand in a path. owner is the record that it
// came in, -1 for one that the server sent.
type link struct {
	*certificate
	owner int
}

// anchor is a usable DANE-TA record and what the search found of it.
type anchor struct {
	Record
	index     int
	effective bool
	bare      *publicKey // of 2 1 0 (RFC 7671, Section 5.2.3)

	reached bool
	depth   int
}

// of reports whether the record is one of that certificate.
func (a *anchor) of(c *certificate) bool {
	return bytes.Equal(a.Data, c.association(a.Selector, a.MatchingType))
}

// fault says what is wrong with a path.
type fault uint8

const (
	faultExpired fault = 1 << iota
	faultChain
)

// run searches from the leaf until every anchor is reached, nothing is left to
// try or the bounds are.
func (s *search) run(leaf *certificate) {
	s.steps, s.work, s.names.left = maxSteps, maxWork, maxComparisons
	s.made, s.above = make(map[[2]*certificate]bool), make(map[*certificate][]link)
	s.visit(route{path: []link{{leaf, -1}}})
}

// exhausted reports whether the bounds ended the search.
func (s *search) exhausted() bool { return s.steps < 0 || s.work < 0 || s.names.left < 0 }

// route is a way up from the leaf. broken: some signature on it does not hold,
// so that it can only tell what else is amiss.
type route struct {
	path   []link
	broken bool
}

// to extends a route.
func (r route) to(issuer link, broken bool) route {
	return route{append(slices.Clip(r.path), issuer), r.broken || broken}
}

// visit tries the last certificate of the route as an anchor, then each of its
// issuers. It reports whether the search is over.
func (s *search) visit(r route) bool {
	if s.steps--; s.exhausted() {
		return true
	}
	last := r.path[len(r.path)-1]
	if len(r.path) > 1 { // the leaf is no issuer: where the RFC is silent, OpenSSL's rule
		s.tryAnchors(r, false, func(a *anchor) bool { return a.of(last.certificate) })
	}
	if last.namesIssuer(last.certificate) { // OpenSSL looks no further here
		s.tryKeys(r)
	}
	if s.over() {
		return true
	}
	var issuers []link
	if !s.selfSigned(last.certificate) {
		issuers = s.issuers(r.path)
	}
	extended := false
	for _, issuer := range issuers {
		if s.signs(issuer.certificate, last.certificate) {
			extended = true
			if s.visit(r.to(issuer, false)) {
				return true
			}
		}
	}
	return s.over() || !extended && s.end(r, issuers)
}

// end tries bare keys on a route that no certificate extends. The first that
// merely bears the issuer's name is followed after that, for the reason's sake.
func (s *search) end(r route, namesakes []link) bool {
	last := r.path[len(r.path)-1]
	if !s.lastSeen {
		s.lastSeen, s.lastOwned = true, last.selfIssued()
	}
	s.tryKeys(r)
	if s.over() || len(namesakes) == 0 {
		return s.over()
	}
	return s.visit(r.to(namesakes[0], true))
}

// tryKeys tries bare keys as the issuer of the route's last certificate.
func (s *search) tryKeys(r route) {
	last := r.path[len(r.path)-1]
	s.tryAnchors(r, true, func(a *anchor) bool { return a.bare != nil && s.signedBare(last.certificate, a.bare) })
}

func (s *search) over() bool {
	for i := range s.anchors {
		if !s.anchors[i].reached {
			return s.exhausted()
		}
	}
	return true
}

// tryAnchors judges the route, once, for the anchors not yet reached that are its
// end. bare: keys above its last certificate are tried, not the certificate.
func (s *search) tryAnchors(r route, bare bool, isEnd func(*anchor) bool) {
	var found fault
	judged := false
	for i := range s.anchors {
		a := &s.anchors[i]
		if a.reached || !isEnd(a) || foreign(r.path, a.index) {
			continue
		}
		if !judged {
			found, judged = s.judge(r, bare), true
		}
		if found != 0 {
			s.miss(a, found, len(r.path)-1)
			continue
		}
		a.reached, a.depth = true, len(r.path)-1
		if a.effective && s.found == nil {
			s.found = a
		}
	}
}

func (s *search) miss(a *anchor, f fault, depth int) {
	if !a.effective {
		return
	}
	s.faults |= f
	if s.missed == nil {
		s.missed, s.missedAt = a, depth
	}
}

// foreign reports whether a path uses a certificate that another record brought.
func foreign(path []link, index int) bool {
	return slices.ContainsFunc(path, func(l link) bool { return l.owner >= 0 && l.owner != index })
}

// issuers returns the certificates of the pool that may have issued the last of
// the path and are not yet in it, in the order to try.
func (s *search) issuers(path []link) []link {
	last := path[len(path)-1].certificate
	all, known := s.above[last]
	if !known {
		all = s.candidates(last)
		s.above[last] = all
	}
	var open []link
	for _, l := range all {
		if !contains(path, l) {
			open = append(open, l)
		}
	}
	return open
}

// candidates lists all that may have issued a certificate: those valid now, then
// the others, the latest to expire first.
func (s *search) candidates(c *certificate) []link {
	var valid, dated []link
	for _, l := range s.pool {
		switch {
		case !c.namesIssuer(l.certificate):
		case l.valid(s.at):
			valid = append(valid, l)
		default:
			dated = append(dated, l)
		}
	}
	slices.SortStableFunc(dated, func(a, b link) int { return b.notAfter.Compare(a.notAfter) })
	return append(valid, dated...)
}

func contains(path []link, l link) bool {
	return slices.ContainsFunc(path, func(p link) bool { return bytes.Equal(p.raw, l.raw) })
}

// namesIssuer reports whether issuer's name, key identifier and kind of key are
// what c says of its issuer (RFC 5280, Section 4.2.1.1). Certificates whose
// extensions cannot be read have no issuer and issue none.
func (c *certificate) namesIssuer(issuer *certificate) bool {
	if c.extensions.invalid || issuer.extensions.invalid {
		return false
	}
	if !c.issuerCanon.equal(issuer.subjectCanon) || !readAlgorithm(c.innerAlgorithm).fits(issuer.key().kind) {
		return false
	}
	id, own := c.extensions.authority, issuer.extensions.subjectKeyID
	return (id.keyID == nil || own == nil || bytes.Equal(id.keyID, own)) &&
		(id.serial == nil || bytes.Equal(id.serial, issuer.serial)) &&
		(!id.named || id.issuer.equal(issuer.issuerCanon))
}

// selfSigned reports whether a path ends here by nature.
func (s *search) selfSigned(c *certificate) bool { return c.namesIssuer(c) && s.signs(c, c) }

// signs checks a signature, once for each pair.
func (s *search) signs(issuer, c *certificate) bool {
	pair := [2]*certificate{issuer, c}
	if ok, known := s.made[pair]; known {
		return ok
	}
	s.made[pair] = s.signedBare(c, ptr(issuer.key()))
	return s.made[pair]
}

func ptr[T any](v T) *T { return &v }

// signedBare checks a signature, while there is work left.
func (s *search) signedBare(c *certificate, k *publicKey) bool {
	s.work -= k.cost()
	return s.work >= 0 && c.signedBy(*k) == nil
}

// cost is the work of checking one signature.
func (k publicKey) cost() int {
	if k.kind == kindRSA || k.kind == kindPSS {
		return max(1, k.bits*k.bits>>20)
	}
	return 4
}
