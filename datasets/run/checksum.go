package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// The Parquet library trusts the bytes that it reads: a flipped bit in a footer or
// in a page header can become other rows, or the end of the program. So a part is
// handed to it only when all of its bytes are those that were written. The parts of
// a final table have their SHA-256 in the manifest. A part of the spool has no
// manifest and carries its own, under the key checksumKey: the SHA-256 of the
// file as it is with zeros in that place.

const checksumKey = "file_sha256"

// noChecksum stands where the checksum will be.
var noChecksum = strings.Repeat("0", hex.EncodedLen(sha256.Size))

// checksumMark is what stands before the checksum in the footer: the key, the head
// of the next field, which is a string, and its length.
const checksumMark = checksumKey + "\x18\x40"

// findChecksum gives the offset of the checksum in a part.
func findChecksum(f io.ReaderAt, size int64) (int64, error) {
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return 0, err
	}
	footer := make([]byte, binary.LittleEndian.Uint32(tail[:4]))
	at := size - 8 - int64(len(footer))
	if _, err := f.ReadAt(footer, at); err != nil {
		return 0, err
	}
	i := bytes.LastIndex(footer, []byte(checksumMark))
	if i < 0 || len(footer)-i < len(checksumMark)+len(noChecksum) {
		return 0, fmt.Errorf("%w: it carries no checksum", ErrDamaged)
	}
	return at + int64(i+len(checksumMark)), nil
}

// setChecksum puts the checksum into a part that is written but for that. The sum
// is over the bytes that were written, with zeros in its place.
func (f *durableFile) setChecksum() error {
	at, err := findChecksum(f.f, f.size)
	if err != nil {
		return err
	}
	_, err = f.f.WriteAt([]byte(f.sha256()), at)
	return err
}

// checkOwnSum compares a part, whose footer is known to fit, with the checksum in
// it.
func checkOwnSum(f *os.File, size int64) error {
	at, err := findChecksum(f, size)
	if err != nil {
		return err
	}
	stored := make([]byte, len(noChecksum))
	if _, err := f.ReadAt(stored, at); err != nil {
		return err
	}
	after := at + int64(len(stored))
	return checkSum(string(stored), io.MultiReader(
		io.NewSectionReader(f, 0, at), strings.NewReader(noChecksum), io.NewSectionReader(f, after, size-after)))
}

// checkSum compares what a reader gives with a SHA-256 in hex.
func checkSum(want string, r io.Reader) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != want {
		return fmt.Errorf("%w: its bytes are not those that were written", ErrDamaged)
	}
	return nil
}
