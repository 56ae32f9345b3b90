package run

import "github.com/klauspost/compress/zstd"

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
