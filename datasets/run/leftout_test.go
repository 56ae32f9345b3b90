package run

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// columnsOf lists the columns of the table that a part has.
func columnsOf(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, field := range file.Schema().Fields() {
		names = append(names, field.Name())
	}
	return names
}

func putDomains(t *testing.T, s *Spool, n int, rows ...DomainEvidence) {
	t.Helper()
	pile := NewPile[DomainEvidence]()
	for i := range rows {
		pile.Add(&rows[i])
	}
	if err := s.PutDomains(n, pile); err != nil {
		t.Fatal(err)
	}
}

func TestColumnsLeftOut(t *testing.T) {
	s := newSpool(t)
	putDomains(t, s, 0, emptyDomain(1).DomainEvidence, emptyDomain(2).DomainEvidence)
	putDomains(t, s, 1)
	putDomains(t, s, 2, fullDomain(3).DomainEvidence)
	required := []string{"line", "domain", "tld", "scanned_at", "queries", "elapsed_ms"}
	all := []string{
		"line", "rank", "domain", "unicode", "tld", "registrable", "group", "scanned_at", "zone", "zone_dnssec", "dnskey_algorithms", "ds", "ns",
		"soa_rname", "mx_kind", "mx_lookup", "mx_dnssec", "fallback_a", "fallback_aaaa", "mx", "null_preference", "mta_sts", "tlsrpt", "queries",
		"elapsed_ms", "cross_check", "attempts", "first_look",
	}
	for n, want := range [][]string{required, required, all} {
		if got := columnsOf(t, filepath.Join(s.tableDir(TableDomains), partName(n))); !slices.Equal(got, want) {
			t.Errorf("part %d has the columns %v, not %v", n, got, want)
		}
	}
	if err := s.PutEndpoints(pileOf(t, []EndpointEvidence{emptyEndpoint("a", 1).EndpointEvidence})); err != nil {
		t.Fatal(err)
	}
	want := []string{"host", "base", "address", "port", "algorithm", "attempt", "scanned_at", "inferred", "connected", "handshake_complete"}
	if got := columnsOf(t, filepath.Join(s.tableDir(TableEndpoints), partName(0))); !slices.Equal(got, want) {
		t.Errorf("a part of endpoints has the columns %v, not %v: those of its key stay", got, want)
	}
}

// Each column of domains in turn is null, then empty, then set, then null again, in
// parts that follow each other, and every reader gives what was written.
func TestEachColumnInTurn(t *testing.T) {
	full, hollow := reflect.ValueOf(fullDomain(5).DomainEvidence), reflect.ValueOf(hollowDomain().DomainEvidence)
	turns := 0
	for i := range full.NumField() {
		if reflect.DeepEqual(full.Field(i).Interface(), reflect.ValueOf(emptyDomain(5).DomainEvidence).Field(i).Interface()) {
			continue // the line, and what is never null
		}
		turns++
		with := func(line int64, of reflect.Value) DomainEvidence {
			d := emptyDomain(line).DomainEvidence
			reflect.ValueOf(&d).Elem().Field(i).Set(of.Field(i))
			return d
		}
		s := newSpool(t)
		want := []DomainEvidence{
			emptyDomain(1).DomainEvidence, emptyDomain(2).DomainEvidence,
			with(3, hollow), emptyDomain(4).DomainEvidence,
			with(5, full), emptyDomain(6).DomainEvidence,
			emptyDomain(7).DomainEvidence, emptyDomain(8).DomainEvidence,
		}
		for n := range 4 {
			putDomains(t, s, n, want[2*n], want[2*n+1])
		}
		second := pileOf(t, []DomainEvidence{with(2, full)})
		if err := s.PutAgain(0, second); err != nil {
			t.Fatal(err)
		}
		want[1] = with(2, full)
		if reflect.ValueOf(want[2]).Field(i).Kind() == reflect.Slice {
			want[2] = emptyDomain(3).DomainEvidence // an empty list is nil
		}
		everyReader(t, s, full.Type().Field(i).Name, want)
	}
	if turns != 24 {
		t.Errorf("%d columns had their turn, not 24", turns)
	}
}

// hollowDomain has lists without elements and structs without members.
func hollowDomain() Domain {
	d := emptyDomain(3)
	d.DNSKEYAlgorithms, d.DS, d.NS, d.MX, d.CrossCheck = []int32{}, []DS{}, []string{}, []MX{}, []CrossCheck{}
	d.MXLookup, d.FallbackA, d.FallbackAAAA = &Lookup{}, &Lookup{}, &Lookup{}
	d.MTASTS, d.TLSRPT, d.FirstLook = &MTASTS{}, &TLSRPT{}, &FirstLook{ScannedAt: sampleTime}
	d.NullPreference = ptr(int32(0))
	return d
}

// everyReader compares what the readers of a spool give with the rows that are there.
func everyReader(t *testing.T, s *Spool, name string, want []DomainEvidence) {
	t.Helper()
	if got := collect(t, s.Domains()); !reflect.DeepEqual(got, want) {
		t.Errorf("%s: domains are\n%+v\nnot\n%+v", name, got, want)
	}
	copies, i := newCopier[DomainEvidence](), 0
	for rows, err := range s.DomainBatches() {
		if err != nil {
			t.Fatal(err)
		}
		for k := range rows {
			if got := copies.copy(&rows[k].DomainEvidence); i >= len(want) || !reflect.DeepEqual(got, want[i]) {
				t.Fatalf("%s: row %d of the batches is\n%+v", name, i, got)
			}
			i++
		}
	}
	if i != len(want) {
		t.Errorf("%s: %d rows in batches", name, i)
	}
	for i, got := range collect(t, owned(s.NamingBatches())) {
		if got.Line != want[i].Line || got.Domain != want[i].Domain || len(got.MX) != len(want[i].MX) {
			t.Errorf("%s: naming %d is %+v", name, i, got)
		}
	}
	for i, got := range collect(t, s.Looks(2)) {
		if w := want[4+i]; got != (Look{w.Line, w.ScannedAt, w.MXKind, w.ElapsedMS, w.Attempts}) {
			t.Errorf("%s: look %d is %+v", name, i, got)
		}
	}
}

// Parts of hosts, endpoints and certificates that have other columns merge into what
// was written.
func TestMergeOfUnlikeParts(t *testing.T) {
	s := newSpool(t)
	s.fanIn = 2 // in passes
	var hosts []HostEvidence
	var ends []EndpointEvidence
	var certificates []Certificate
	for i, name := range []string{"a", "b", "c", "d", "e"} {
		h, e, c := emptyHost(name).HostEvidence, emptyEndpoint(name, 1).EndpointEvidence, emptyCertificate(byte(i))
		if i%2 == 1 {
			h, e, c = fullHost(name).HostEvidence, fullEndpoint(name, 1).EndpointEvidence, fullCertificate(byte(i))
		}
		hosts, ends, certificates = append(hosts, h), append(ends, e), append(certificates, c)
		if err := s.PutHosts(pileOf(t, []HostEvidence{h})); err != nil {
			t.Fatal(err)
		}
		if err := s.PutEndpoints(pileOf(t, []EndpointEvidence{e})); err != nil {
			t.Fatal(err)
		}
		if err := s.PutCertificates(pileOf(t, []Certificate{c})); err != nil {
			t.Fatal(err)
		}
	}
	wantRows(t, collect(t, s.Hosts()), hosts...)
	wantRows(t, collect(t, s.Endpoints()), ends...)
	wantRows(t, collect(t, s.Certificates()), certificates...)
}

// A spool that the program began before parts left columns out, of bytes that were
// written then, is gone on with.
func TestSpoolOfAllColumns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "spool-all-columns"))); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSpool(dir, testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	putDomains(t, s, 1, emptyDomain(4).DomainEvidence)
	if err := s.PutHosts(pileOf(t, []HostEvidence{emptyHost("c.example").HostEvidence})); err != nil {
		t.Fatal(err)
	}
	third := pileOf(t, []DomainEvidence{emptyDomain(3).DomainEvidence})
	if err := s.PutAgain(0, third); err != nil {
		t.Fatal(err)
	}
	first := fullDomain(1).DomainEvidence
	first.Domain = "second.example" // a second look
	want := []DomainEvidence{first, fullDomain(2).DomainEvidence, emptyDomain(3).DomainEvidence, emptyDomain(4).DomainEvidence}
	wantRows(t, collect(t, s.Domains()), want...)
	wantRows(t, collect(t, s.Hosts()), emptyHost("a.example").HostEvidence, fullHost("b.example").HostEvidence, emptyHost("c.example").HostEvidence)
	wantRows(t, collect(t, s.Endpoints()), emptyEndpoint("a.example", 1).EndpointEvidence, fullEndpoint("b.example", 1).EndpointEvidence)
	wantRows(t, collect(t, s.Certificates()), emptyCertificate(1), fullCertificate(2))
}
