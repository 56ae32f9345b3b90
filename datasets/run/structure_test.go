package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go/format"
)

func TestThriftLength(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes []byte
		want  int // -1: refused
	}{
		{"empty struct", []byte{0}, 1},
		{"an i32 field", []byte{0x15, 0x02, 0}, 3},
		{"a field numbered in full", []byte{0x05, 0x20, 0x02, 0, 9}, 4},
		{"a true field", []byte{0x11, 0}, 2},
		{"a double", []byte{0x17, 1, 2, 3, 4, 5, 6, 7, 8, 0}, 10},
		{"a string", []byte{0x18, 3, 'a', 'b', 'c', 0}, 6},
		{"a string beyond the end", []byte{0x18, 4, 'a', 'b', 'c', 0}, -1},
		{"a list of bytes", []byte{0x19, 0x23, 1, 2, 0}, 5},
		{"a long list that is not there", []byte{0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0}, -1},
		{"a map", []byte{0x1b, 1, 0x38, 7, 1, 'a', 0}, 7},
		{"an empty map", []byte{0x1b, 0, 0}, 3},
		{"a struct in a struct", []byte{0x1c, 0x15, 2, 0, 0}, 5},
		{"no end", []byte{0x15, 0x02}, -1},
		{"nothing", nil, -1},
		{"an unknown type", []byte{0x1d, 0}, -1},
		{"a varint too long", []byte{0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}, -1},
	} {
		n, err := thriftLength(c.bytes)
		if c.want < 0 && !errors.Is(err, ErrDamaged) || c.want >= 0 && (err != nil || n != c.want) {
			t.Errorf("%s: %d, %v", c.name, n, err)
		}
	}
	deep := make([]byte, 1000)
	for i := range deep {
		deep[i] = 0x1c
	}
	if _, err := thriftLength(deep); !errors.Is(err, ErrDamaged) {
		t.Errorf("a thousand structs in each other: %v", err)
	}
}

func FuzzThriftLength(f *testing.F) {
	f.Add([]byte{0x19, 0xfc, 0xff, 0xff, 0x03, 0})
	f.Add([]byte{0x1c, 0x15, 2, 0, 0})
	f.Add([]byte{0x1b, 1, 0x38, 7, 1, 'a', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := thriftLength(b)
		if err == nil && (n < 1 || n > len(b)) {
			t.Errorf("%d of %d bytes", n, len(b))
		}
	})
}

// A file that asks for gigabytes is refused before they are asked for.
func TestGreedyFooter(t *testing.T) {
	for name, data := range map[string][]byte{
		"a footer longer than the file": []byte("PAR1....\xff\xff\xff\xffPAR1"),
		"a list of billions":            []byte("PAR1\x19\xfc\xff\xff\xff\xff\x07\x00\x08\x00\x00\x00PAR1"),
		"no footer":                     []byte("PAR1\x00\x00\x00\x00PAR1"),
		"no magic at the end":           []byte("PAR1............"),
		"too short":                     []byte("PAR1PAR1"),
	} {
		path := filepath.Join(t.TempDir(), partName(0))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		allocated := testing.AllocsPerRun(1, func() {
			if _, err := openPart[Host](path, anyPart("run-1")); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s: %v", name, err)
			}
		})
		if allocated > 1000 {
			t.Errorf("%s: %v allocations", name, allocated)
		}
	}
}

// Whatever the bytes, the checks before the library sees them end in yes or no.
func FuzzStructure(f *testing.F) {
	path := filepath.Join(f.TempDir(), partName(0))
	if _, err := writePart(disk{}, path, testOrigin, []Certificate{fullCertificate(1), emptyCertificate(2)}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, int64(4), int64(200))
	f.Add([]byte("PAR1\x15\x04\x15\x10\x15\x10\x00"), int64(4), int64(7))
	f.Add([]byte("file_sha256\x18\x40"), int64(-1), int64(1<<62))
	f.Fuzz(func(t *testing.T, data []byte, at, length int64) {
		path := filepath.Join(t.TempDir(), partName(0))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		size := int64(len(data))
		chunk := format.ColumnChunk{MetaData: format.ColumnMetaData{DataPageOffset: at, TotalCompressedSize: length}}
		_ = checkChunk(file, size, &chunk)
		if checkFooter(file, size) == nil {
			_ = checkOwnSum(file, size)
		}
	})
}
