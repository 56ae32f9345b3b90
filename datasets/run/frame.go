package run

import (
	"fmt"
	"reflect"
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
// them points to, or the elements of a list in them.
type room struct {
	above *room
	field []int // in a cell of the room above
	level int   // definition level at which a cell is there
	list  bool
	cells reflect.Value   // a slice
	hold  []reflect.Value // of a pointer: the field above each cell
	used  int             // of a list: elements
	first []int           // of a list: the first element of each row
	sinks []*sink
	led   bool // one of them leads
}

// sink is where the values of one column go: one of its slots, by its form.
type sink struct {
	leaf
	home  *room
	field []int // in a cell of home; none: the cell itself
	leads bool  // it numbers the elements of its list

	texts  slots[string]
	blobs  slots[[]byte]
	flags  slots[bool]
	times  slots[time.Time]
	wide   slots[int64]
	narrow slots[int32]
}

// slots are pointers to one field of many cells.
type slots[T any] struct {
	at      []*T
	holders []**T // of a field that is a pointer itself
}

// newFrame makes a frame for some columns of a row type.
func newFrame[T Row](columns []leaf) (*frame[T], error) {
	f := &frame[T]{rows: make([]T, selectRows), sinks: make([]*sink, shapeOf(reflect.TypeFor[T]()).end)}
	rows := &room{cells: reflect.ValueOf(f.rows)}
	f.rooms = []*room{rows}
	for _, l := range columns {
		s := &sink{leaf: l}
		var err error
		if s.home, s.field, err = f.home(s); err != nil {
			return nil, err
		}
		s.home.sinks = append(s.home.sinks, s)
		if err := s.bind(s.home.cells.Len()); err != nil {
			return nil, err
		}
		f.sinks[l.last().first] = s
	}
	return f, nil
}

// use makes the frame ready for a part with some of its columns. Of the columns of a
// list, the first that the part has leads.
func (f *frame[T]) use(columns []partColumn) {
	for _, r := range f.rooms {
		r.led = false
	}
	f.now = f.now[:0]
	for _, c := range columns {
		s := f.sinks[c.node.first]
		s.leads = s.home.list && !s.home.led
		s.home.led = true
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
		case n.form == formList && at.list:
			return nil, nil, fmt.Errorf("the column %v is a list within a list: it cannot be selected", s.path)
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
	r.first = make([]int, selectRows+1)
	for i := range above.cells.Len() {
		r.hold = append(r.hold, above.cells.Index(i).FieldByIndex(field))
	}
	f.rooms = append(f.rooms, r)
	return r
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

// begin notes where the elements of a row begin.
func (s *sink) begin(row, element int) {
	if s.leads {
		s.home.first[row] = element
	}
}

// element makes room for an element. It is false where the column that leads has
// none.
func (s *sink) element(i int) bool {
	if !s.leads {
		return i < s.home.used
	}
	s.home.used = i + 1
	if i >= s.home.cells.Len() {
		s.home.grow()
	}
	return true
}

// end makes the lists of n rows, of which all elements are numbered.
func (s *sink) end(n, elements int) {
	if !s.leads {
		return
	}
	r := s.home
	r.first[n] = elements
	for row := range n {
		if from, to := r.first[row], r.first[row+1]; from < to {
			r.hold[row].Set(r.cells.Slice3(from, to, to))
		}
	}
}

// none makes the lists of n rows, all empty.
func (s *sink) none(n int) {
	if s.leads {
		clear(s.home.first[:n+1])
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
func slotsOf[T any](fields []reflect.Value) (slots[T], bool) {
	var s slots[T]
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
