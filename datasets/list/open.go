package list

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// maxZip bounds a zip archive that comes as a stream: it must be on disk to be
// read.
const maxZip = 4 << 30

// File is an open list with what is needed to cite it.
type File struct {
	*Reader
	Source     string // as given
	Provenance        // as far as the list and its address tell

	raw     io.Reader // the list as published, hashed as it is read
	sum     hash.Hash
	closers []func() error
}

// Open opens a list: the name of a file, an http or https URL, or "-" for standard
// input. Compression is found from the content. What a URL names is fetched whole
// before it is read, into a temporary file, since a scan takes longer than any
// server waits.
func Open(ctx context.Context, source string, cfg Config) (*File, error) {
	f := &File{Source: source, sum: sha256.New()}
	in, err := f.source(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.open(in, cfg); err != nil {
		return nil, err
	}
	return f, nil
}

// source opens the octets of the list as they were published.
func (f *File) source(ctx context.Context) (io.Reader, error) {
	switch {
	case f.Source == "-":
		return os.Stdin, nil
	case isURL(f.Source):
		got, err := newFetcher().fetch(ctx, f.Source)
		if err != nil {
			return nil, fmt.Errorf("fetching %s: %w", f.Source, err)
		}
		f.Provenance = got.Provenance
		f.closers = append(f.closers, got.file.Close)
		return got.file, nil
	}
	file, err := os.Open(f.Source)
	if err != nil {
		return nil, fmt.Errorf("opening the list: %w", err)
	}
	f.Provenance = provenanceOf(filepath.Base(f.Source))
	f.closers = append(f.closers, file.Close)
	return file, nil
}

func (f *File) open(in io.Reader, cfg Config) error {
	f.raw = io.TeeReader(in, f.sum)
	text, err := f.decompress()
	if err == nil {
		f.Reader, err = NewReader(text, cfg)
	}
	if err != nil {
		f.Close()
		return fmt.Errorf("%s: %w", f.Source, err)
	}
	f.settle(cfg.Format)
	return nil
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
	tmp, err := newScratch("danescan-list-*.zip")
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, tmp.Close)
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

// scratch is a temporary file. Where an open file can be unlinked it is so at once:
// whatever happens, nothing stays behind.
type scratch struct {
	*os.File
	unlinked bool
}

func newScratch(pattern string) (*scratch, error) {
	file, err := os.CreateTemp("", pattern)
	if err != nil {
		return nil, err
	}
	return &scratch{file, os.Remove(file.Name()) == nil}, nil
}

// Close closes the file, which is gone after that.
func (s *scratch) Close() error {
	err := s.File.Close()
	if !s.unlinked {
		err = errors.Join(err, os.Remove(s.Name()))
	}
	return err
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
