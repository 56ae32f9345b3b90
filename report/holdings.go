package report

import (
	"encoding/binary"
	"hash/maphash"
)

// holdings say in which rows each of many names is counted. Most names are alike,
// so equal lists of rows are held once, and names by 64 bits of a keyed hash: of
// ten million names two meet in one of 370,000 runs.
type holdings struct {
	seed  maphash.Seed
	names map[uint64]uint32 // index of lists
	known map[string]uint32 // list by the ids of its rows
	lists [][]*row
	key   []byte // room to put ids together
}

func newHoldings() holdings {
	return holdings{seed: maphash.MakeSeed(), names: map[uint64]uint32{}, known: map[string]uint32{}}
}

// put notes the rows of a name.
func (h *holdings) put(name string, rows []*row) {
	h.key = h.key[:0]
	for _, r := range rows {
		h.key = binary.LittleEndian.AppendUint32(h.key, uint32(r.id))
	}
	at, ok := h.known[string(h.key)]
	if !ok {
		at = uint32(len(h.lists))
		h.known[string(h.key)] = at
		h.lists = append(h.lists, append([]*row(nil), rows...))
	}
	h.names[maphash.String(h.seed, name)] = at
}

// of gives the rows of a name.
func (h *holdings) of(name string) []*row {
	if len(h.lists) == 0 {
		return nil
	}
	at, ok := h.names[maphash.String(h.seed, name)]
	if !ok {
		return nil
	}
	return h.lists[at]
}
