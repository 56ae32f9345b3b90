package run

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// many makes n rows, of which each third is full, each third empty and each third
// of another shape, and more of them than a frame and a page hold.
func many[T Row](n int, full, empty func(i int) T, odd func(i int) T) []T {
	rows := make([]T, n)
	for i := range rows {
		rows[i] = [](func(int) T){full, empty, odd}[i%3](i)
	}
	return rows
}

func manyDomains(n int) []Domain {
	return many(n, func(i int) Domain { return fullDomain(int64(i)) }, func(i int) Domain { return emptyDomain(int64(i)) }, func(i int) Domain {
		d := usualDomain(int64(i))
		for k := range i % 7 {
			d.MX = append(d.MX, MX{int32(k), fmt.Sprintf("mx%d.%d.example", k, i), Verified, "", k%2 == 0})
			d.Findings = append(d.Findings, Finding{Code: "mx-insecure", Detail: fmt.Sprint(k)})
		}
		return d
	})
}

func manyHosts(n int) []Host {
	name := func(i int) string { return fmt.Sprintf("mx%06d.example", i) }
	return many(n, func(i int) Host { return fullHost(name(i)) }, func(i int) Host { return emptyHost(name(i)) }, func(i int) Host {
		h := fullHost(name(i))
		for k := range i % 50 * (i % 11) { // at most 490: more than a frame has rows
			h.TLSA = append(h.TLSA, TLSA{3, 1, int32(k), nil, []byte{byte(k)}, nil, "", nil, ptr(int32(k))})
		}
		h.TLSACandidates = append(h.TLSACandidates, TLSACandidate{Base: name(i), LookedUpAt: sampleTime.Add(time.Duration(i) * time.Second)})
		for k := range i % 4 { // lists within a list, some longer than a frame, some empty
			c := TLSACandidate{Base: fmt.Sprint(k), LookedUpAt: sampleTime}
			for link := range i % 13 * (k * 40 % 50) {
				c.Lookup.Chain = append(c.Lookup.Chain, Alias{fmt.Sprint(i), fmt.Sprint(k, link), Insecure})
			}
			h.TLSACandidates = append(h.TLSACandidates, c)
		}
		return h
	})
}

// finished makes a run of these rows.
func finished(t testing.TB, domains []Domain, hosts []Host) *Run {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	m := sampleManifest()
	m.Finished, m.Parts = nil, nil
	r, err := Create(filepath.Join(t.TempDir(), "run"), m)
	check(err)
	t.Cleanup(func() { r.Close() })
	final, err := r.Final(m)
	check(err)
	for _, d := range domains {
		check(final.Domains.Write(d))
	}
	for _, h := range hosts {
		check(final.Hosts.Write(h))
	}
	m.Finished = ptr(time.Now())
	check(final.Commit(m))
	return r
}

// selectable are the columns of a table that can be selected: all leaves.
func selectable(t Table) []string {
	var names []string
	for _, c := range Columns(t) {
		if c.Leaf {
			names = append(names, c.Name)
		}
	}
	return names
}

// What Select gives is what the whole rows have, however the columns are cut.
func TestSelectGivesWhatIsThere(t *testing.T) {
	r := finished(t, manyDomains(2000), manyHosts(700))
	checkSelect(t, r, r.Domains, selectable(TableDomains))
	checkSelect(t, r, r.Hosts, selectable(TableHosts))
}

func checkSelect[T Row](t *testing.T, r *Run, whole func() iter.Seq2[T, error], columns []string) {
	t.Helper()
	i := 0
	want := collect(t, whole())
	for got, err := range Select[T](r, columns...) {
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want[i]) {
			t.Fatalf("row %d is\n%+v\nnot\n%+v", i, *got, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d rows, not %d", i, len(want))
	}
}

// Only what was asked for is there.
func TestSelectGivesNothingElse(t *testing.T) {
	r := finished(t, []Domain{fullDomain(1), emptyDomain(2), fullDomain(3)}, []Host{fullHost("a")})
	var got []string
	for d, err := range Select[Domain](r, "domain", "mx.host", "mx_lookup.ttl", "verdict") {
		if err != nil {
			t.Fatal(err)
		}
		want := Domain{}
		want.Domain, want.Verdict = d.Domain, d.Verdict
		for _, mx := range d.MX {
			want.MX = append(want.MX, MX{Host: mx.Host})
		}
		if d.MXLookup != nil {
			want.MXLookup = &Lookup{TTL: d.MXLookup.TTL}
			got = append(got, fmt.Sprint(*d.MXLookup.TTL))
		}
		if !reflect.DeepEqual(*d, want) {
			t.Errorf("%+v", *d)
		}
		got = append(got, d.Domain, string(d.Verdict), fmt.Sprint(len(d.MX)))
	}
	want := []string{"300", "d1.example.org", "dane-failed", "2", "d2.example.org", "", "0", "300", "d3.example.org", "dane-failed", "2"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestSelectRefuses(t *testing.T) {
	r := finished(t, manyDomains(10), []Host{fullHost("a")})
	for _, tc := range []struct {
		err  error
		want string
	}{
		{firstError(Select[Domain](r, "domain", "colour")), `the table domains has no column "colour"`},
		{firstError(Select[Domain](r, "mx_look")), `the table domains has no column "mx_look"`},
	} {
		if tc.err == nil || !strings.Contains(tc.err.Error(), tc.want) {
			t.Errorf("error %v, want %s", tc.err, tc.want)
		}
	}
	unfinished := *r
	unfinished.manifest.Finished = nil
	if err := firstError(Select[Domain](&unfinished, "domain")); !errors.Is(err, ErrUnfinished) {
		t.Errorf("an unfinished run: %v", err)
	}
}

// A part that was altered is refused by name, after whole parts before it.
func TestSelectNamesTheDamagedPart(t *testing.T) {
	r := finished(t, manyDomains(1000), nil)
	path := filepath.Join(r.Dir(), "domains", partName(0))
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	err = firstError(Select[Domain](r, "domain"))
	var part *PartError
	if !errors.As(err, &part) || part.Path != path || !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

// Who stops early waits for the reader and for nothing else.
func TestSelectStops(t *testing.T) {
	r := finished(t, manyDomains(5000), nil)
	for _, after := range []int{1, selectRows, 3*selectRows + 1} {
		n := 0
		for _, err := range Select[Domain](r, "domain") {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == after {
				break
			}
		}
		if n != after {
			t.Errorf("stopped after %d rows, not %d", n, after)
		}
	}
}
