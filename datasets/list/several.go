package list

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Lists are lists that are read one after the other, as if they were one. The lines
// of each are counted on from the last line of the one before it that gave a name,
// so that a line names a domain of one list alone.
type Lists struct {
	Files []*File // those that follow the first are open, too, and read ahead into

	limit, taken int64
	current      int     // index in Files
	before       []int64 // per list: the lines that count as before its first
	last         int64   // line of the last name
}

// OpenAll opens lists as Open does, each in a form of its own. The limit of cfg is
// that of all together.
func OpenAll(ctx context.Context, sources []string, cfg Config) (*Lists, error) {
	if len(sources) == 0 {
		return nil, errors.New("no list was given")
	}
	if i := slices.Index(sources, "-"); i >= 0 && slices.Contains(sources[i+1:], "-") {
		return nil, errors.New("standard input can be read once: give - once")
	}
	l := &Lists{limit: cfg.Limit, before: make([]int64, len(sources))}
	for _, source := range sources {
		f, err := Open(ctx, source, cfg)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.Files = append(l.Files, f)
	}
	return l, nil
}

// Next returns the next name; io.EOF ends the last list.
func (l *Lists) Next() (Name, error) {
	if l.limit > 0 && l.taken >= l.limit {
		return Name{}, io.EOF
	}
	for {
		name, err := l.Files[l.current].Next()
		switch {
		case err == nil:
			name.Line += l.before[l.current]
			l.last = name.Line
			l.taken++
			return name, nil
		case err != io.EOF && len(l.Files) > 1:
			return Name{}, fmt.Errorf("%s: %w", l.Files[l.current].Source, err)
		case err != io.EOF || l.current == len(l.Files)-1:
			return Name{}, err
		}
		l.current++
		l.before[l.current] = l.last
	}
}

// Before is how many lines count as before the first of the list of that index in
// Files, as far as the lists have been read.
func (l *Lists) Before(index int) int64 { return l.before[index] }

// Counts are what a Reader counts.
type Counts struct {
	Rows, Taken, Folded int64
	Skipped             map[SkipReason]int64
}

// Counts sums what was read of all lists so far.
func (l *Lists) Counts() Counts {
	sum := Counts{Skipped: map[SkipReason]int64{}}
	for _, f := range l.Files {
		sum.Rows += f.Rows
		sum.Taken += f.Taken
		sum.Folded += f.Folded
		for reason, n := range f.Skipped {
			sum.Skipped[reason] += n
		}
	}
	return sum
}

// Source is the sources as given, with a space between them.
func (l *Lists) Source() string {
	sources := make([]string, len(l.Files))
	for i, f := range l.Files {
		sources[i] = f.Source
	}
	return strings.Join(sources, " ")
}

// Provenance is that of the only list. Several have none together, but for the IDs
// of all, with a plus sign between them, where each has one.
func (l *Lists) Provenance() Provenance {
	if len(l.Files) == 1 {
		return l.Files[0].Provenance
	}
	ids := make([]string, len(l.Files))
	for i, f := range l.Files {
		if f.ID == "" {
			return Provenance{}
		}
		ids[i] = f.ID
	}
	return Provenance{ID: strings.Join(ids, "+")}
}

// SHA256 is the digest in hex of the only list, and of several that of their
// digests, each in hex and ended by a line feed, in order. No name can be read
// after it.
func (l *Lists) SHA256() (string, error) {
	sums := sha256.New()
	for _, f := range l.Files {
		sum, err := f.SHA256()
		if err != nil || len(l.Files) == 1 {
			return sum, err
		}
		fmt.Fprintln(sums, sum)
	}
	return hex.EncodeToString(sums.Sum(nil)), nil
}

// Close closes the lists.
func (l *Lists) Close() error {
	var errs []error
	for _, f := range l.Files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
