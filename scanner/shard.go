package scanner

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Shard is one of several parts of the work, numbered from 1. The zero value is
// all of the work.
type Shard struct{ Number, Of int }

// maxShards bounds how many parts the work may have.
const maxShards = 1 << 16

// ParseShard reads a shard such as 2/4; an empty text is all of the work.
func ParseShard(text string) (Shard, error) {
	if text == "" {
		return Shard{}, nil
	}
	left, right, _ := strings.Cut(text, "/")
	number, err := strconv.Atoi(left)
	of, err2 := strconv.Atoi(right)
	if err != nil || err2 != nil || number < 1 || number > of || of > maxShards {
		return Shard{}, fmt.Errorf("shard %q: want I/N such as 1/4, with I from 1 to N", text)
	}
	return Shard{number, of}, nil
}

// hasRange reports whether a range of the list, numbered from 0, is in the shard.
func (s Shard) hasRange(number int) bool { return s.Of <= 1 || number%s.Of == s.Number-1 }

// hasHost reports whether an MX host is in the shard: by the first 64 bits of the
// SHA-256 of its name, in lower case and without final dot, modulo the number of
// shards.
func (s Shard) hasHost(name string) bool {
	if s.Of <= 1 {
		return true
	}
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:])%uint64(s.Of) == uint64(s.Number-1)
}
