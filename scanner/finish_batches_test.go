package scanner

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"
	"testing"

	"danescan/datasets/run"
)

// Each row is judged once, however many there are.
func TestSideBySide(t *testing.T) {
	for _, rows := range []int{0, 1, judgeRows - 1, judgeRows, judgeRows + 1, 1000} {
		calls := make([]atomic.Int32, rows)
		sideBySide(rows, func(row int) { calls[row].Add(1) })
		for row := range calls {
			if n := calls[row].Load(); n != 1 {
				t.Errorf("row %d of %d: %d times", row, rows, n)
			}
		}
	}
}

// Batches of several runs' rows stay until the next but one.
func TestJoinedBatchesStay(t *testing.T) {
	const rows = 3*joinedRows + 7
	stream := func(yield func(run.HostEvidence, error) bool) {
		for i := range rows {
			if !yield(run.HostEvidence{Host: fmt.Sprint(i)}, nil) {
				return
			}
		}
	}
	var before []run.Host
	seen := 0
	check := func() {
		for i := range before {
			if before[i].Host != fmt.Sprint(seen) {
				t.Fatalf("row %d is %s", seen, before[i].Host)
			}
			seen++
		}
	}
	for batch, err := range inBatches(iter.Seq2[run.HostEvidence, error](stream), unjudged) {
		if err != nil {
			t.Fatal(err)
		}
		check()
		before = batch
	}
	if check(); seen != rows {
		t.Errorf("%d rows, not %d", seen, rows)
	}
}

// hostsOnly is evidence of hosts alone, in two batches.
type hostsOnly struct {
	evidence
	hosts []run.Host
}

func (h hostsOnly) HostBatches() iter.Seq2[[]run.Host, error] {
	return func(yield func([]run.Host, error) bool) {
		for batch := range slices.Chunk(h.hosts, 2) {
			if !yield(batch, nil) {
				return
			}
		}
	}
}

type fullDisk struct{ err error }

func (f fullDisk) Domains([]run.Domain) error { return f.err }
func (f fullDisk) Hosts([]run.Host) error     { return f.err }

// A table that cannot be written ends the judging with its error.
func TestJudgeHostsFails(t *testing.T) {
	full := errors.New("no space left on device")
	f := &finisher{out: nowhere{}, long: fullDisk{full}, summary: newSummary(), ends: newSessions(), hosts: newHostTable(), certs: certificates{}}
	hosts := make([]run.Host, 10)
	for i := range hosts {
		hosts[i].Host = fmt.Sprintf("mx%d.example", i)
		f.hosts.name(hosts[i].Host, 1)
	}
	f.in = hostsOnly{hosts: hosts}
	if err := f.judgeHosts(t.Context()); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
	if f.summary.Hosts > 4 {
		t.Errorf("%d hosts were judged after the disk was full", f.summary.Hosts)
	}
}
