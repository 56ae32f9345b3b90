package run

import (
	"bytes"
	"testing"
)

// Pages stay what they were until clear, whatever their size, and the memory is used
// again, but for that of a page larger than a block.
func TestShelf(t *testing.T) {
	var s shelf
	for round := range 3 {
		var kept [][]byte
		for i := range 3000 {
			header, page := bytes.Repeat([]byte{byte(i)}, 20), bytes.Repeat([]byte{byte(i + round)}, i%100)
			if i == 1500 {
				page = bytes.Repeat([]byte{7}, 2*shelfBlock)
			}
			kept = append(kept, s.keep(header, page))
		}
		for i, got := range kept {
			size := 20 + i%100
			if i == 1500 {
				size = 20 + 2*shelfBlock
			}
			if len(got) != size || got[0] != byte(i) || i%100 > 0 && i != 1500 && got[size-1] != byte(i+round) {
				t.Fatalf("round %d: page %d is %d octets, from %d to %d", round, i, len(got), got[0], got[len(got)-1])
			}
		}
		if len(s.blocks) != 4 { // for 208,500 octets, but for the large page
			t.Errorf("round %d: %d blocks", round, len(s.blocks))
		}
		s.clear()
	}
}
