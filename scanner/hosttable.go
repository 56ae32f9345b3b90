package scanner

import (
	"crypto/sha256"

	"danescan/datasets/run"
	"danescan/scanner/judge"
)

// nameKey stands for a name, or for a name with more, where millions of them must be
// told apart: by half of a SHA-256, nobody can make two that pass for one.
type nameKey [sha256.Size / 2]byte

func keyOf(name string) nameKey {
	var room [256]byte
	sum := sha256.Sum256(append(room[:0], name...))
	return nameKey(sum[:sha256.Size/2])
}

// hostTable is what the join of domains and hosts needs of each host: how many
// domains name it, and its facts, which most hosts have in common with many others.
// A host takes about 50 octets.
type hostTable struct {
	numbers map[nameKey]uint32 // of the hosts that are named
	named   []uint32           // how many domains name each
	facts   []uint32           // which of kinds are each one's
	kinds   []judge.HostFacts  // the first stands for hosts that were not judged
	plain   map[plainFacts]uint32
}

// plainFacts are the facts of a host without sessions.
type plainFacts struct {
	state           run.TLSAState
	verdict         run.Verdict
	reason          run.Reason
	inferred, alias bool
}

func newHostTable() *hostTable {
	return &hostTable{numbers: map[nameKey]uint32{}, kinds: make([]judge.HostFacts, 1), plain: map[plainFacts]uint32{}}
}

// name counts a domain that names a host, or with by -1 takes one back.
func (t *hostTable) name(host string, by int) {
	key := keyOf(host)
	number, known := t.numbers[key]
	if !known {
		number = uint32(len(t.named))
		t.numbers[key] = number
		t.named, t.facts = append(t.named, 0), append(t.facts, 0)
	}
	t.named[number] += uint32(by)
}

// domains is how many domains name a host.
func (t *hostTable) domains(host string) int64 {
	if number, known := t.numbers[keyOf(host)]; known {
		return int64(t.named[number])
	}
	return 0
}

// set notes the facts of a host that is named, with the number of its sessions.
func (t *hostTable) set(host string, f judge.HostFacts, sessions int) {
	number := t.numbers[keyOf(host)]
	if sessions > 0 {
		t.facts[number] = t.keep(f)
		return
	}
	plain := plainFacts{f.State, f.Verdict, f.Reason, f.Inferred, f.Alias}
	kind, known := t.plain[plain]
	if !known {
		kind = t.keep(f)
		t.plain[plain] = kind
	}
	t.facts[number] = kind
}

func (t *hostTable) keep(f judge.HostFacts) uint32 {
	t.kinds = append(t.kinds, f)
	return uint32(len(t.kinds) - 1)
}

// of gives the facts of a host; zero: it was not judged.
func (t *hostTable) of(host string) judge.HostFacts {
	if number, known := t.numbers[keyOf(host)]; known {
		return t.kinds[t.facts[number]]
	}
	return judge.HostFacts{}
}
