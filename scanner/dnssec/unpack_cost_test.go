package dnssec

import (
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// longest is the longest name there is. The library writes each of its octets with
// four.
var longest = strings.Repeat("\x3f"+strings.Repeat("\xff", 63), 3) + "\x3d" + strings.Repeat("\xff", 61) + "\x00"

// swelling is a reply of 64 KiB that grows as it is read: a record of a type with the
// longest name, and then as many pointers to it as there is room for, in that record
// or in others. A reply that asks for a name ahead is left to the library as a whole.
func swelling(rrtype uint16, fixed string, ahead, oneRecord bool) []byte {
	wire := make([]byte, headerSize)
	head := append(binary.BigEndian.AppendUint16(nil, rrtype), 0, 1, 0, 0, 0, 1)
	pointer := []byte{0xc0, byte(headerSize + 2 + 4 + 1 + len(head) + 2 + len(fixed))}
	question := []byte("\xc0\x02") // the root: an octet of the header
	if ahead {
		question = pointer
	}
	wire = append(append(append(wire, question...), 0, 1, 0, 1, 0), head...)
	size := len(wire)
	wire = append(append(append(wire, 0, 0), fixed...), longest...)
	records := 1
	for oneRecord && len(wire) < 65500 {
		wire = append(wire, pointer...)
	}
	binary.BigEndian.PutUint16(wire[size:], uint16(len(wire)-size-2))
	for ; !oneRecord && len(wire) < 65500; records++ {
		wire = append(append(wire, pointer...), head...)
		wire = append(append(append(wire, 0, byte(len(fixed)+2)), fixed...), pointer...)
	}
	wire[5] = 1
	binary.BigEndian.PutUint16(wire[6:], uint16(records))
	return wire
}

// TestUnpackSwelling reads replies that are as long as can be and are made to grow:
// what reading them takes is bounded, whoever reads them.
func TestUnpackSwelling(t *testing.T) {
	for what, c := range map[string]struct {
		wire []byte
		err  error
	}{
		"records of names":                    {swelling(dns.TypeNS, "", false, false), nil},
		"the same, after a question ahead":    {swelling(dns.TypeNS, "", true, false), errOdd},
		"a record of many names":              {swelling(dns.TypeHIP, "\x00\x00\x00\x00", false, true), errOdd},
		"records that are left over, as well": {swelling(dns.TypeSRV, "\x00\x00\x00\x00\x00\x00", false, false), errOdd},
	} {
		var lib dns.Msg
		if err := lib.Unpack(c.wire); err != nil || len(lib.Answer) == 0 {
			t.Errorf("%s: the library takes %d records of it: %v", what, len(lib.Answer), err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Unpack(c.wire)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 12<<20 {
			t.Errorf("%s: %d octets take %d KiB", what, len(c.wire), took>>10)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
