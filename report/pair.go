package report

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// pair is what lies between two runs, by names. Names that joined the list or left
// it are counted apart, so that a change of the list is no trend.
type pair struct {
	Fingerprint string           `json:"fingerprint"`
	Before      string           `json:"before"` // run IDs
	After       string           `json:"after"`
	Both        map[string]both  `json:"both"`   // names in both runs, by measure
	Joined      map[string]int64 `json:"joined"` // names of the later run alone, by measure
	Left        map[string]int64 `json:"left"`   // names of the earlier run alone
	Moves       []move           `json:"moves"`  // verdicts that changed, of names in both
	Blame       []blame          `json:"blame"`  // hosts of names that failed since
}

// both is a measure of the same names, twice.
type both struct {
	Before int64 `json:"before"`
	After  int64 `json:"after"`
}

// move counts names whose verdict changed.
type move struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Names int64  `json:"names"`
}

// blame is a host for which names failed that had not failed before.
type blame struct {
	Host  string `json:"host"`
	Names int64  `json:"names"`
}

// maxBlamed bounds the hosts that are named.
const maxBlamed = 100

// before is what is remembered of a name of the earlier run: about 30 octets each.
type before struct {
	came    uint16 // a bit for each step
	verdict uint8
	seen    bool // in the later run too
}

// nameKey stands for a name: of two lists of a hundred million names, two share a
// key with a chance of one in two thousand.
type nameKey uint64

func keyOfName(name string) nameKey {
	sum := sha256.Sum256([]byte(name))
	return nameKey(binary.BigEndian.Uint64(sum[:8]))
}

// pairPath is where a pair is kept.
func pairPath(before, after string) string {
	return path.Join("data", "pairs", slug(before)+"-"+slug(after)+".json")
}

// pairOf gives what lies between two runs, read anew only if it is not known.
func pairOf(ctx context.Context, a, b entry, cfg Config) (pair, error) {
	at := filepath.Join(cfg.Out, filepath.FromSlash(pairPath(a.RunID, b.RunID)))
	var known pair
	if err := readJSON(at, &known); err != nil {
		return pair{}, err
	}
	if known.Fingerprint == a.Fingerprint+b.Fingerprint && known.Fingerprint != "" {
		return known, nil
	}
	old, err := run.Open(a.dir)
	if err != nil {
		return pair{}, err
	}
	defer old.Close()
	later, err := run.Open(b.dir)
	if err != nil {
		return pair{}, err
	}
	defer later.Close()
	p, err := compare(ctx, run.Select[run.Domain](old, pairColumns()...), run.Select[run.Domain](later, pairColumns()...))
	if err != nil {
		return pair{}, err
	}
	p.Fingerprint, p.Before, p.After = a.Fingerprint+b.Fingerprint, a.RunID, b.RunID
	if cfg.RedactDomains {
		p.Blame = slices.DeleteFunc(p.Blame, func(h blame) bool { return h.Names < fewest })
	}
	return p, writeJSON(at, p)
}

// comparison counts while two runs are read.
type comparison struct {
	known    map[nameKey]before
	verdicts []run.Verdict // by number
	old, now [steps]int64  // of names in both
	joined   [steps]int64
	left     [steps]int64
	moves    map[[2]string]int64
	blame    map[string]int64
}

// pairColumns are what it takes to compare two runs.
func pairColumns() []string {
	return []string{"domain", "mx_kind", "mx_secure", "hosts_with_tlsa", "verdict", "primary_verified", "mx.host", "mx.verdict"}
}

// compare reads the domains of two runs, the earlier first.
func compare(ctx context.Context, old, later iter.Seq2[*run.Domain, error]) (pair, error) {
	c := comparison{known: map[nameKey]before{}, moves: map[[2]string]int64{}, blame: map[string]int64{}}
	if err := each(ctx, old, c.remember); err != nil {
		return pair{}, err
	}
	if err := each(ctx, later, c.meet); err != nil {
		return pair{}, err
	}
	for _, b := range c.known {
		if !b.seen {
			addBits(&c.left, b.came)
		}
	}
	return c.pair(), nil
}

func (c *comparison) remember(d *run.Domain) {
	b := before{verdict: uint8(c.number(d.Verdict))}
	for i, n := range progress(d) {
		if n > 0 {
			b.came |= 1 << i
		}
	}
	c.known[keyOfName(d.Domain)] = b
}

// number gives a verdict a number. There are eleven verdicts; what a damaged run
// has beyond 256 counts as the last.
func (c *comparison) number(v run.Verdict) int {
	i := slices.Index(c.verdicts, v)
	if i < 0 && len(c.verdicts) < 256 {
		c.verdicts = append(c.verdicts, run.Verdict(strings.Clone(string(v))))
		i = len(c.verdicts) - 1
	}
	if i < 0 {
		i = 255
	}
	return i
}

func (c *comparison) meet(d *run.Domain) {
	came := progress(d)
	key := keyOfName(d.Domain)
	b, known := c.known[key]
	if !known {
		for i, n := range came {
			c.joined[i] += n
		}
		return
	}
	b.seen = true
	c.known[key] = b
	addBits(&c.old, b.came)
	for i, n := range came {
		c.now[i] += n
	}
	was := c.verdicts[b.verdict]
	if was == d.Verdict {
		return
	}
	c.moves[[2]string{string(was), string(c.verdicts[c.number(d.Verdict)])}]++
	if d.Verdict == run.DANEFailed {
		for _, mx := range d.MX {
			if failing(mx.Verdict) && (len(c.blame) < maxKeys || c.blame[mx.Host] > 0) {
				c.blame[strings.Clone(mx.Host)]++
			}
		}
	}
}

func addBits(to *[steps]int64, bits uint16) {
	for i := range to {
		to[i] += int64(bits >> i & 1)
	}
}

func (c *comparison) pair() pair {
	p := pair{Both: map[string]both{}, Joined: map[string]int64{}, Left: map[string]int64{}}
	for i, name := range stepNames() {
		p.Both[name] = both{c.old[i], c.now[i]}
		p.Joined[name], p.Left[name] = c.joined[i], c.left[i]
	}
	for _, key := range largest(c.moves, len(c.moves)) {
		p.Moves = append(p.Moves, move{key[0], key[1], c.moves[key]})
	}
	for _, host := range largest(c.blame, maxBlamed) {
		p.Blame = append(p.Blame, blame{host, c.blame[host]})
	}
	return p
}

// largest are the keys of the n largest counts; equal ones by name.
func largest[K interface{ string | [2]string }](counts map[K]int64, n int) []K {
	text := func(k K) string {
		switch k := any(k).(type) {
		case [2]string:
			return k[0] + between + k[1]
		case string:
			return k
		}
		return ""
	}
	keys := slices.SortedFunc(maps.Keys(counts), func(a, b K) int {
		if d := counts[b] - counts[a]; d != 0 {
			return int(d)
		}
		if text(a) < text(b) {
			return -1
		}
		return 1
	})
	return keys[:min(n, len(keys))]
}
