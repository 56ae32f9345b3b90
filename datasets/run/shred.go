package run

import (
	"time"
	"unsafe"
)

// nothing says whether no row has anything on the way to the column: no list, or
// nothing behind a pointer. So are most columns most of the time. The rows begin at p
// and have this size.
func (t *track) nothing(p unsafe.Pointer, size uintptr, rows int) bool {
	if len(t.hops) == 0 || t.hops[0].level > 0 {
		return false
	}
	for i := range rows {
		if !t.hops[0].nothing(unsafe.Add(p, uintptr(i)*size)) {
			return false
		}
	}
	return true
}

// fill appends the values of the column for some rows, no more than writeBatch.
func (t *track) fill(c *chunk, p unsafe.Pointer, size uintptr, rows int) {
	if t.nothing(p, size, rows) {
		c.skip(rows)
		return
	}
	if t.node.rep == 0 {
		t.flat(c, p, size, rows)
		return
	}
	first := &t.hops[0]
	for i := range rows {
		row := unsafe.Add(p, uintptr(i)*size)
		if first.nothing(row) {
			c.level(0, first.level) // most lists of most rows
			continue
		}
		t.list(c, row, t.hops, 0)
	}
}

// nothing says whether the null of a hop stands for what is below it.
func (h *hop) nothing(p unsafe.Pointer) bool {
	if h.form == formList {
		return !h.optional && at[slice](p, h.offset).len == 0
	}
	return *at[unsafe.Pointer](p, h.offset) == nil
}

// flat appends the values of a column of which each row has one.
func (t *track) flat(c *chunk, p unsafe.Pointer, size uintptr, rows int) {
	var room [writeBatch]unsafe.Pointer
	places := room[:rows]
	if c.blank {
		c.settle()
	}
	from := len(c.def)
	t.follow(c, p, size, places)
	c.rows += rows
	c.total += rows
	def := c.def[from:] // empty: no value can be null
	switch {
	case t.node.form == formString:
		t.texts(c, places, def)
	case t.node.form == formInt && t.node.wide:
		c.wide = numbers(c.wide, t, places, def)
	case t.node.form == formInt:
		c.narrow = numbers(c.narrow, t, places, def)
	default:
		t.others(c, places, def)
	}
}

func (t *track) texts(c *chunk, places []unsafe.Pointer, def []byte) {
	for i, to := range places {
		if to == nil {
			continue
		}
		if s := *(*string)(to); s == "" && t.zeroIsNull {
			def[i]--
		} else {
			c.addText(bytesOf(s))
		}
	}
}

func numbers[N int32 | int64](values []N, t *track, places []unsafe.Pointer, def []byte) []N {
	for i, to := range places {
		if to == nil {
			continue
		}
		if n := *(*N)(to); n == 0 && t.zeroIsNull {
			def[i]--
		} else {
			values = append(values, n)
		}
	}
	return values
}

func (t *track) others(c *chunk, places []unsafe.Pointer, def []byte) {
	for i, to := range places {
		switch {
		case to == nil:
		case t.zeroIsNull && t.node.zeroAt(to):
			def[i]--
		default:
			c.add(to)
		}
	}
}

// follow goes from each row to where its value lies, and appends the levels. Where
// the way ends before, the place is nil.
func (t *track) follow(c *chunk, p unsafe.Pointer, size uintptr, places []unsafe.Pointer) {
rows:
	for i := range places {
		to := unsafe.Add(p, uintptr(i)*size)
		for k := range t.hops {
			h := &t.hops[k]
			if to = *at[unsafe.Pointer](to, h.offset); to == nil {
				places[i] = nil
				c.def = append(c.def, byte(h.level))
				continue rows
			}
		}
		to = unsafe.Add(to, t.offset)
		level := t.node.def
		if t.node.pointer {
			if to = *(*unsafe.Pointer)(to); to == nil {
				level--
			}
		}
		places[i] = to
		if t.node.def > 0 {
			c.def = append(c.def, byte(level))
		}
	}
}

// list appends the values behind some hops, the first of which has the repetition
// level rep.
func (t *track) list(c *chunk, p unsafe.Pointer, hops []hop, rep int) {
	if len(hops) == 0 {
		t.value(c, unsafe.Add(p, t.offset), rep)
		return
	}
	h := &hops[0]
	if h.form != formList {
		to := *at[unsafe.Pointer](p, h.offset)
		if to == nil {
			c.level(rep, h.level)
			return
		}
		t.list(c, to, hops[1:], rep)
		return
	}
	list := at[slice](p, h.offset)
	switch {
	case list.data == nil && h.optional:
		c.level(rep, h.level-1)
		return
	case list.len == 0:
		c.level(rep, h.level)
		return
	}
	for i := range list.len {
		t.list(c, unsafe.Add(list.data, uintptr(i)*h.size), hops[1:], rep)
		rep = h.rep
	}
}

// value appends the value that lies at p: null where it is optional and nil or zero.
func (t *track) value(c *chunk, p unsafe.Pointer, rep int) {
	n := t.node
	if n.pointer {
		p = *(*unsafe.Pointer)(p)
	}
	if p == nil || t.zeroIsNull && n.zeroAt(p) {
		c.level(rep, n.def-1)
		return
	}
	c.level(rep, n.def)
	c.add(p)
}

// add appends the value that lies at p, without the level.
func (c *chunk) add(p unsafe.Pointer) {
	switch c.node.form {
	case formString:
		c.addText(bytesOf(*(*string)(p)))
	case formBytes:
		c.addText(*(*[]byte)(p))
	case formBool:
		c.addBool(*(*bool)(p))
	default:
		i, _ := c.node.intAt(p)
		c.addInt(i)
	}
}

// intAt gives the number or time that lies at p, and whether it is zero.
func (n *node) intAt(p unsafe.Pointer) (i int64, zero bool) {
	switch {
	case n.form == formTime:
		t := (*time.Time)(p)
		return t.UnixMicro(), *t == time.Time{}
	case n.wide:
		i = *(*int64)(p)
	default:
		i = int64(*(*int32)(p))
	}
	return i, i == 0
}

// zeroAt says whether the value that lies at p is zero.
func (n *node) zeroAt(p unsafe.Pointer) bool {
	switch n.form {
	case formString:
		return *(*string)(p) == ""
	case formBytes:
		return *(*[]byte)(p) == nil
	case formBool:
		return !*(*bool)(p)
	}
	_, zero := n.intAt(p)
	return zero
}

// bytesOf gives the bytes of a string without a copy, for who reads them only.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
