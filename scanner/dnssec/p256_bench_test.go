package dnssec

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"runtime"
	"testing"
	"unsafe"

	"filippo.io/nistec"
)

// BenchmarkP256 compares ways to verify a signature by a key on P-256: as two
// numbers by the standard library, in ASN.1, with a table, and with a table where
// the signature is not valid. Beside these it measures what a table and the
// reading of a key cost.
func BenchmarkP256(b *testing.B) {
	store := newP256Store()
	s := newSigner(b, store, big.NewInt(1e9))
	data := make([]byte, 200)
	sig := s.sign(b, sha256.Sum256(data))
	for range p256Worth {
		s.key.Verify(data, sig[:])
	}
	verify := func(what string, f func(data []byte) bool) {
		b.Run(what, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !f(data) {
					b.Fatal("not valid")
				}
			}
		})
	}
	verify("numbers", func(data []byte) bool { return oracle(s.key.std, sha256.Sum256(data), sig) })
	verify("asn1", func(data []byte) bool {
		digest := sha256.Sum256(data)
		return ecdsaValid(s.key.std, digest[:], sig[:])
	})
	verify("table", func(data []byte) bool { return s.key.Verify(data, sig[:]) })
	verify("table-invalid", func(data []byte) bool { return !s.key.Verify(data[1:], sig[:]) })
	b.Run("build", func(b *testing.B) {
		point, _ := s.key.octets.point()
		b.ReportAllocs()
		for b.Loop() {
			newComb(point)
		}
		b.ReportMetric(float64(unsafe.Sizeof(comb{})), "table-B")
	})
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			store.read(s.key.octets[:])
		}
	})
	b.Run("count", func(b *testing.B) { benchCount(b, store) })
}

// benchCount counts keys that are new, as most are.
func benchCount(b *testing.B, store *p256Store) {
	b.ReportAllocs()
	var key p256Octets
	var i uint64
	for b.Loop() {
		i++
		binary.BigEndian.PutUint64(key[:], i)
		store.table(&key)
	}
}

// BenchmarkP256Full fills a store to its bounds and reports the memory that it has.
func BenchmarkP256Full(b *testing.B) {
	var store *p256Store
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		store = newP256Store()
		point, one := nistec.NewP256Point().SetGenerator(), nistec.NewP256Point().SetGenerator()
		for range p256Tables {
			key := p256Octets(point.Add(point, one).Bytes()[1:])
			for range p256Worth {
				store.table(&key)
			}
		}
		var key p256Octets
		for i := range uint64(2 * p256Counts) {
			binary.BigEndian.PutUint64(key[:], i)
			store.table(&key)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB")
	runtime.KeepAlive(store)
}
