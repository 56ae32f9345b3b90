package run

// shelfBlock is how much memory a shelf takes at a time.
const shelfBlock = 64 << 10

// shelf keeps the compressed pages of a row group until it is written, one behind the
// other whatever their columns are: all pages of a column that is hardly ever there
// together have some hundred octets.
type shelf struct {
	blocks [][]byte // used up to their length
	open   int      // the block that is being filled
}

// keep gives a copy of a page, which is good until clear. One that fills a block has
// memory of its own.
func (s *shelf) keep(header, page []byte) []byte {
	size := len(header) + len(page)
	if size > shelfBlock {
		return append(append(make([]byte, 0, size), header...), page...)
	}
	if s.open < len(s.blocks) && cap(s.blocks[s.open])-len(s.blocks[s.open]) < size {
		s.open++
	}
	if s.open == len(s.blocks) {
		s.blocks = append(s.blocks, make([]byte, 0, shelfBlock))
	}
	b := s.blocks[s.open]
	from := len(b)
	b = append(append(b, header...), page...)
	s.blocks[s.open] = b
	return b[from:len(b):len(b)]
}

// clear makes room for the next row group.
func (s *shelf) clear() {
	for i := range s.blocks {
		s.blocks[i] = s.blocks[i][:0]
	}
	s.open = 0
}
