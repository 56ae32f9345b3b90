package list

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
)

// maxZip bounds a zip archive that comes as a stream: it must be on disk to be
// read.
const maxZip = 4 << 30

// File is an open list with what is needed to cite it.
type File struct {
	*Reader
	Source string // as given

	raw     io.Reader // the list as published, hashed as it is read
	sum     hash.Hash
	closers []func() error
}

// Open opens a list: the name of a file, or "-" for standard input. Compression
// is found from the content.
func Open(source string, cfg Config) (*File, error) {
	var in io.ReadCloser = os.Stdin
	if source != "-" {
		f, err := os.Open(source)
		if err != nil {
			return nil, fmt.Errorf("opening the list: %w", err)
		}
		in = f
	}
	return open(source, in, cfg)
}

func open(source string, in io.ReadCloser, cfg Config) (*File, error) {
	f := &File{Source: source, sum: sha256.New(), closers: []func() error{in.Close}}
	f.raw = io.TeeReader(in, f.sum)
	text, err := f.decompress()
	if err == nil {
		f.Reader, err = NewReader(text, cfg)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return f, nil
}

// decompress looks at the first octets and returns the text behind them.
func (f *File) decompress() (io.Reader, error) {
	raw := bufio.NewReaderSize(f.raw, 64<<10)
	f.raw = raw
	magic, err := raw.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		return z, nil
	case bytes.HasPrefix(magic, []byte("\x28\xb5\x2f\xfd")):
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(256<<20))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
		f.closers = append(f.closers, func() error { z.Close(); return nil })
		return z, nil
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		return f.unzip(raw)
	}
	return raw, nil
}

// unzip copies the archive to a temporary file, since its directory stands at the
// end, and opens the one file in it.
func (f *File) unzip(raw io.Reader) (io.Reader, error) {
	tmp, err := os.CreateTemp("", "danescan-list-*.zip")
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, tmp.Close, func() error { return os.Remove(tmp.Name()) })
	n, err := io.Copy(tmp, io.LimitReader(raw, maxZip+1))
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	if n > maxZip {
		return nil, fmt.Errorf("zip: larger than %d octets", int64(maxZip))
	}
	archive, err := zip.NewReader(tmp, n)
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	if len(archive.File) != 1 {
		return nil, fmt.Errorf("zip: %d files, expected one", len(archive.File))
	}
	entry, err := archive.File[0].Open()
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	f.closers = append(f.closers, entry.Close)
	return entry, nil
}

// SHA256 reads the rest of the list as published and returns its digest in hex.
// No name can be read after it.
func (f *File) SHA256() (string, error) {
	if _, err := io.Copy(io.Discard, f.raw); err != nil {
		return "", fmt.Errorf("%s: %w", f.Source, err)
	}
	return hex.EncodeToString(f.sum.Sum(nil)), nil
}

// Close closes the list and removes what it put on disk.
func (f *File) Close() error {
	var errs []error
	for i := len(f.closers) - 1; i >= 0; i-- {
		errs = append(errs, f.closers[i]())
	}
	f.closers = nil
	return errors.Join(errs...)
}
