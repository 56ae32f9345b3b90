package run

import (
	"reflect"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// Rows as JSON: an object per row, with the columns under their names in
// Parquet, in their order, nested as there.
//
//   - null is null and never left out; a list without elements is [];
//   - bytes are lower-case hexadecimal;
//   - timestamps are RFC 3339 in UTC, with as many digits as it takes, six at most;
//   - integers are numbers: none comes near 2^53;
//   - control characters, also those of C1, DEL and those that turn the direction
//     of writing, are escaped, so that no terminal obeys them; bytes that are not
//     UTF-8 become U+FFFD.

// Encoder turns rows of one type into JSON. It may be used by many goroutines.
type Encoder[T Row] struct {
	root *node
}

// NewEncoder makes an encoder of whole rows.
func NewEncoder[T Row]() *Encoder[T] {
	return &Encoder[T]{root: shapeOf(reflect.TypeFor[T]())}
}

// NewSteadyEncoder makes an encoder that leaves volatile columns out: what it
// gives is equal for two equal runs.
func NewSteadyEncoder[T Row]() *Encoder[T] {
	e := NewEncoder[T]()
	skip := make(map[string]bool)
	for _, c := range Columns(layoutOf[T]().table) {
		if c.Volatile {
			skip[c.Name] = true
		}
	}
	e.root.prune("", skip)
	return e
}

// Append appends a row as an object, without a newline.
func (e *Encoder[T]) Append(b []byte, row *T) []byte {
	return e.root.appendObject(b, reflect.ValueOf(row).Elem())
}

// prune drops the fields of the given names below a node whose own name is the
// prefix.
func (n *node) prune(prefix string, skip map[string]bool) {
	kept := n.below[:0]
	for _, child := range n.below {
		name := prefix
		if child.name != "" {
			name += child.name
		}
		if child.name != "" && skip[name] {
			continue
		}
		if child.name != "" {
			name += "."
		}
		child.prune(name, skip)
		kept = append(kept, child)
	}
	n.below = kept
}

func (n *node) appendObject(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	b = n.appendMembers(b, v, true)
	return append(b, '}')
}

// appendMembers appends the members of a struct, those of an embedded one as its
// own.
func (n *node) appendMembers(b []byte, v reflect.Value, first bool) []byte {
	for _, child := range n.below {
		field := v.Field(child.field)
		if child.name == "" {
			length := len(b)
			b = child.appendMembers(b, field, first)
			first = first && len(b) == length
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendString(b, child.name)
		b = append(b, ':')
		b = child.appendValue(b, field)
	}
	return b
}

func (n *node) appendValue(b []byte, v reflect.Value) []byte {
	if n.optional {
		if v.IsZero() {
			return append(b, "null"...)
		}
		if n.pointer {
			v = v.Elem()
		}
	}
	switch n.form {
	case formGroup:
		return n.appendObject(b, v)
	case formList:
		return n.appendList(b, v)
	case formString:
		return appendString(b, v.String())
	case formBytes:
		b = append(b, '"')
		b = appendHex(b, v.Bytes())
		return append(b, '"')
	case formBool:
		return strconv.AppendBool(b, v.Bool())
	case formTime:
		b = append(b, '"')
		b = appendTime(b, v)
		return append(b, '"')
	}
	return strconv.AppendInt(b, v.Int(), 10)
}

func (n *node) appendList(b []byte, v reflect.Value) []byte {
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		b = n.below[0].appendValue(b, v.Index(i))
	}
	return append(b, ']')
}

// timeLayout drops the digits that a timestamp in microseconds cannot have.
const timeLayout = "2006-01-02T15:04:05.999999Z07:00"

func appendTime(b []byte, v reflect.Value) []byte {
	return v.Interface().(time.Time).UTC().AppendFormat(b, timeLayout)
}

const hexDigits = "0123456789abcdef"

func appendHex(b, data []byte) []byte {
	for _, c := range data {
		b = append(b, hexDigits[c>>4], hexDigits[c&0xf])
	}
	return b
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s { // a byte that is not UTF-8 comes as U+FFFD
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case unsafeRune(r):
			b = appendEscape(b, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// appendEscape appends \u and four digits. No unsafe character needs more.
func appendEscape(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
}

// unsafeRune says whether a character could be obeyed where it is only meant to be
// shown: by a terminal, by a browser that takes JSON for a script or for HTML, or
// by an eye that reads in the order of writing.
func unsafeRune(r rune) bool {
	switch {
	case r == '<' || r == '>' || r == '&':
		return true
	case r > 0xffff:
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
