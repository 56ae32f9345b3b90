package list

import (
	"errors"
	"fmt"
)

// ErrEmpty is a list without a single entry.
var ErrEmpty = errors.New("the list has no entries")

// SkipReason says why an entry was left out: a closed list.
type SkipReason string

// Why an entry is bad.
const (
	SkipLongLine  SkipReason = "long-line"  // over 4,096 octets
	SkipColumns   SkipReason = "columns"    // fewer columns than the format has
	SkipRank      SkipReason = "rank"       // not a positive whole number
	SkipIPAddress SkipReason = "ip-address" // an address, not a name
	SkipBytes     SkipReason = "bytes"      // octets outside letters, digits, hyphen and underscore
	SkipLength    SkipReason = "length"     // a label over 63 octets or a name over 253
	SkipLabel     SkipReason = "label"      // an empty label
	SkipIDNA      SkipReason = "idna"       // no A-label form

	// Of zone master files.
	SkipRecord    SkipReason = "record"    // no resource record
	SkipDirective SkipReason = "directive" // $INCLUDE, $GENERATE and others that are not followed
	SkipOrigin    SkipReason = "origin"    // a relative name with no $ORIGIN before it
	SkipOutside   SkipReason = "outside"   // a delegation of a name that is not in the zone
	SkipApartDS   SkipReason = "apart-ds"  // DS records apart from the NS records of their owner
)

// Why a good entry was not wanted.
const (
	SkipUnsigned SkipReason = "unsigned" // Config.OnlySigned, and no DS
	SkipSample   SkipReason = "sample"   // not in the sample
)

// bad reports whether the entry itself is at fault.
func (s SkipReason) bad() bool { return s != SkipUnsigned && s != SkipSample }

// LineError is one bad line.
type LineError struct {
	Line   int64
	Reason SkipReason
	Text   string
}

func (e *LineError) Error() string {
	return fmt.Sprintf("line %d: %s: %.80q", e.Line, e.Reason, e.Text)
}

// NotAListError is a list of which over half of the first lines are bad.
type NotAListError struct {
	Format    string
	Bad, Rows int64
	Example   error
}

func (e *NotAListError) Error() string {
	return fmt.Sprintf("%d of the first %d lines hold no domain name (read as %s; %v)", e.Bad, e.Rows, e.Format, e.Example)
}

func (e *NotAListError) Unwrap() error { return e.Example }
