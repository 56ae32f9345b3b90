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
}

func newTally(width int, fixed []string) *tally {
	t := &tally{width: width, limit: maxKeys, rows: map[string]*row{}, lost: row{counts: make([]int64, width)}}
	for _, key := range fixed {
		t.at(key)
	}
	return t
}

// at returns the line of a key.
func (t *tally) at(key ...string) *row {
	t.key = t.key[:0]
	for i, text := range key {
		if i > 0 {
			t.key = append(t.key, between...)
		}
		t.key = append(t.key, text...)
	}
	r := t.rows[string(t.key)]
	if r == nil {
		if len(t.rows) >= t.limit {
			return &t.lost
		}
		r = &row{counts: make([]int64, t.width)}
		t.rows[string(t.key)] = r
	}
	return r
}

// sorted returns the keys with the highest counts in the last column first, then
// in the one before it, and so on, then by name.
func (t *tally) sorted(order []int) []string {
	return slices.SortedFunc(maps.Keys(t.rows), func(a, b string) int {
		x, y := t.rows[a].counts, t.rows[b].counts
		for _, i := range order {
			if c := cmp.Compare(y[i], x[i]); c != 0 {
				return c
			}
		}
		return strings.Compare(a, b) // between stands before all that a word has
	})
}
