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
	if at, ok := h.at(name); ok {
		return h.lists[at]
	}
	return nil
}

// at gives the index of the rows of a name.
func (h *holdings) at(name string) (uint32, bool) {
	if len(h.lists) == 0 {
		return 0, false
	}
	at, ok := h.names[maphash.String(h.seed, name)]
	return at, ok
}

// keys gives, for each list, the key of its row in a tally; nil: it has none.
func (h *holdings) keys(t *tally) []*string {
	of := make(map[int32]*string, len(t.rows))
	for _, r := range t.rows {
		of[r.id] = &r.key
	}
	all := make([]*string, len(h.lists))
	for i, rows := range h.lists {
		for _, r := range rows {
			if key := of[r.id]; key != nil {
				all[i] = key
			}
		}
	}
	return all
}

// meetings are what was seen together: a row and a name of it.
type meetings struct {
	seed  maphash.Seed
	limit int
	seen  map[meeting]struct{}
	lost  int64
}

type meeting struct {
	row  int32
	name uint64
}

func newMeetings() meetings {
	return meetings{seed: maphash.MakeSeed(), limit: maxKeys, seen: map[meeting]struct{}{}}
}

// first says whether a row meets a name for the first time. After the limit it is
// never so, and counted as lost.
func (m *meetings) first(r *row, name string) bool {
	at := meeting{r.id, maphash.String(m.seed, name)}
	if _, known := m.seen[at]; known {
		return false
	}
	if len(m.seen) >= m.limit {
		m.lost++
		return false
	}
	m.seen[at] = struct{}{}
	return true
}
