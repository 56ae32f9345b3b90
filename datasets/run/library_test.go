package run

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// The Parquet library, given the same values and options, writes the bytes that this
// package writes. When a new version of the library writes others, this test says so:
// the bytes of final tables are then worth a look, and no harm is done yet.

// libraryPart writes rows as a part through the library.
func libraryPart[T Row](t *testing.T, g grain, rows []T) []byte {
	t.Helper()
	l := layoutOf[T]()
	encoder, err := newCodec(g)
	if err != nil {
		t.Fatal(err)
	}
	options := []parquet.WriterOption{
		parquet.Compression(libraryCodec{encoder}),
		parquet.DataPageVersion(1),
		parquet.PageBufferSize(g.page),
		parquet.SortingWriterConfig(parquet.SortingColumns(ascending(l.key)...)),
		parquet.CreatedBy("danescan", testOrigin.ToolVersion, ""),
		parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, l.bloom)),
	}
	for _, path := range unboundedColumns(l.table) {
		options = append(options, parquet.SkipPageBounds(path...))
	}
	origin := testOrigin
	origin.Table = l.table
	for _, pair := range origin.metadata(false) {
		options = append(options, parquet.KeyValueMetadata(pair.Key, pair.Value))
	}
	var out bytes.Buffer
	w := parquet.NewGenericWriter[T](&out, options...)
	leaves := shapeOf(reflect.TypeFor[T]()).leaves()
	for group := range slices.Chunk(rows, int(g.group)) {
		for batch := range slices.Chunk(group, writeBatch) {
			for c, l := range leaves {
				if _, err := w.ColumnWriters()[c].WriteRowValues(dremel(l, c, batch)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows) > 0 {
		w.SetKeyValueMetadata("range", l.keyText(&rows[0])+".."+l.keyText(&rows[len(rows)-1]))
	} else {
		w.SetKeyValueMetadata("range", "")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func ascending(columns []string) []parquet.SortingColumn {
	var sorting []parquet.SortingColumn
	for _, name := range columns {
		sorting = append(sorting, parquet.Ascending(name))
	}
	return sorting
}

// libraryCodec makes a compressor one that the library takes.
type libraryCodec struct{ *zstd.Encoder }

func (c libraryCodec) String() string { return "ZSTD" }

func (c libraryCodec) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (c libraryCodec) Encode(dst, src []byte) ([]byte, error) { return c.EncodeAll(src, dst[:0]), nil }

func (c libraryCodec) Decode(dst, src []byte) ([]byte, error) {
	return (&parquet.Zstd).Decode(dst, src)
}

// dremel gives the values of a column for some rows, by reflection.
func dremel[T Row](l leaf, column int, rows []T) []parquet.Value {
	var out []parquet.Value
	var descend func(v reflect.Value, way []*node, rep, def int)
	descend = func(v reflect.Value, way []*node, rep, def int) {
		n := way[0]
		if n.optional {
			if v.IsZero() {
				out = append(out, parquet.Value{}.Level(rep, def, column))
				return
			}
			def++
		}
		v = reflect.Indirect(v)
		switch {
		case n.form == formList && v.Len() == 0:
			out = append(out, parquet.Value{}.Level(rep, def, column))
		case n.form == formList:
			for i := range v.Len() {
				descend(v.Index(i), way[1:], rep, def+1)
				rep = n.rep
			}
		case n.form == formGroup:
			descend(v.Field(way[1].field), way[1:], rep, def)
		default:
			out = append(out, plainValue(v).Level(rep, def, column))
		}
	}
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		descend(v.Field(l.way[0].field), l.way, 0, 0)
	}
	return out
}

func plainValue(v reflect.Value) parquet.Value {
	if t, ok := v.Interface().(time.Time); ok {
		return parquet.Int64Value(t.UnixMicro())
	}
	switch v.Kind() {
	case reflect.String:
		return parquet.ByteArrayValue([]byte(v.String()))
	case reflect.Slice:
		return parquet.ByteArrayValue(v.Bytes())
	case reflect.Bool:
		return parquet.BooleanValue(v.Bool())
	case reflect.Int64:
		return parquet.Int64Value(v.Int())
	}
	return parquet.Int32Value(int32(v.Int()))
}

// sameAsLibrary holds a part against what the library writes.
func sameAsLibrary[T Row](t *testing.T, g grain, rows []T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), partName(0))
	w, err := createPart[T](disk{}, path, testOrigin, g)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.whole(func() error { return w.write(rows) }); err != nil {
		t.Fatal(err)
	}
	got, want := fileBytes(t, path), libraryPart(t, g, rows)
	if bytes.Equal(got, want) {
		return
	}
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	t.Errorf("%d rows of %T: %d octets, the library writes %d; they differ from octet %d on", len(rows), rows, len(got), len(want), at)
}

func TestBytesAreTheLibrarys(t *testing.T) {
	small := grain{150, 1024, zstd.SpeedDefault, false} // several row groups, of many pages each
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := &mixer{Rand: rand.New(rand.NewPCG(seed, 0))}
	for _, g := range []grain{finalGrain, small} {
		for _, n := range []int{0, 1, 63, 64, 65, 151, 400} {
			sameAsLibrary(t, g, sometimes(r, n, func(i int) Domain { return fullDomain(int64(i)) }, func(i int) Domain { return emptyDomain(int64(i)) }))
			sameAsLibrary(t, g, sometimes(r, n, func(i int) Host { return fullHost(fmt.Sprintf("h%05d", i)) }, func(i int) Host { return emptyHost(fmt.Sprintf("h%05d", i)) }))
			sameAsLibrary(t, g, sometimes(r, n, func(i int) Endpoint { return fullEndpoint("b", int32(i)) }, func(i int) Endpoint { return emptyEndpoint("b", int32(i)) }))
			sameAsLibrary(t, g, sometimes(r, n, func(i int) Certificate { return fullCertificate(byte(i / 2)) }, func(i int) Certificate { return emptyCertificate(byte(i / 2)) }))
		}
	}
	t.Logf("%d full rows, %d empty ones", r.full, r.empty)
	if r.full+r.empty != 5952 || r.full < 500 || r.empty < 500 {
		t.Error("too few of a kind")
	}
}

// mixer makes rows of two kinds, and counts them.
type mixer struct {
	*rand.Rand
	turn        int
	full, empty int
}

// sometimes makes rows of two kinds, with another share of the first each time, in
// which some fields are mixed.
func sometimes[T Row](r *mixer, n int, full, empty func(i int) T) []T {
	rows := make([]T, n)
	share := []float64{0, 0.02, 0.5, 0.8, 1}[r.turn%5]
	r.turn++
	for i := range rows {
		rows[i] = empty(i)
		if r.Float64() >= share {
			r.empty++
		} else {
			r.full++
			rows[i] = full(i)
			blank(r.Rand, reflect.ValueOf(&rows[i]).Elem())
		}
	}
	sortRows(rows, layoutOf[T]().compare)
	return rows
}

// blank makes some fields zero that may be, lists shorter and longer, and strings and
// numbers others.
func blank(r *rand.Rand, v reflect.Value) {
	for i := range v.NumField() {
		f, at := v.Type().Field(i), v.Field(i)
		switch {
		case f.Anonymous:
			blank(r, at)
		case f.Type == reflect.TypeFor[time.Time]():
		case r.IntN(3) == 0 && (f.Type.Kind() == reflect.Pointer || f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() != reflect.Uint8):
			at.SetZero()
		case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct:
			if r.IntN(2) == 0 {
				at.Set(reflect.AppendSlice(at, at))
			}
			for k := range at.Len() {
				blank(r, at.Index(k))
			}
		case f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct && f.Type.Elem() != reflect.TypeFor[time.Time]():
			own := reflect.New(f.Type.Elem())
			own.Elem().Set(at.Elem())
			at.Set(own)
			blank(r, own.Elem())
		case f.Type.Kind() == reflect.String && r.IntN(4) == 0:
			at.SetString([]string{"", "other", "zz", "a"}[r.IntN(4)])
		}
	}
}
