package run

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

// newCodec makes a compressor for the pages of parts of a grain. As long as they are
// about, so far back they are searched for what repeats. The library's own leaves the
// checksums of the frames out; with them a reader finds that a bit of a value has
// flipped.
func newCodec(g grain) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil,
		zstd.WithEncoderConcurrency(crewSize()),
		zstd.WithEncoderCRC(true),
		zstd.WithWindowSize(g.page),
		zstd.WithEncoderLevel(g.level),
		zstd.WithLowerEncoderMem(true),
		zstd.WithZeroFrames(true), // a page without values is a frame too
	)
}

// codecs are the compressors of a run, one of each grain: a compressor takes a
// megabyte and more for each goroutine that uses it.
type codecs struct {
	mu   sync.Mutex
	made map[grain]*zstd.Encoder
}

func (c *codecs) of(g grain) (*zstd.Encoder, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if z := c.made[g]; z != nil {
		return z, nil
	}
	z, err := newCodec(g)
	if err != nil {
		return nil, err
	}
	if c.made == nil {
		c.made = map[grain]*zstd.Encoder{}
	}
	c.made[g] = z
	return z, nil
}
