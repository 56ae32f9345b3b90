package run

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

var writeSchema = flag.Bool("write-schema", false, "write the fixture of this schema version to testdata/schema, once")

func schemaDir(version int) string {
	return filepath.Join("..", "..", "testdata", "schema", fmt.Sprint("v", version))
}

// writeFixture makes a finished run of the rows of this version.
func writeFixture(t *testing.T, dir string) {
	t.Helper()
	m := sampleManifest()
	m.CrossCheck, m.Counts.Again = sampleChecks(), &Again{Domains: 5, Answered: 4}
	m.RunID, m.Tool = "schema-fixture", Tool{Name: "danescan", Version: "v0.0.0"}
	r, err := Create(dir, m)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := r.Final(m)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		f.Domains.Write(fullDomain(1), emptyDomain(2)), f.Hosts.Write(fullHost("a.example"), emptyHost("b.example")),
		f.Endpoints.Write(fullEndpoint("a.example", 1), emptyEndpoint("b.example", 1)), f.Certificates.Write(fullCertificate(1), emptyCertificate(2)),
	)
	if err != nil {
		t.Fatal(err)
	}
	m.Finished = ptr(sampleTime)
	if err := f.Commit(m); err != nil {
		t.Fatal(err)
	}
}

// What a version wrote is read for ever. The fixture is of the bytes that were
// written then; the rows beside it are literals.
func TestSchemaV1(t *testing.T) {
	r, err := Open(schemaDir(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	wantRows(t, collect(t, r.Domains()), domainV1(1), emptyDomain(2))
	wantRows(t, collect(t, r.Hosts()), hostV1("a.example"), emptyHost("b.example"))
	wantRows(t, collect(t, r.Endpoints()), endpointV1("a.example", 1), emptyEndpoint("b.example", 1))
	wantRows(t, collect(t, r.Certificates()), certificateV1(1), emptyCertificate(2))
	if got := r.Manifest(); got.SchemaVersion != 1 || got.List.ID != "K25VW" || !got.Started.Equal(sampleTime) || got.Settings["probe"] != "dane" {
		t.Errorf("manifest %+v", got)
	}
}

func TestSchemaV2(t *testing.T) {
	r, err := Open(schemaDir(2))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	wantRows(t, collect(t, r.Domains()), domainV2(1), emptyDomain(2))
	wantRows(t, collect(t, r.Hosts()), hostV2("a.example"), emptyHost("b.example"))
	if got := r.Manifest(); got.SchemaVersion != 2 || !reflect.DeepEqual(got.CrossCheck, sampleChecks()) {
		t.Errorf("manifest %+v", got)
	}
}

func TestSchemaV3(t *testing.T) {
	if *writeSchema {
		writeFixture(t, schemaDir(SchemaVersion))
	}
	r, err := Open(schemaDir(3))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	wantRows(t, collect(t, r.Domains()), domainV3(1), emptyDomain(2))
	if got := r.Manifest(); got.SchemaVersion != 3 || !reflect.DeepEqual(got.Counts.Again, &Again{Domains: 5, Answered: 4}) {
		t.Errorf("manifest %+v", got)
	}
}

func wantRows[T Row](t *testing.T, got []T, want ...T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%T:\n%+v\nnot\n%+v", want, got, want)
	}
}

// Every version that was released has its fixture.
func TestEverySchemaHasAFixture(t *testing.T) {
	for v := 1; v <= SchemaVersion; v++ {
		if _, err := os.Stat(filepath.Join(schemaDir(v), ManifestName)); err != nil {
			t.Errorf("version %d: %v", v, err)
		}
	}
}

// The full rows leave no column out, or the fixture would say nothing of it.
func TestFullRowsAreFull(t *testing.T) {
	wantFull(t, fullDomain(1))
	wantFull(t, fullHost("a.example"))
	wantFull(t, fullEndpoint("a.example", 1))
	wantFull(t, fullCertificate(1))
}

func wantFull[T Row](t *testing.T, row T) {
	t.Helper()
	d, err := newDraft[T](spoolGrain)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range d.chunks {
		d.fill(c, []T{row})
		if _, there := c.values(); there == 0 {
			t.Errorf("%T: column %v is empty", row, c.path)
		}
	}
}

// A part of a time before a column has null there; one with a column that is not
// known yet is read without it.
func TestColumnsComeAndGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, []DomainEvidence{fullDomain(1).DomainEvidence}); err != nil {
		t.Fatal(err)
	}
	got := collect(t, rowsOf[Domain](path, anyPart("run-1")))
	if want := (Domain{DomainEvidence: fullDomain(1).DomainEvidence}); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("without the columns of the verdict: %+v", got)
	}
}

// A row type that is a part of another reads its columns alone.
func TestNamings(t *testing.T) {
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := r.Spool()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.WriteDomains(0, []DomainEvidence{fullDomain(1).DomainEvidence, emptyDomain(2).DomainEvidence}); err != nil {
		t.Fatal(err)
	}
	want := []Naming{
		{Line: 1, Domain: "d1.example.org", MX: []MXNaming{{"mx1.example.net"}, {"mx2.example.net"}}},
		{Line: 2, Domain: "d2.example.org"},
	}
	wantRows(t, collect(t, owned(s.NamingBatches())), want...)
	finish(t, r, 1)
	wantRows(t, collect(t, r.Namings()), want[0])
}
