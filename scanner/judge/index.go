package judge

import (
	"crypto/sha256"
	"sort"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// Index knows which host of a run showed which leaf certificate, so that a record
// on one host that describes another's can be told, and a key that is used by
// several operators. It is filled before judging and only read afterwards.
//
// It takes about 300 octets for each distinct pair of a host and a leaf.
type Index struct {
	holders map[[sha256.Size]byte]string            // association data -> the first host by name
	keys    map[[sha256.Size]byte]map[string]string // key -> operator -> the first host by name
}

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{holders: map[[sha256.Size]byte]string{}, keys: map[[sha256.Size]byte]map[string]string{}}
}

// Add enters the leaf that a session showed. The order of additions is of no
// consequence. Sessions without a chain, and certificates that certs does not
// have or that have no key, add nothing.
func (x *Index) Add(e *run.EndpointEvidence, certs Certificates) {
	if len(e.Chain) == 0 {
		return
	}
	der := certs.DER(e.Chain[0])
	if der == nil {
		return
	}
	host := canonical(e.Host)
	for _, selector := range []uint8{dane.Cert, dane.SPKI} {
		for _, matchingType := range []uint8{dane.Full, dane.SHA256, dane.SHA512} {
			r, err := dane.Generate(dane.DANEEE, selector, matchingType, der)
			if err != nil {
				continue
			}
			x.hold(r, host)
			if selector == dane.SPKI && matchingType == dane.Full {
				x.use(r.Data, host)
			}
		}
	}
}

func (x *Index) hold(r dane.Record, host string) {
	key := sha256.Sum256(r.Data)
	if known, ok := x.holders[key]; !ok || host < known {
		x.holders[key] = host
	}
}

func (x *Index) use(spki []byte, host string) {
	key, operator := sha256.Sum256(spki), registrable(host)
	if x.keys[key] == nil {
		x.keys[key] = map[string]string{}
	}
	if known, ok := x.keys[key][operator]; !ok || host < known {
		x.keys[key][operator] = host
	}
}

// holder returns another host whose leaf the record's data describe, whatever the
// record's fields say.
func (x *Index) holder(r dane.Record, but string) (host string, ok bool) {
	if x == nil || len(r.Data) == 0 {
		return "", false
	}
	host, ok = x.holders[sha256.Sum256(r.Data)]
	return host, ok && host != but
}

// sharers returns hosts of operators other than the host's own that use the key
// of a certificate, one for each, sorted.
func (x *Index) sharers(leaf []byte, host string) []string {
	if x == nil {
		return nil
	}
	r, err := dane.Generate(dane.DANEEE, dane.SPKI, dane.Full, leaf)
	if err != nil {
		return nil
	}
	var others []string
	own := registrable(host)
	for operator, other := range x.keys[sha256.Sum256(r.Data)] {
		if operator != own {
			others = append(others, other)
		}
	}
	sort.Strings(others)
	return others
}
