package run

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
)

// vector reads a column of a row group as what its pages hold: levels, and the
// values that are there without those that are not. Texts of a dictionary are made
// once, those of a page in one piece.
type vector struct {
	node  *node // of the values
	pages parquet.Pages
	page  parquet.Page

	def, rep []byte // levels; empty: all values are there, each in a row of its own
	values   int    // in the page, there or not
	at       int    // the next of them
	dense    int    // how many of those before it are there
	put      func(to *sink, cell, value int)

	known parquet.Dictionary // whose texts are these
	texts []string
}

func (v *vector) open(chunk parquet.ColumnChunk, n *node) { v.pages, v.node = chunk.Pages(), n }

func (v *vector) close() {
	if v.pages != nil {
		parquet.Release(v.page)
		_ = v.pages.Close() // nothing was written
	}
}

// turn goes to the next page that holds anything; io.ErrUnexpectedEOF: there is none.
func (v *vector) turn() error {
	for {
		parquet.Release(v.page)
		v.page = nil
		page, err := v.pages.ReadPage()
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
		v.page, v.at, v.dense = page, 0, 0
		v.def, v.rep, v.values = page.DefinitionLevels(), page.RepetitionLevels(), int(page.NumValues())
		if v.values == 0 {
			continue
		}
		if v.node.def > 0 && len(v.def) != v.values || v.node.rep > 0 && len(v.rep) != v.values {
			return fmt.Errorf("%w: a page without levels", ErrDamaged)
		}
		v.put, err = v.putter()
		return err
	}
}

// there says whether the next value is.
func (v *vector) there() bool { return v.node.def == 0 || int(v.def[v.at]) == v.node.def }

// nothing says whether the next n values are all missing, with all that is on the
// way to them, and each is a row of its own. So are most columns of most rows.
func (v *vector) nothing(n int) bool {
	if v.node.def == 0 || n > v.values-v.at {
		return false
	}
	return zeros(v.def[v.at:v.at+n]) && (v.node.rep == 0 || zeros(v.rep[v.at:v.at+n]))
}

func zeros(levels []byte) bool { return bytes.Count(levels, []byte{0}) == len(levels) }

// flat sets a column of which each row has one value, in the next n rows.
func (v *vector) flat(to *sink, n int) error {
	for row := 0; row < n; {
		if v.at == v.values {
			if err := v.turn(); err != nil {
				return err
			}
		}
		end := min(n, row+v.values-v.at)
		if v.nothing(end - row) {
			v.at, row = v.at+end-row, end
			continue
		}
		for ; row < end; row++ {
			if v.node.def > 0 {
				to.reach(row, int(v.def[v.at]))
			}
			if v.there() {
				v.put(to, row, v.dense)
				v.dense++
			}
			v.at++
		}
	}
	return nil
}

// list sets a column of a list, or of lists in one, in the next n rows. The last row
// ends where the next begins, or with the column.
func (v *vector) list(to *sink, n int) error {
	if v.nothing(n) {
		v.at += n
		return nil
	}
	for to.start(); ; v.at++ {
		if v.at == v.values {
			if err := v.turn(); err == io.ErrUnexpectedEOF && to.row == n-1 {
				break
			} else if err != nil {
				return err
			}
		}
		rep, def := int(v.rep[v.at]), int(v.def[v.at])
		if rep == 0 && to.row == n-1 {
			break
		}
		cell, ok := to.step(rep, def)
		if !ok || def > v.node.def {
			return fmt.Errorf("%w: column %v does not fit its neighbours", ErrDamaged, to.path)
		}
		to.reach(to.row, def)
		if def == v.node.def {
			v.put(to, cell, v.dense)
			v.dense++
		}
	}
	to.end(n)
	return nil
}

// putter gives what sets a cell from a value of the page.
func (v *vector) putter() (func(to *sink, cell, value int), error) {
	data, form := v.page.Data(), v.node.form
	dictionary := v.page.Dictionary()
	if form == formString || form == formBytes {
		text := v.pageText()
		if form == formBytes {
			return func(to *sink, cell, i int) { to.blobs.set(cell, append([]byte{}, text(i)...)) }, nil
		}
		return func(to *sink, cell, i int) { to.texts.set(cell, text(i)) }, nil
	}
	number := func(i int) int64 { return 0 }
	switch {
	case form == formBool && dictionary == nil:
		bits := data.Boolean()
		return func(to *sink, cell, i int) { to.flags.set(cell, bits[i/8]>>(i%8)&1 == 1) }, nil
	case form == formBool:
		return nil, fmt.Errorf("%w: a dictionary of truth values", ErrDamaged)
	case dictionary != nil:
		codes := data.Int32()
		number = func(i int) int64 { return numberOf(dictionary.Index(codes[i])) }
	case v.node.kind() == parquet.Int64:
		wide := data.Int64()
		number = func(i int) int64 { return wide[i] }
	default:
		narrow := data.Int32()
		number = func(i int) int64 { return int64(narrow[i]) }
	}
	switch {
	case form == formTime:
		return func(to *sink, cell, i int) { to.times.set(cell, time.UnixMicro(number(i)).UTC()) }, nil
	case v.node.wide:
		return func(to *sink, cell, i int) { to.wide.set(cell, number(i)) }, nil
	}
	return func(to *sink, cell, i int) { to.narrow.set(cell, int32(number(i))) }, nil
}

func numberOf(v parquet.Value) int64 {
	if v.Kind() == parquet.Int64 {
		return v.Int64()
	}
	return int64(v.Int32())
}

// pageText gives what gives the text of a value of the page.
func (v *vector) pageText() func(i int) string {
	data := v.page.Data()
	dictionary := v.page.Dictionary()
	if dictionary == nil {
		bytes, offsets := data.ByteArray()
		all := string(bytes)
		return func(i int) string { return all[offsets[i]:offsets[i+1]] }
	}
	if v.known != dictionary {
		v.known, v.texts = dictionary, make([]string, dictionary.Len())
		for i := range v.texts {
			v.texts[i] = string(dictionary.Index(int32(i)).ByteArray())
		}
	}
	texts, codes := v.texts, data.Int32()
	return func(i int) string { return texts[codes[i]] }
}
