package run

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
)

// codec compresses pages with Zstandard. The library's own leaves the checksums of
// the frames out; with them a reader finds that a bit of a value has flipped.
type codec struct {
	encoder *zstd.Encoder
}

// newCodec makes a codec for the pages of one part. As long as they are about, so far
// back they are searched for what repeats.
func newCodec(g grain) (compress.Codec, error) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderConcurrency(crewSize()),
		zstd.WithEncoderCRC(true),
		zstd.WithWindowSize(g.page),
		zstd.WithEncoderLevel(g.level),
		zstd.WithLowerEncoderMem(true),
		zstd.WithZeroFrames(true), // a page without values is a frame too
	)
	return codec{encoder}, err
}

func (c codec) String() string { return "ZSTD" }

func (c codec) CompressionCodec() format.CompressionCodec { return format.Zstd }

// Encode appends nothing: it writes over dst, as the library wants it.
func (c codec) Encode(dst, src []byte) ([]byte, error) {
	return c.encoder.EncodeAll(src, dst[:0]), nil
}

// Decode is there for the interface: a reader takes the codec of the library.
func (c codec) Decode(dst, src []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.DecodeAll(src, dst[:0])
}
