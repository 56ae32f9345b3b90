//go:build unix

package run

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkDomainPart takes the rows of one range of a list the way that a scan takes
// them: onto a pile, into a part of the spool, and back in batches. The rows are like
// those of a list of today: nine in a hundred signed, five without an MX.
func BenchmarkDomainPart(b *testing.B) {
	rows := make([]DomainEvidence, RangeLines)
	for i := range rows {
		rows[i] = listedDomain(i)
	}
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		before := cpuTime(b)
		for b.Loop() {
			pileOfAll(rows)
		}
		perRow(b, len(rows), before)
	})
	b.Run("put", func(b *testing.B) {
		s, pile := newSpool(b), pileOfAll(rows)
		b.ReportAllocs()
		before, n := cpuTime(b), 0
		for b.Loop() {
			if err := s.PutDomains(n, pile); err != nil {
				b.Fatal(err)
			}
			n++
		}
		perRow(b, len(rows), before)
	})
	b.Run("batches", func(b *testing.B) {
		s := newSpool(b)
		if err := s.PutDomains(0, pileOfAll(rows)); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		before := cpuTime(b)
		for b.Loop() {
			readBatches(b, s, len(rows))
		}
		perRow(b, len(rows), before)
	})
	b.Run("final", func(b *testing.B) { benchFinal(b, rows) })
}

func readBatches(b *testing.B, s *Spool, rows int) {
	for some, err := range s.DomainBatches() {
		if err != nil {
			b.Fatal(err)
		}
		rows -= len(some)
	}
	if rows != 0 {
		b.Fatalf("%d rows are missing", rows)
	}
}

// benchFinal writes the rows as a final table.
func benchFinal(b *testing.B, rows []DomainEvidence) {
	path := filepath.Join(b.TempDir(), partName(0))
	whole := make([]Domain, len(rows))
	for i := range whole {
		whole[i] = Domain{rows[i], usualDomain(int64(i + 1)).DomainVerdict}
	}
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		w, err := createPart[Domain](disk{}, path, testOrigin, finalGrain)
		if err != nil {
			b.Fatal(err)
		}
		for i := 0; i < len(whole); i += selectRows {
			if err := w.writeLent(whole[i : i+selectRows]); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.commit(); err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, len(rows), before)
}

// listedDomain is a domain as one of a list: most are not signed and have an MX or
// two at one of some providers.
func listedDomain(i int) DomainEvidence {
	d := usualDomain(int64(i + 1)).DomainEvidence
	d.Domain = fmt.Sprintf("%x-%d.%s", i*7919, i, []string{"com", "net", "org", "de", "nl"}[i%5])
	d.TLD = d.Domain[len(d.Domain)-3:]
	d.Registrable, d.Zone, d.Attempts, d.ScannedAt = d.Domain, d.Domain, 1, sampleTime.Add(time.Duration(i)*time.Millisecond)
	d.MXLookup.Server = fmt.Sprintf("127.0.%d.%d:5300", i%7, i*31%250)
	d.MXLookup.Reason, d.MXLookup.EDE, d.MXLookup.Wildcard = "no-ds", ptr(int32(7)), ptr(false)
	d.MX[0].Host = fmt.Sprintf("mx%d.provider-%d.example", i*i%13, i*i%997)
	if i%3 > 0 {
		d.MX = d.MX[:1]
	}
	if i%11 == 0 {
		d.ZoneDNSSEC, d.MXDNSSEC, d.MXLookup.DNSSEC, d.MXLookup.Reason, d.MXLookup.EDE = Secure, Secure, Secure, "", nil
		d.DNSKEYAlgorithms, d.DS = []int32{13}, []DS{{int32(i % 65536), 13, 2}}
		d.MXLookup.Signer, d.MXLookup.KeyTag, d.MXLookup.Algorithm = d.Domain, ptr(int32(i%65536)), ptr(int32(13))
		d.MXLookup.RRSIGExpires = ptr(sampleTime.Add(time.Duration(i) * time.Second))
	}
	if i%20 == 7 {
		fallback := *d.MXLookup
		fallback.Denial = "nsec3"
		d.MXKind, d.MX, d.FallbackA, d.FallbackAAAA = MXImplicit, nil, &fallback, &fallback
	}
	return d
}
