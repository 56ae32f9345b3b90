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

	mu           sync.Mutex
	hosts        *run.Pile[run.HostEvidence]
	endpoints    *run.Pile[run.EndpointEvidence]
	certificates *run.Pile[run.Certificate]
	known        map[[32]byte]struct{} // certificates stored before
}

func newBatch(w *run.Spool, size int) *batch {
	b := &batch{spool: w, size: size, known: map[[32]byte]struct{}{}}
	b.clear()
	return b
}

func (b *batch) clear() {
	b.hosts, b.endpoints, b.certificates = run.NewPile[run.HostEvidence](), run.NewPile[run.EndpointEvidence](), run.NewPile[run.Certificate]()
}

func (b *batch) add(h *run.HostEvidence, rows []run.EndpointEvidence, der [][]byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
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
		return nil
	}
	return b.write()
}

// flush writes what is there.
func (b *batch) flush() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.write()
}

func (b *batch) write() error {
	if err := b.spool.PutCertificates(b.certificates); err != nil {
		return fmt.Errorf("writing certificates: %w", err)
	}
	if err := b.spool.PutEndpoints(b.endpoints); err != nil {
		return fmt.Errorf("writing endpoints: %w", err)
	}
	if err := b.spool.PutHosts(b.hosts); err != nil {
		return fmt.Errorf("writing hosts: %w", err)
	}
	b.clear()
	return nil
}
