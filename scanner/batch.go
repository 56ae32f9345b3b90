package scanner

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"danescan/datasets/run"
)

// batchRows is how many finished hosts make a part: what a crash may lose.
const batchRows = 4096

// batch gathers finished hosts with their sessions and certificates, and writes
// them as parts. A host's row is written after its evidence, so that a host that
// is there is complete.
type batch struct {
	spool *run.Spool
	size  int

	mu           sync.Mutex
	hosts        []run.HostEvidence
	endpoints    []run.EndpointEvidence
	certificates []run.Certificate
	known        map[[32]byte]struct{} // certificates stored before
}

func newBatch(w *run.Spool, size int) *batch {
	return &batch{spool: w, size: size, known: map[[32]byte]struct{}{}}
}

func (b *batch) add(h run.HostEvidence, rows []run.EndpointEvidence, der [][]byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hosts = append(b.hosts, h)
	b.endpoints = append(b.endpoints, rows...)
	for _, d := range der {
		sum := sha256.Sum256(d)
		if _, known := b.known[sum]; !known {
			b.known[sum] = struct{}{}
			b.certificates = append(b.certificates, certificateRow(sum, d))
		}
	}
	if len(b.hosts) < b.size {
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
	if err := b.spool.WriteCertificates(b.certificates); err != nil {
		return fmt.Errorf("writing certificates: %w", err)
	}
	if err := b.spool.WriteEndpoints(b.endpoints); err != nil {
		return fmt.Errorf("writing endpoints: %w", err)
	}
	if err := b.spool.WriteHosts(b.hosts); err != nil {
		return fmt.Errorf("writing hosts: %w", err)
	}
	b.certificates, b.endpoints, b.hosts = nil, nil, nil
	return nil
}

// certificateRow is a certificate as it is stored: its bytes, and what can be read
// of them.
func certificateRow(sum [32]byte, der []byte) run.Certificate {
	return run.Certificate{SHA256: sum[:], DER: der}
}
