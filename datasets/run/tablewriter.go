package run

import (
	"errors"
	"path/filepath"
)

// TableWriter writes one final table, as many parts as its rows need.
type TableWriter[T Row] struct {
	run    *Run
	origin Origin
	bound  int64
	codecs *codecs   // of all tables
	draft  *draft[T] // of all parts
	part   *partWriter[T]
	done   []PartInfo
	rows   int64
	err    error
}

func newTableWriter[T Row](r *Run, o Origin, bound int64, c *codecs) *TableWriter[T] {
	return &TableWriter[T]{run: r, origin: o, bound: bound, codecs: c}
}

// Rows is how many rows were written.
func (w *TableWriter[T]) Rows() int64 { return w.rows }

// Write appends rows, which must come in the order of their key, without a key
// twice. What they point to must stay as it is until Commit. After an error every
// call gives that error.
func (w *TableWriter[T]) Write(rows ...T) error {
	return w.take(rows, (*partWriter[T]).write)
}

// WriteLent appends rows as Write does, which may change after the call, with all
// that they point to.
func (w *TableWriter[T]) WriteLent(rows []T) error {
	return w.take(rows, (*partWriter[T]).writeLent)
}

func (w *TableWriter[T]) take(rows []T, write func(*partWriter[T], []T) error) error {
	for len(rows) > 0 && w.err == nil {
		n := len(rows)
		if w.part != nil {
			n = min(n, int(w.bound-w.part.rows))
		} else {
			n = min(n, int(w.bound))
		}
		w.err = w.writeSome(rows[:n], write)
		rows = rows[n:]
	}
	return w.err
}

// writeSome writes rows that the open part has room for.
func (w *TableWriter[T]) writeSome(rows []T, write func(*partWriter[T], []T) error) error {
	if w.part == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if err := write(w.part, rows); err != nil {
		return &PartError{w.part.file.path, plain(err)}
	}
	w.rows += int64(len(rows))
	if w.part.rows < w.bound {
		return nil
	}
	return w.end()
}

func (w *TableWriter[T]) begin() error {
	table := layoutOf[T]().table
	path := filepath.Join(w.run.staging(table), partName(len(w.done)))
	if w.draft == nil {
		codec, err := w.codecs.of(finalGrain)
		if err != nil {
			return err
		}
		w.draft = draftWith[T](finalGrain, codec)
	}
	part, err := w.draft.create(w.run.disk, path, w.origin, w.draft.schema.tops)
	if err != nil {
		return &PartError{path, plain(err)}
	}
	w.part = part
	return nil
}

func (w *TableWriter[T]) end() error {
	part := w.part
	w.part = nil
	info, err := part.commit()
	if err != nil {
		return &PartError{part.file.path, plain(err)}
	}
	w.done = append(w.done, info)
	return nil
}

// close finishes the last part, if it is not finished yet. A table without rows has one part without rows,
// so that it can be read by its columns.
func (w *TableWriter[T]) close() ([]PartInfo, error) {
	if w.err == nil && w.part == nil && len(w.done) == 0 {
		w.err = w.begin()
	}
	if w.err == nil && w.part != nil {
		w.err = w.end()
	}
	w.draft = nil
	if w.err != nil {
		w.abort()
		return nil, w.err
	}
	return w.done, nil
}

// errClosed is what a writer says that was aborted.
var errClosed = errors.New("the table was given up")

func (w *TableWriter[T]) abort() {
	if w.part != nil {
		w.part.abort()
		w.part = nil
	}
	if w.err == nil {
		w.err = errClosed
	}
}
