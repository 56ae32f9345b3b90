package run

import (
	"errors"
	"os"
	"reflect"
	"testing"
)

// lookupRun is a finished run of several parts and row groups.
func lookupRun(t testing.TB, rows int) *Run {
	t.Helper()
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	m := r.Manifest()
	f, err := r.final(m, int64(rows/2+1))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range usualDomains(rows) {
		if err := f.Domains.Write(d); err != nil {
			t.Fatal(err)
		}
	}
	err = errors.Join(
		f.Hosts.Write(fullHost("mx1.example"), emptyHost("mx2.example")),
		f.Endpoints.Write(fullEndpoint("mx1.example", 1), fullEndpoint("mx1.example", 2), emptyEndpoint("mx2.example", 1)),
		f.Certificates.Write(fullCertificate(1), emptyCertificate(2)),
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Finished = ptr(sampleTime)
	if err := f.Commit(m); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFind(t *testing.T) {
	const rows = 5000
	r := lookupRun(t, rows)
	for _, line := range []int64{1, 2, 77, 2500, 2501, 2502, rows} {
		want := usualDomains(int(line))[line-1]
		got, ok, err := FindDomain(r.Dir(), want.Domain)
		if err != nil || !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v %v\n%+v", want.Domain, ok, err, got)
		}
	}
	if _, ok, err := r.FindDomain("d0.example.org"); ok || err != nil {
		t.Errorf("a domain that is not there: %v %v", ok, err)
	}
	if h, ok, err := r.FindHost("mx2.example"); !ok || err != nil || h.Host != "mx2.example" {
		t.Errorf("host: %v %v", ok, err)
	}
	if got := collect(t, r.FindEndpoints("mx1.example")); len(got) != 2 || got[1].Attempt != 2 {
		t.Errorf("endpoints: %+v", got)
	}
	if c, ok, err := r.FindCertificate([]byte{2, 1}); !ok || err != nil || len(c.DER) != 1 {
		t.Errorf("certificate: %v %v", ok, err)
	}
}

func TestFindRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := FindDomain(dir, "a.example"); !errors.Is(err, ErrNotRun) {
		t.Errorf("no run: %v", err)
	}
	r, err := Create(dir, sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, _, err := r.FindDomain("a.example"); !errors.Is(err, ErrUnfinished) {
		t.Errorf("no tables: %v", err)
	}
	finish(t, r, 1)
	path := r.path("domains/part-000000.parquet")
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	var named *PartError
	if _, _, err := r.FindDomain("d1.example.org"); !errors.Is(err, ErrDamaged) || !errors.As(err, &named) || named.Path != path {
		t.Errorf("a part cut short: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.FindDomain("d1.example.org"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a part that is gone: %v", err)
	}
}
