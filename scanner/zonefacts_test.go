package scanner

import (
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// What a lookup meets on its way is kept: the servers of the zone, and where it is
// signed its DS records and the algorithms of its keys. All at no extra question.
func TestZoneFactsOfDomains(t *testing.T) {
	t.Parallel()
	_, job := startLab(t, lab.Config{Seed: 13, Domains: 300})
	job.Config.Probe = ProbeNone
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var served, signed, secure int
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		if len(d.NS) > 0 {
			served++
			if d.DNSOperator == "" {
				t.Errorf("%s has servers %v and no operator", d.Domain, d.NS)
			}
		}
		if d.ZoneDNSSEC == run.Secure {
			secure++
			if len(d.DS) > 0 && len(d.DNSKEYAlgorithms) > 0 {
				signed++
			}
		} else if len(d.DNSKEYAlgorithms) > 0 && d.ZoneDNSSEC == run.Insecure {
			t.Errorf("%s is insecure and has proven keys %v", d.Domain, d.DNSKEYAlgorithms)
		}
	}
	if served < 250 || signed < 40 || signed < secure*9/10 {
		t.Errorf("of 300 domains %d have servers; of %d secure ones %d have DS and key algorithms", served, secure, signed)
	}
}
