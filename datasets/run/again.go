package run

import (
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"
)

// againName is the directory of a spool that holds second looks at domains.
const againName = "again"

// Look is the part of a row of domains that says whether the domain is to be looked
// at once more, and from when on. It is for reading: no part holds looks.
type Look struct {
	Line      int64     `parquet:"line"`
	ScannedAt time.Time `parquet:"scanned_at,timestamp(microsecond)"`
	MXKind    MXKind    `parquet:"mx_kind,optional,dict"`
	ElapsedMS int64     `parquet:"elapsed_ms"`
	Attempts  int32     `parquet:"attempts,optional"`
}

// Looks streams the last look at each domain of domain part n, by line.
func (s *Spool) Looks(n int) iter.Seq2[Look, error] { return domainPart[Look](s, n) }

// PutAgain adds second looks at domains of part n to those that are there: each
// takes the place of the row of its line. The part that holds them is replaced as a
// whole, so that after a crash those of before are there, or all.
func (s *Spool) PutAgain(n int, rows *Pile[DomainEvidence]) error {
	all := NewPile[DomainEvidence]()
	_, err := os.Lstat(s.againPath(n))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil {
		for d, err := range rowsOf[DomainEvidence](s.againPath(n), anyPart(s.origin.RunID)) {
			if err != nil {
				return err
			}
			all.Add(&d)
		}
	}
	for _, d := range rows.All() {
		all.Add(&d)
	}
	return putPile(s, s.againPath(n), all)
}

func (s *Spool) againDir() string { return filepath.Join(s.dir, againName) }

func (s *Spool) againPath(n int) string { return filepath.Join(s.againDir(), partName(n)) }

// openAgain begins the directory of second looks, or sweeps the one that is there.
func (s *Spool) openAgain() error {
	if err := os.MkdirAll(s.againDir(), 0o755); err != nil {
		return err
	}
	return sweep(s.againDir())
}

// domainPart streams domain part n, with the second looks in place of the first.
func domainPart[T Row](s *Spool, n int) iter.Seq2[T, error] {
	return stream(func() (cursor[T], error) {
		first, err := openPart[T](filepath.Join(s.tableDir(TableDomains), partName(n)), anyPart(s.origin.RunID))
		if err != nil {
			return nil, err
		}
		if _, err := os.Lstat(s.againPath(n)); errors.Is(err, fs.ErrNotExist) {
			return first, nil
		}
		again, err := openPart[T](s.againPath(n), anyPart(s.origin.RunID))
		if err != nil {
			return nil, errors.Join(err, first.Close())
		}
		return &overlay[T]{first: first, again: again, compare: layoutOf[T]().compare}, nil
	})
}

// overlay gives the rows of one source, each replaced by the last row of its key
// that another source has. Rows of the other whose key the first has not are left
// out.
type overlay[T Row] struct {
	first, again cursor[T]
	compare      func(a, b *T) int
	head         *T // of again; nil: not read yet, or at its end
	ended        bool
	held         T // a row to be given that head has gone past
}

func (o *overlay[T]) Next() (*T, error) {
	row, err := o.first.Next()
	if err != nil {
		return nil, err
	}
	replaced := false
	for {
		if o.head == nil && !o.ended {
			if o.head, err = o.again.Next(); err == io.EOF {
				o.head, o.ended = nil, true
			} else if err != nil {
				return nil, err
			}
		}
		if o.head == nil || o.compare(o.head, row) > 0 {
			break
		}
		if o.compare(o.head, row) == 0 {
			o.held, replaced = *o.head, true
		}
		o.head = nil
	}
	if replaced {
		return &o.held, nil
	}
	return row, nil
}

// Close closes both sources.
func (o *overlay[T]) Close() error { return errors.Join(o.first.Close(), o.again.Close()) }
