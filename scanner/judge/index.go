package judge

import (
	"crypto/sha256"
	"crypto/sha512"
	"slices"
	"strings"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// Index knows which host of a run showed which leaf certificate, so that a record
// on one host that describes another's can be told, and a key that is used by
// several operators. It is filled before judging and only read afterwards. Each
// leaf costs about 730 octets (BenchmarkIndex).
type Index struct {
	holders map[fingerprint]string   // certificate or key -> the first host by name
	keys    map[fingerprint][]string // key -> hosts, one for each operator, sorted, bounded

	operators *Operators
}

// maxSharers bounds the hosts that are kept for one key: the first by name.
const maxSharers = 16

// fingerprint stands for association data: 32 octets of a digest, whichever
// digest that is.
type fingerprint [sha256.Size]byte

// NewIndex returns an empty index.
func NewIndex() *Index {
	return &Index{holders: map[fingerprint]string{}, keys: map[fingerprint][]string{}, operators: NewOperators()}
}

// fingerprintOf takes that of a record's data: of a digest its first octets, of
// full data their SHA-256, so that data and their digest have one fingerprint.
func fingerprintOf(data []byte) fingerprint {
	if len(data) == sha256.Size || len(data) == sha512.Size {
		return fingerprint(data[:sha256.Size])
	}
	return sha256.Sum256(data)
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
		for _, matchingType := range []uint8{dane.SHA256, dane.SHA512} {
			if r, err := dane.Generate(dane.DANEEE, selector, matchingType, der); err == nil {
				x.hold(fingerprintOf(r.Data), host)
			}
		}
	}
	if key, ok := keyOf(der); ok {
		x.use(key, host)
	}
}

func (x *Index) hold(f fingerprint, host string) {
	if known, ok := x.holders[f]; !ok || host < known {
		x.holders[f] = strings.Clone(host)
	}
}

// use enters a host as one that has the key, in place of a later one of the same
// operator.
func (x *Index) use(key fingerprint, host string) {
	hosts := x.keys[key]
	at, known := slices.BinarySearch(hosts, host)
	if known || at == maxSharers {
		return
	}
	operator := x.operators.of(host)
	same := slices.IndexFunc(hosts, func(h string) bool { return x.operators.of(h) == operator })
	switch {
	case same >= 0 && same < at:
		return
	case same >= 0:
		hosts = slices.Delete(hosts, same, same+1)
	}
	hosts = slices.Insert(hosts, at, strings.Clone(host))
	x.keys[key] = hosts[:min(len(hosts), maxSharers)]
}

// keyOf returns the fingerprint of a certificate's key.
func keyOf(der []byte) (fingerprint, bool) {
	r, err := dane.Generate(dane.DANEEE, dane.SPKI, dane.SHA256, der)
	if err != nil {
		return fingerprint{}, false
	}
	return fingerprintOf(r.Data), true
}

// holder returns another host whose leaf the record's data describe, whatever the
// record's fields say.
func (x *Index) holder(r dane.Record, but string) (host string, ok bool) {
	if x == nil || len(r.Data) == 0 {
		return "", false
	}
	host, ok = x.holders[fingerprintOf(r.Data)]
	return host, ok && host != but
}

// sharers returns hosts of operators other than the host's own that use the key
// of a certificate, one for each, sorted.
func (x *Index) sharers(leaf []byte, host string) []string {
	key, ok := keyOf(leaf)
	if x == nil || !ok {
		return nil
	}
	var others []string
	own := x.operators.of(host)
	for _, other := range x.keys[key] {
		if x.operators.of(other) != own {
			others = append(others, other)
		}
	}
	return others
}
