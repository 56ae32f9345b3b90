package scanner

import (
	"path/filepath"
	"testing"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

func TestParseShard(t *testing.T) {
	for text, want := range map[string]Shard{"": {}, "1/1": {1, 1}, "2/4": {2, 4}, "4/4": {4, 4}} {
		if got, err := ParseShard(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0/4", "5/4", "1", "/", "a/b", "1/4/2", "-1/4", "1/65537"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Every range and every host belongs to exactly one shard. The hashes are those
// of anyone's SHA-256, so that machines agree whatever their version.
func TestShardsShareOut(t *testing.T) {
	for _, of := range []int{2, 3, 7} {
		ranges, hosts := make([]int, of), make([]int, of)
		for i := range 700 {
			r, h := 0, 0
			for n := 1; n <= of; n++ {
				if (Shard{n, of}).hasRange(i) {
					r++
					ranges[n-1]++
				}
				if (Shard{n, of}).hasHost("mx" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example") {
					h++
					hosts[n-1]++
				}
			}
			if r != 1 || h != 1 {
				t.Fatalf("range %d is in %d of %d shards, its host in %d", i, r, of, h)
			}
		}
		for n := range of {
			if ranges[n] != 700/of && ranges[n] != 700/of+1 || hosts[n] < 700/of/2 || hosts[n] > 700/of*2 {
				t.Errorf("shard %d/%d: %d ranges, %d hosts", n+1, of, ranges[n], hosts[n])
			}
		}
	}
	for host, want := range map[string]int{"mx.example.com": 2, "mail.example.org": 2} {
		if !(Shard{want, 3}).hasHost(host) {
			t.Errorf("%s is not in shard %d of 3", host, want)
		}
	}
}

// The domains of all shards are those of the undivided run, each once.
func TestShardsTogetherAreTheList(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 9, Domains: 300})
	job.DNS, job.Config.Probe = frontOf(l), ProbeNone
	job.Config.rangeLines = 50
	dir, looked := job.Dir, map[string]int{}
	for n := range 3 {
		job.Dir = filepath.Join(dir, string(rune('1'+n)))
		job.Config.Ranges = Shard{n + 1, 3}
		if _, err := Scan(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		domains := 0
		for _, d := range listedIn(t, job.Dir) {
			looked[d]++
			domains++
		}
		if domains < l.Len()/6 {
			t.Errorf("shard %d has %d of %d domains", n+1, domains, l.Len())
		}
	}
	for c := range l.Truth() {
		if looked[c.Domain] != 1 {
			t.Errorf("%s was looked up in %d shards", c.Domain, looked[c.Domain])
		}
	}
	if len(looked) != l.Len() {
		t.Errorf("%d domains, want %d", len(looked), l.Len())
	}
}

// A shard of the hosts leaves those of the others alone.
func TestShardOfHosts(t *testing.T) {
	t.Parallel()
	l, job := startLab(t, lab.Config{Seed: 9, Domains: 200})
	job.DNS, job.Config.Probe = frontOf(l), ProbeNone
	job.Config.Hosts = Shard{2, 2}
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(job.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	hosts := 0
	for h, err := range r.Hosts() {
		if err != nil || !job.Config.Hosts.hasHost(h.Host) {
			t.Errorf("%s, %v", h.Host, err)
		}
		hosts++
	}
	if hosts < 20 {
		t.Errorf("only %d hosts", hosts)
	}
}

func listedIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, d.Domain)
	}
	return names
}
