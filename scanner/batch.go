package scanner

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"danescan/datasets/run"
)

// batchRows is how many finished hosts make a part: what a crash may lose. Each
// takes some 400 octets until then, and a merge holds pages of every part.
const batchRows = 8192

// batch gathers finished hosts with their sessions and certificates, and writes
// them as parts. A host's row is written after its evidence, so that a host that
// is there is complete.
type batch struct {
	spool *run.Spool
	size  int

	mu        sync.Mutex
	known     map[[32]byte]struct{} // certificates stored before
	*hostRows                       // of the next part
	writing   sync.Mutex            // taken before mu is let go of: what came first is written first
}

// hostRows are the rows of some hosts.
type hostRows struct {
	hosts        *run.Pile[run.HostEvidence]
	endpoints    *run.Pile[run.EndpointEvidence]
	certificates *run.Pile[run.Certificate]
}

func newHostRows() *hostRows {
	return &hostRows{run.NewPile[run.HostEvidence](), run.NewPile[run.EndpointEvidence](), run.NewPile[run.Certificate]()}
}

func newBatch(w *run.Spool, size int) *batch {
	return &batch{spool: w, size: size, known: map[[32]byte]struct{}{}, hostRows: newHostRows()}
}

// add takes a finished host. Who brings the last one of a part writes it, and the
// others go on meanwhile, until the next part is complete.
func (b *batch) add(h *run.HostEvidence, rows []run.EndpointEvidence, der [][]byte) error {
	b.mu.Lock()
	b.hosts.Add(h)
	for i := range rows {
		b.endpoints.Add(&rows[i])
	}
	for _, d := range der {
		sum := sha256.Sum256(d)
		if _, known := b.known[sum]; !known {
			b.known[sum] = struct{}{}
			b.certificates.Add(&run.Certificate{SHA256: sum[:], DER: d})
		}
	}
	if b.hosts.Len() < b.size {
		b.mu.Unlock()
		return nil
	}
	return b.write()
}

// flush writes what is there.
func (b *batch) flush() error {
	b.mu.Lock()
	return b.write()
}

// write writes what is there and begins anew. It is called with mu held and lets go
// of it.
func (b *batch) write() error {
	b.writing.Lock()
	defer b.writing.Unlock()
	rows := b.hostRows
	b.hostRows = newHostRows()
	b.mu.Unlock()
	if err := b.spool.PutCertificates(rows.certificates); err != nil {
		return fmt.Errorf("writing certificates: %w", err)
	}
	if err := b.spool.PutEndpoints(rows.endpoints); err != nil {
		return fmt.Errorf("writing endpoints: %w", err)
	}
	if err := b.spool.PutHosts(rows.hosts); err != nil {
		return fmt.Errorf("writing hosts: %w", err)
	}
	return nil
}
