package scanner

import (
	"testing"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// A null MX keeps its preference, the best of several, and is no host.
func TestNullMX(t *testing.T) {
	for records, want := range map[string]struct {
		kind       run.MXKind
		preference int32
		hosts      int
	}{
		"MX 0 .":                    {run.MXNull, 0, 0},
		"MX 10 .":                   {run.MXNull, 10, 0},
		"MX 20 .\nMX 7 .":           {run.MXNull, 7, 0},
		"MX 10 .\nMX 10 mx.example": {run.MXFound, -1, 2},
		"MX 10 mx.example.":         {run.MXFound, -1, 1},
	} {
		world := &dnsWorld{asked: map[string]int{}, sets: map[string][]string{"example.test MX": {records}}}
		c := &collector{cfg: Config{Resolver: world}.withDefaults()}
		d := c.domain(t.Context(), list.Name{Line: 1, Domain: "example.test"})
		preference := int32(-1)
		if d.NullPreference != nil {
			preference = *d.NullPreference
		}
		if d.MXKind != want.kind || preference != want.preference || len(d.MX) != want.hosts {
			t.Errorf("%q: %s, preference %d, %d hosts", records, d.MXKind, preference, len(d.MX))
		}
	}
}
