package run

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// frame is a number of rows with all that they point to, filled again and again:
// where each value goes is worked out once.
type frame[T Row] struct {
	rows  []T
	used  int
	rooms []*room
	sinks []*sink // by the column of the row type; nil: not wanted
	now   []*sink // as the columns of the part
}

// room holds the values of one place in a row type: the rows, what a pointer in
// them points to, or the elements of a list in them or in the elements of another
// list.
type room struct {
	above *room
	field []int // in a cell of the room above
	level int   // definition level at which a cell is there
	list  bool
	cells reflect.Value   // a slice
	hold  []reflect.Value // of a pointer or a list: the field above each cell, or each list
	used  int             // of a list: elements
	first []int           // of a list: the first element of each, and one more
	inner []*room         // lists in its cells
	sinks []*sink
	led   bool // one of them leads
}

// sink is where the values of one column go: one of its slots, by its form.
type sink struct {
	leaf
	home  *room
	field []int   // in a cell of home; none: the cell itself
	lists []stand // on the way to home, from the row on

	row   int // of the frame, while a list is filled
	depth int // how many of the lists the last value is in

	texts  *slots[string]
	blobs  *slots[[]byte]
	flags  *slots[bool]
	times  *slots[time.Time]
	wide   *slots[int64]
	narrow *slots[int32]
}

// stand is where a column that is being filled stands in a list.
type stand struct {
	*room
	leads bool // it numbers the elements
	count int  // of them, so far
}

// slots are pointers to one field of many cells.
type slots[T any] struct {
	at      []*T
	holders []**T // of a field that is a pointer itself
}

// newFrame makes a frame for some columns of so many rows.
func newFrame[T Row](columns []leaf, size int) (*frame[T], error) {
	f := &frame[T]{rows: make([]T, size), sinks: make([]*sink, shapeOf(reflect.TypeFor[T]()).end)}
	rows := &room{cells: reflect.ValueOf(f.rows)}
	f.rooms = []*room{rows}
	for _, l := range columns {
		s := &sink{leaf: l}
		var err error
		if s.home, s.field, err = f.home(s); err != nil {
			return nil, err
		}
		s.home.sinks = append(s.home.sinks, s)
		for r := s.home; r != nil; r = r.above {
			if r.list {
				s.lists = slices.Insert(s.lists, 0, stand{room: r})
			}
		}
		if err := s.bind(s.home.cells.Len()); err != nil {
			return nil, err
		}
		f.sinks[l.last().first] = s
	}
	return f, nil
}

// use makes the frame ready for a part with some of its columns. Of the columns in a
// list, the first that the part has leads.
func (f *frame[T]) use(columns []partColumn) {
	for _, r := range f.rooms {
		r.led = false
	}
	f.now = f.now[:0]
	for _, c := range columns {
		s := f.sinks[c.node.first]
		for i := range s.lists {
			l := &s.lists[i]
			l.leads, l.led = !l.led, true
		}
		f.now = append(f.now, s)
	}
}

// home finds the room of a column, and makes what is missing on the way there.
func (f *frame[T]) home(s *sink) (*room, []int, error) {
	at, field, skip := f.rooms[0], []int(nil), false
	for _, n := range s.way {
		if !skip {
			field = append(field, n.field)
		}
		skip = false
		switch {
		case n.form == formList:
			at, field, skip = f.room(at, field, n), nil, true
		case n.form == formGroup && n.pointer && at.list:
			return nil, nil, fmt.Errorf("the column %v is behind a pointer in a list: it cannot be selected", s.path)
		case n.form == formGroup && n.pointer:
			at, field = f.room(at, field, n), nil
		}
	}
	return at, field, nil
}

// room finds or makes the room for what a field of another room's cells holds.
func (f *frame[T]) room(above *room, field []int, n *node) *room {
	for _, r := range f.rooms {
		if r.above == above && reflect.DeepEqual(r.field, field) {
			return r
		}
	}
	r := &room{above: above, field: field, level: n.def, list: n.form == formList}
	of := above.cells.Type().Elem()
	of = of.FieldByIndex(field).Type.Elem()
	r.cells = reflect.MakeSlice(reflect.SliceOf(of), above.cells.Len(), above.cells.Len())
	r.holdAll()
	if r.list {
		above.inner = append(above.inner, r)
	}
	f.rooms = append(f.rooms, r)
	return r
}

// holdAll notes where above the room its cells or lists hang.
func (r *room) holdAll() {
	r.hold = r.hold[:0]
	for i := range r.above.cells.Len() {
		r.hold = append(r.hold, r.above.cells.Index(i).FieldByIndex(r.field))
	}
	if r.list {
		r.first = append(r.first, make([]int, len(r.hold)+1-len(r.first))...)
	}
}

// clear makes all cells zero that the rows before may have set.
func (f *frame[T]) clear() {
	for _, r := range f.rooms {
		cells := r.cells
		if r.list {
			cells = cells.Slice(0, r.used)
		}
		cells.Clear()
		r.used = 0
	}
}

// reach makes the pointers on the way to a value that are there by its level.
func (s *sink) reach(row, def int) {
	for r := s.home; r.above != nil; r = r.above {
		if !r.list && def >= r.level && r.hold[row].IsNil() {
			r.hold[row].Set(r.cells.Index(row).Addr())
		}
	}
}

// start goes back to before the first row.
func (s *sink) start() {
	s.row, s.depth = -1, 0
	for i := range s.lists {
		s.lists[i].count = 0
	}
}

// step goes on to the next value, of these levels, which is in the lists as far as it
// is there, and gives its cell. It is false where no value of such levels can follow
// the one before, or where the column that leads has no such element.
func (s *sink) step(rep, def int) (cell int, ok bool) {
	switch {
	case rep > s.depth, s.row < 0 && rep > 0:
		return 0, false
	case rep == 0:
		s.row++
		s.lists[0].begin(s.row)
	}
	from := max(rep, 1) - 1
	for s.depth = from; s.depth < len(s.lists) && def >= s.lists[s.depth].level; s.depth++ {
		l := &s.lists[s.depth]
		cell = l.count
		if !l.element() {
			return 0, false
		}
		if s.depth+1 < len(s.lists) {
			s.lists[s.depth+1].begin(cell)
		}
	}
	return cell, rep == 0 || s.depth > from
}

// end makes the lists of n rows, of which all elements are numbered.
func (s *sink) end(n int) {
	for i := range s.lists {
		s.lists[i].end(n)
		n = s.lists[i].count
	}
}

// begin notes where the elements of a list begin.
func (l *stand) begin(list int) {
	if l.leads {
		l.first[list] = l.count
	}
}

// element makes room for the next element. It is false where the column that leads
// has none.
func (l *stand) element() bool {
	l.count++
	if !l.leads {
		return l.count <= l.used
	}
	l.used = l.count
	if l.used > l.cells.Len() {
		l.grow()
	}
	return true
}

// end makes the first n lists.
func (l *stand) end(n int) {
	if !l.leads {
		return
	}
	l.first[n] = l.count
	for i := range n {
		if from, to := l.first[i], l.first[i+1]; from < to {
			l.hold[i].Set(l.cells.Slice3(from, to, to))
		}
	}
}

// grow doubles a room. What points to its cells is bound anew.
func (r *room) grow() {
	old := r.cells
	r.cells = reflect.MakeSlice(old.Type(), 2*old.Len(), 2*old.Len())
	reflect.Copy(r.cells, old)
	for _, s := range r.sinks {
		_ = s.bind(r.cells.Len()) // it was bound before
	}
	for _, list := range r.inner {
		list.holdAll()
	}
}

// bind points the slots of a column at the cells of its room.
func (s *sink) bind(cells int) error {
	fields := make([]reflect.Value, cells)
	for i := range fields {
		if fields[i] = s.home.cells.Index(i); len(s.field) > 0 {
			fields[i] = fields[i].FieldByIndex(s.field)
		}
	}
	ok := false
	switch n := s.last(); {
	case n.form == formString:
		s.texts, ok = slotsOf[string](fields)
	case n.form == formBytes:
		s.blobs, ok = slotsOf[[]byte](fields)
	case n.form == formBool:
		s.flags, ok = slotsOf[bool](fields)
	case n.form == formTime:
		s.times, ok = slotsOf[time.Time](fields)
	case n.wide:
		s.wide, ok = slotsOf[int64](fields)
	default:
		s.narrow, ok = slotsOf[int32](fields)
	}
	if !ok {
		return fmt.Errorf("the column %v cannot be selected: no slot for a %v", s.path, fields[0].Type())
	}
	return nil
}

// slotsOf points at fields; it is false if they hold something else.
func slotsOf[T any](fields []reflect.Value) (*slots[T], bool) {
	s := &slots[T]{}
	for _, f := range fields {
		if f.Kind() == reflect.Pointer {
			holder, ok := f.Addr().Interface().(**T)
			if !ok {
				return s, false
			}
			s.holders, s.at = append(s.holders, holder), append(s.at, new(T))
			continue
		}
		if !f.Addr().CanConvert(reflect.TypeFor[*T]()) {
			return s, false
		}
		s.at = append(s.at, f.Addr().Convert(reflect.TypeFor[*T]()).Interface().(*T))
	}
	return s, true
}

func (s *slots[T]) set(i int, v T) {
	*s.at[i] = v
	if s.holders != nil {
		*s.holders[i] = s.at[i]
	}
}
