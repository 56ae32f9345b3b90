package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// maxKeys bounds the distinct keys that a tally holds: providers, parameters and
// issuers are named by strangers. What comes after them is counted as lost.
const maxKeys = 1 << 20

// between separates the texts of a key. No column holds it: names and words are
// printable, and what is not is escaped where it is read.
const between = "\x1f"

// row is one line of a figure while it is counted.
type row struct {
	counts []int64
	stamp  int64 // the serial of what was counted last, so that it counts once
	id     int32 // among the rows of all figures
	key    string
}

// once reports whether the thing of this serial was not counted here yet.
func (r *row) once(serial int64) bool {
	if r.stamp == serial {
		return false
	}
	r.stamp = serial
	return true
}

// tally counts by key in several columns.
type tally struct {
	width int
	limit int
	rows  map[string]*row
	key   []byte // room to put a key together
	lost  row    // all that came under a key after the limit
	next  *int32 // id of the next row

	spare  []row // made, not yet given out
	counts []int64
}

func newTally(width int, fixed []string, next *int32) *tally {
	t := &tally{width: width, limit: maxKeys, rows: map[string]*row{}, next: next}
	t.lost = row{counts: make([]int64, width), id: t.number()}
	for _, key := range fixed {
		t.at(key)
	}
	return t
}

func (t *tally) number() int32 {
	*t.next++
	return *t.next
}

// at returns the line of a key.
func (t *tally) at(key ...string) *row {
	if len(key) == 1 {
		if r := t.rows[key[0]]; r != nil {
			return r
		}
		return t.add(key[0])
	}
	t.key = t.key[:0]
	for i, text := range key {
		if i > 0 {
			t.key = append(t.key, between...)
		}
		t.key = append(t.key, text...)
	}
	if r := t.rows[string(t.key)]; r != nil {
		return r
	}
	return t.add(string(t.key))
}

// maxSpare bounds the rows that are made at a time.
const maxSpare = 512

// add makes the line of a new key.
func (t *tally) add(key string) *row {
	if len(t.rows) >= t.limit {
		return &t.lost
	}
	if len(t.spare) == 0 {
		n := min(max(len(t.rows), 4), maxSpare)
		t.spare, t.counts = make([]row, n), make([]int64, n*t.width)
	}
	key = strings.Clone(key)
	r := &t.spare[0]
	r.counts, r.id, r.key = t.counts[:t.width:t.width], t.number(), key
	t.spare, t.counts = t.spare[1:], t.counts[t.width:]
	t.rows[key] = r
	return r
}

// sorted returns the rows with the highest counts in the first column of the order
// first, then in the next, and so on, then by key.
func (t *tally) sorted(order []int) []*row {
	return slices.SortedFunc(maps.Values(t.rows), func(a, b *row) int {
		for _, i := range order {
			if c := cmp.Compare(b.counts[i], a.counts[i]); c != 0 {
				return c
			}
		}
		return strings.Compare(a.key, b.key) // between stands before all that a word has
	})
}
