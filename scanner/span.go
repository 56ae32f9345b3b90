package scanner

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// spansInFlight is how many ranges of the list may be open: the slowest names of
// one must not hold up the next.
const spansInFlight = 3

// span is one range of the list on its way to becoming a domain part.
type span struct {
	number   int
	names    []list.Name
	finished func()

	mu   sync.Mutex
	rows *run.Pile[run.DomainEvidence]
}

// lookupTask is one name to look up, for its span.
type lookupTask struct {
	span *span
	name list.Name
}

// rangeOf is the number of the range that a line belongs to.
func (c *collector) rangeOf(line int64) int { return int((line - 1) / c.cfg.rangeLines) }

// readSpan reads the rest of the range that first belongs to, and the name after
// it. The span is nil where there is nothing to do: its part is there already, it
// belongs to another shard, or all its names are excluded.
func (c *collector) readSpan(names Names, first list.Name) (*span, list.Name, error) {
	s := &span{number: c.rangeOf(first.Line), names: make([]list.Name, 0, c.cfg.rangeLines)}
	name, err := first, error(nil)
	for err == nil && c.rangeOf(name.Line) == s.number {
		if c.wanted(s.number, name.Domain) {
			s.names = append(s.names, name)
		}
		name, err = names.Next()
	}
	c.cfg.Progress.Names.Add(int64(len(s.names)))
	if c.done[s.number] || len(s.names) == 0 {
		c.cfg.Progress.Resumed.Add(int64(len(s.names)))
		c.cfg.Progress.Domains.Add(int64(len(s.names)))
		return nil, name, err
	}
	shuffle(s.names, c.cfg.Seed, s.number)
	return s, name, err
}

// wanted reports whether a name of a range is to be looked up, and counts it where
// that is so but for the exclusions.
func (c *collector) wanted(number int, domain string) bool {
	if !c.cfg.Ranges.hasRange(number) {
		return false
	}
	if c.cfg.Exclude.Name(domain) {
		c.cfg.Progress.ExcludedDomains.Add(1)
		return false
	}
	return true
}

// shuffle puts the names of a range into an order that depends on the seed alone,
// so that neighbours in the list, often of one operator, are not asked in a row.
func shuffle(names []list.Name, seed uint64, number int) {
	r := rand.New(rand.NewPCG(seed, uint64(number)))
	r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
}

// hand gives the names to the workers.
func (s *span) hand(ctx context.Context, tasks chan<- lookupTask) error {
	for _, name := range s.names {
		select {
		case tasks <- lookupTask{s, name}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// add takes one row; with the last one the part is written.
func (s *span) add(w *run.Spool, row *run.DomainEvidence) error {
	s.mu.Lock()
	if s.rows == nil {
		s.rows = run.NewPile[run.DomainEvidence]()
	}
	s.rows.Add(row)
	complete := s.rows.Len() == len(s.names)
	s.mu.Unlock()
	if !complete {
		return nil
	}
	defer s.finished()
	if err := w.PutDomains(s.number, s.rows); err != nil {
		return fmt.Errorf("writing range %d of the list: %w", s.number, err)
	}
	return nil
}
