package list

import (
	"strconv"
	"testing"
)

// The sample is that which anyone can draw: int.from_bytes(sha256(b"7:" + name)
// .digest()[:8]) < share * 2**64 in Python gives these.
func TestSample(t *testing.T) {
	for _, tc := range []struct {
		percent float64
		want    string
	}{
		{0, "abcdefghij"}, {100, "abcdefghij"}, {50, "aefgi"}, {10, ""}, {0.001, ""},
	} {
		s, err := newSampler(tc.percent, 7)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, c := range "abcdefghij" {
			if s.has(string(c) + ".example") {
				got += string(c)
			}
		}
		if got != tc.want {
			t.Errorf("%v %%: %q, want %q", tc.percent, got, tc.want)
		}
	}
	s, err := newSampler(1, 3)
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for i := range 100_000 {
		if s.has("name" + strconv.Itoa(i) + ".example") {
			taken++
		}
	}
	if taken < 900 || taken > 1100 {
		t.Errorf("1 %% of 100,000 is %d", taken)
	}
}
