package run

import "github.com/parquet-go/parquet-go/encoding"

// dictionary numbers the distinct texts of a column in a row group, in the order in
// which they come.
type dictionary struct {
	codes   map[string]int32
	text    []byte
	offsets []uint32 // one more than texts
	last    int32    // the code given last: most texts are that of the row before
	seen    []bool   // by code, in bounds
	learned []int32  // by the number of a word of a pile: its code and one; zero: not known yet
}

func newDictionary() *dictionary {
	return &dictionary{codes: map[string]int32{}, text: []byte{}, offsets: []uint32{0}}
}

func (d *dictionary) reset() {
	clear(d.codes)
	clear(d.learned)
	d.text, d.offsets, d.last = d.text[:0], d.offsets[:1], 0
}

func (d *dictionary) len() int { return len(d.offsets) - 1 }

// index gives a text by its code.
func (d *dictionary) index(code int32) []byte { return d.text[d.offsets[code]:d.offsets[code+1]] }

// code numbers a text.
func (d *dictionary) code(b []byte) int32 {
	if d.len() > 0 && string(d.index(d.last)) == string(b) {
		return d.last
	}
	code, known := d.codes[string(b)]
	if !known {
		code = int32(d.len())
		d.codes[string(b)] = code
		d.text = append(d.text, b...)
		d.offsets = append(d.offsets, uint32(len(d.text)))
	}
	d.last = code
	return code
}

// codeOfWord numbers a word of a pile. All words that come until reset must be of
// one pile.
func (d *dictionary) codeOfWord(number int, w *words) int32 {
	if d.learned == nil {
		d.learned = make([]int32, maxWords)
	}
	if code := d.learned[number]; code > 0 {
		return code - 1
	}
	code := d.code(bytesOf(w.texts[number]))
	d.learned[number] = code + 1
	return code
}

// values gives the texts as those of a page.
func (d *dictionary) values() encoding.Values { return encoding.ByteArrayValues(d.text, d.offsets) }

// bounds gives the least and the greatest text of some codes.
func (d *dictionary) bounds(codes []int32) (least, greatest []byte) {
	d.seen = append(d.seen[:0], make([]bool, d.len())...)
	for _, code := range codes {
		if d.seen[code] {
			continue
		}
		d.seen[code] = true
		b := d.index(code)
		if least == nil || string(b) < string(least) {
			least = b
		}
		if greatest == nil || string(b) > string(greatest) {
			greatest = b
		}
	}
	return least, greatest
}
