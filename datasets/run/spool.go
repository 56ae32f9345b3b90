package run

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// RangeLines is how many lines of the list make one domain part.
const RangeLines = 16 << 10

// Spool is the evidence of an unfinished run, in parts:
//
//	spool/domains/part-000042.parquet       lines 688129 to 704512 of the list, by line
//	spool/hosts/part-000007.parquet         hosts as they were done, by name
//	spool/endpoints/part-000007.parquet     sessions as they were done, by key
//	spool/certificates/part-000007.parquet  certificates as they were seen, by SHA-256
//	spool/again/part-000042.parquet         second looks at domains of domain part 42, by line
//
// A domain part is one range of the list and carries its number: that it is
// there is the checkpoint. The parts of the other tables are numbered as they
// come. Each part is sorted within itself; the streams merge them.
//
// A part written from a pile leaves those columns out that are null or empty in all
// of its rows, with what is below them. A reader takes a column that is not there as
// null or empty, as in a part of a time before that column.
//
// A Spool may be used by many goroutines at once.
type Spool struct {
	dir    string
	origin Origin
	disk   disk
	fanIn  int // parts that a merge has open at once

	mu   sync.Mutex
	next map[Table]int

	writing sync.Mutex    // held while a pile becomes a part
	drafts  map[Table]any // of them, the draft of each table
	codecs  codecs
}

// OpenSpool opens the spool at dir, with what it holds, or begins one. Leftovers
// of a crash are removed, so no other process may be writing to it.
func OpenSpool(dir string, origin Origin) (*Spool, error) {
	return openSpool(dir, origin, disk{})
}

func openSpool(dir string, origin Origin, d disk) (*Spool, error) {
	if origin.SchemaVersion == 0 {
		origin.SchemaVersion = SchemaVersion
	}
	s := &Spool{dir: dir, origin: origin, disk: d, fanIn: maxFanIn, next: make(map[Table]int)}
	for _, t := range Tables() {
		if err := os.MkdirAll(s.tableDir(t), 0o755); err != nil {
			return nil, err
		}
		if err := sweep(s.tableDir(t)); err != nil {
			return nil, err
		}
		numbers, err := s.Parts(t)
		if err != nil {
			return nil, err
		}
		if len(numbers) > 0 {
			s.next[t] = numbers[len(numbers)-1] + 1
		}
	}
	if err := errors.Join(s.openAgain(), d.removeAll(s.mergeDir())); err != nil {
		return nil, err
	}
	return s, errors.Join(d.syncDir(dir), d.syncDir(filepath.Dir(dir)))
}

// Dir is the directory of the spool. What else is put there goes with it.
func (s *Spool) Dir() string { return s.dir }

func (s *Spool) tableDir(t Table) string { return filepath.Join(s.dir, string(t)) }

// mergeDir holds the runs of a merge that takes more than one pass.
func (s *Spool) mergeDir() string { return filepath.Join(s.dir, "merge") }

// Parts lists the numbers of the finished parts of a table, ascending.
func (s *Spool) Parts(t Table) ([]int, error) { return listParts(s.tableDir(t)) }

// WriteDomains writes part n: the rows of one range of the list, which may be
// none. It sorts rows in place. A part once written stays: ErrPartExists.
func (s *Spool) WriteDomains(n int, rows []DomainEvidence) error {
	path, err := s.newDomainPart(n)
	if err != nil {
		return err
	}
	return writeSorted(s, path, rows)
}

// PutDomains writes part n from a pile: the rows of one range of the list. A part
// once written stays: ErrPartExists. Parts are written one at a time, so that their
// buffers are there once.
func (s *Spool) PutDomains(n int, rows *Pile[DomainEvidence]) error {
	path, err := s.newDomainPart(n)
	if err != nil {
		return err
	}
	return putPile(s, path, rows)
}

// newDomainPart is the path of part n, which must not be there.
func (s *Spool) newDomainPart(n int) (string, error) {
	path := filepath.Join(s.tableDir(TableDomains), partName(n))
	if n < 0 {
		return "", fmt.Errorf("domain part %d: a range has a number from 0", n)
	}
	if _, err := os.Lstat(path); err == nil {
		return "", &PartError{path, ErrPartExists}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return path, nil
}

// PutHosts writes the next part of hosts from a pile; no rows make no part.
func (s *Spool) PutHosts(rows *Pile[HostEvidence]) error { return putNext(s, rows) }

// PutEndpoints writes the next part of endpoints from a pile; no rows make no part.
func (s *Spool) PutEndpoints(rows *Pile[EndpointEvidence]) error { return putNext(s, rows) }

// PutCertificates writes the next part of certificates from a pile; no rows make no
// part.
func (s *Spool) PutCertificates(rows *Pile[Certificate]) error { return putNext(s, rows) }

func putNext[T Row](s *Spool, rows *Pile[T]) error {
	if rows.Len() == 0 {
		return nil
	}
	return putPile(s, s.nextPart(layoutOf[T]().table), rows)
}

// nextPart takes the number of the next part of a table, and gives its path.
func (s *Spool) nextPart(t Table) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.next[t]
	s.next[t]++
	return filepath.Join(s.tableDir(t), partName(n))
}

func putPile[T Row](s *Spool, path string, rows *Pile[T]) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	with, err := draftOf[T](s)
	if err != nil {
		return err
	}
	if _, err := with.writePile(s.disk, path, s.origin, rows); err != nil {
		return &PartError{path, plain(err)}
	}
	return nil
}

// draftOf gives the draft of a table. It is kept from part to part.
func draftOf[T Row](s *Spool) (*draft[T], error) {
	table := layoutOf[T]().table
	if d, ok := s.drafts[table].(*draft[T]); ok {
		return d, nil
	}
	codec, err := s.codecs.of(grainOf[T]())
	if err != nil {
		return nil, err
	}
	d := draftWith[T](grainOf[T](), codec)
	if s.drafts == nil {
		s.drafts = map[Table]any{}
	}
	s.drafts[table] = d
	return d, nil
}

func writeSorted[T Row](s *Spool, path string, rows []T) error {
	compare := layoutOf[T]().compare
	sortRows(rows, compare)
	if _, err := writePart(s.disk, path, s.origin, rows); err != nil {
		return &PartError{path, plain(err)}
	}
	return nil
}

// sortRows sorts in place, equal rows in their order. Rows are large: what is
// sorted is where they stand, and each is then moved once.
func sortRows[T any](rows []T, compare func(a, b *T) int) {
	from := make([]int, len(rows))
	for i := range from {
		from[i] = i
	}
	slices.SortFunc(from, func(i, j int) int { return cmp.Or(compare(&rows[i], &rows[j]), cmp.Compare(i, j)) })
	for i := range from {
		first, at := rows[i], i
		for from[at] != i { // the places of a cycle, each from the next
			next := from[at]
			rows[at], from[at] = rows[next], at
			at = next
		}
		rows[at], from[at] = first, at
	}
}

// DomainPart streams the rows of one domain part, of each domain the last look.
func (s *Spool) DomainPart(n int) iter.Seq2[DomainEvidence, error] {
	return domainPart[DomainEvidence](s, n)
}

// HostPart streams the rows of one host part.
func (s *Spool) HostPart(n int) iter.Seq2[HostEvidence, error] {
	return rowsOf[HostEvidence](filepath.Join(s.tableDir(TableHosts), partName(n)), anyPart(s.origin.RunID))
}

// Domains streams all domain rows by line. Of rows of one line, the first stays, but
// for second looks, which take the place of the first.
func (s *Spool) Domains() iter.Seq2[DomainEvidence, error] {
	return Distinct(KeepFirst, chainParts[DomainEvidence](s))
}

// Hosts streams all host rows by name. Of rows of one host, that of the latest
// part stays: a host is looked up again for good reason.
func (s *Spool) Hosts() iter.Seq2[HostEvidence, error] {
	return owned(mergeParts[HostEvidence, HostEvidence](s, KeepLast))
}

// Endpoints streams all sessions by key. Of rows of one key, that of the latest
// part stays.
func (s *Spool) Endpoints() iter.Seq2[EndpointEvidence, error] {
	return owned(mergeParts[EndpointEvidence, EndpointEvidence](s, KeepLast))
}

// Certificates streams all certificates by SHA-256, each once.
func (s *Spool) Certificates() iter.Seq2[Certificate, error] {
	return owned(mergeParts[Certificate, Certificate](s, KeepFirst))
}
