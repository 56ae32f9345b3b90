package dnssec

import (
	_ "embed" // for the anchors of the root
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// Anchor is a trust anchor: a DS or a DNSKEY record whose owner is trusted. One of
// the two is set.
type Anchor struct {
	Name string // canonical
	DS   *dns.DS
	Key  *dns.DNSKEY
}

//go:embed root-anchors.zone
var rootAnchors string

// RootAnchors returns the anchors of the root zone as IANA publishes them; the
// file that they come from tells the date.
func RootAnchors() []Anchor {
	anchors, err := ParseAnchors(rootAnchors)
	if err != nil {
		return nil // a test reads the file
	}
	return anchors
}

// ParseAnchors reads DS and DNSKEY records in zone-file form, as Unbound's
// trust-anchor-file and BIND's static-ds tools write them. Other types are an
// error.
func ParseAnchors(text string) ([]Anchor, error) {
	parser := dns.NewZoneParser(strings.NewReader(text+"\n"), ".", "")
	parser.SetDefaultTTL(3600)
	var anchors []Anchor
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		owner, err := Canonical(rr.Header().Name)
		if err != nil {
			return nil, fmt.Errorf("trust anchor %q: %w", rr.Header().Name, err)
		}
		switch rr := rr.(type) {
		case *dns.DS:
			if rr.Digest == "" {
				return nil, fmt.Errorf("trust anchor %s: DS without a digest", owner)
			}
			anchors = append(anchors, Anchor{Name: owner, DS: rr})
		case *dns.DNSKEY:
			if rr.PublicKey == "" {
				return nil, fmt.Errorf("trust anchor %s: DNSKEY without a key", owner)
			}
			anchors = append(anchors, Anchor{Name: owner, Key: rr})
		default:
			return nil, fmt.Errorf("trust anchor %s: neither DS nor DNSKEY", owner)
		}
	}
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("trust anchors: %w", err)
	}
	return anchors, nil
}

// anchorPoint is what is trusted at one name: DS and DNSKEY records, or, for a
// negative anchor, that nothing is validated.
type anchorPoint struct {
	ds       []delegationSigner
	keys     []*key
	negative bool
}

var errAnchor = errors.New("neither DS nor DNSKEY")

// anchorPoints sorts the anchors by name. An anchor wins over a negative one at
// the same name.
func (v *Validator) anchorPoints(anchors []Anchor, insecure []string) error {
	v.anchors = make(map[Name]*anchorPoint)
	for _, s := range insecure {
		n, err := ParseName(s)
		if err != nil {
			return fmt.Errorf("negative trust anchor %q: %w", s, err)
		}
		v.anchors[n] = &anchorPoint{negative: true}
	}
	for _, a := range anchors {
		n, err := ParseName(a.Name)
		if err != nil {
			return fmt.Errorf("trust anchor %q: %w", a.Name, err)
		}
		p := v.anchors[n]
		if p == nil || p.negative {
			p = &anchorPoint{}
			v.anchors[n] = p
		}
		switch {
		case a.DS != nil:
			p.ds = append(p.ds, anchorDS(a.DS))
		case a.Key != nil:
			rdata, err := packData(a.Key)
			if err != nil {
				return fmt.Errorf("trust anchor %s: %w", a.Name, err)
			}
			p.keys = append(p.keys, readKey(rdata, v.algorithms))
		default:
			return fmt.Errorf("trust anchor %s: %w", a.Name, errAnchor)
		}
	}
	return nil
}

// anchorDS reads a DS record of the library. A digest that is none fits no key.
func anchorDS(ds *dns.DS) delegationSigner {
	digest, err := hex.DecodeString(ds.Digest)
	if err != nil {
		digest = nil
	}
	return delegationSigner{tag: ds.KeyTag, alg: ds.Algorithm, digestType: ds.DigestType, digest: string(digest)}
}

// closestAnchor returns the name at or above n that has an anchor, and the anchor;
// nil where there is none.
func (v *Validator) closestAnchor(n Name) (Name, *anchorPoint) {
	for {
		if p := v.anchors[n]; p != nil {
			return n, p
		}
		if n == Root {
			return Root, nil
		}
		n = n.parent()
	}
}
