package dnssec

import (
	"bufio"
	//lint:ignore SA1019 old vectors are signed with it
	"crypto/dsa"
	"crypto/sha1"
	"encoding/asn1"
	"encoding/base32"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// vectorEntry is one entry of a file in Unbound's testdata format.
type vectorEntry struct {
	question  string // owner name
	answer    []dns.RR
	authority []dns.RR
}

// vectorFolder returns where the outside vectors are, or skips.
func vectorFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("DANESCAN_RPL_DIR")
	if dir != "" {
		return filepath.Join(dir, "signatures")
	}
	if os.Getenv("DANESCAN_STRICT") == "1" {
		t.Fatal("DANESCAN_RPL_DIR is not set")
	}
	t.Skip("DANESCAN_RPL_DIR is not set: no outside vectors")
	return ""
}

// readVectors reads the entries of a file. Records may span lines in parentheses.
func readVectors(t *testing.T, path string) []vectorEntry {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var entries []vectorEntry
	section := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := strings.TrimSpace(strings.SplitN(lines.Text(), ";", 2)[0])
		switch {
		case line == "":
			continue
		case line == "ENTRY_BEGIN":
			entries = append(entries, vectorEntry{})
			continue
		case strings.HasPrefix(line, "SECTION "):
			section = strings.TrimPrefix(line, "SECTION ")
			continue
		case len(entries) == 0 || line == "ENTRY_END":
			continue
		}
		for strings.Count(line, "(") > strings.Count(line, ")") && lines.Scan() {
			line += " " + strings.TrimSpace(strings.SplitN(lines.Text(), ";", 2)[0])
		}
		e := &entries[len(entries)-1]
		if section == "QUESTION" {
			e.question = strings.Fields(line)[0]
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatalf("%s: %q: %v", path, line, err)
		}
		switch section {
		case "ANSWER":
			e.answer = append(e.answer, rr)
		case "AUTHORITY":
			e.authority = append(e.authority, rr)
		}
	}
	return entries
}

// skippedVectors are files that are not for us.
var skippedVectors = map[string]string{
	"test_sigs.gost": "GOST R 34.10-2001 is not supported (RFC 8624: MUST NOT)",
}

// TestSignatureVectors verifies the RRsets of Unbound's unit tests. Owners and
// questions that begin with "bogus" must fail.
func TestSignatureVectors(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(vectorFolder(t), "test_sig*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	good, bad := 0, 0
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			if why := skippedVectors[filepath.Base(path)]; why != "" {
				t.Skip(why)
			}
			g, b := checkVectors(t, readVectors(t, path))
			good, bad = good+g, bad+b
		})
	}
	t.Logf("%d RRsets verified, %d rejected", good, bad)
	if good < 200 || bad < 6 {
		t.Errorf("%d RRsets verified and %d rejected: too few to show anything", good, bad)
	}
}

// checkVectors verifies every signed RRset with the keys of the first entry, each
// in the second after its inception.
func checkVectors(t *testing.T, entries []vectorEntry) (good, bad int) {
	var now time.Time
	v, err := New(Config{
		EveryAlgorithm: true, // as Unbound's unit test demands
		Now:            func() time.Time { return now },
		Algorithms:     map[uint8]Algorithm{dns.DSA: readDSA, 6: readDSA},
	})
	if err != nil {
		t.Fatal(err)
	}
	keys := groupRRs(entries[0].answer)[0]
	if err := keys.canonicalise(); err != nil {
		t.Fatal(err)
	}
	zone := &zoneKeys{apex: keys.owner, keys: readKeys(&keys, v.algorithms)}
	for _, k := range zone.keys {
		zone.required = append(zone.required, k.alg)
	}
	for _, e := range entries[1:] {
		for _, set := range append(groupRRs(e.answer), groupRRs(e.authority)...) {
			if len(set.records) == 0 || len(set.sigs) == 0 {
				continue
			}
			now = time.Unix(int64(set.sigs[0].inception)+1, 0)
			p, reason := v.newResponse(&Work{}).verify(&set, zone)
			wantBogus := strings.HasPrefix(e.question, "bogus") || strings.HasPrefix(set.owner.String(), "bogus")
			if (p == nil) != wantBogus {
				t.Errorf("%v %s (question %s): verified %t, reason %q", set.owner, dns.TypeToString[set.typ], e.question, p != nil, reason)
			}
			if wantBogus {
				bad++
			} else {
				good++
			}
		}
	}
	return good, bad
}

// TestNSEC3HashVectors hashes the names of Unbound's unit test.
func TestNSEC3HashVectors(t *testing.T) {
	entries := readVectors(t, filepath.Join(vectorFolder(t), "test_nsec3_hash.1"))
	for _, e := range entries {
		params := e.authority[0].(*dns.NSEC3)
		ev := &evidence{zone: &zoneKeys{apex: mustName(t, params.Hdr.Name).parent()}}
		slices.Sort(params.TypeBitMap) // the file has it in another order, in which nothing can be packed
		set := groupRRs([]dns.RR{params})[0]
		ev.readNSEC3(&evidenceSet{rrset: &set}, set.records[0].data)
		if len(ev.chains) != 1 {
			t.Fatalf("%v is not read", params)
		}
		sum := hashName(mustName(t, e.question), ev.chains[0].iterations, ev.chains[0].salt)
		got := strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))
		if want := dns.SplitDomainName(e.answer[0].Header().Name)[0]; got != want {
			t.Errorf("%s: %s, want %s", e.question, got, want)
		}
	}
	if len(entries) < 10 {
		t.Errorf("only %d names", len(entries))
	}
}

func mustName(t testing.TB, s string) Name {
	t.Helper()
	n, err := ParseName(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return n
}

// dsaKey verifies signatures of algorithm 3, which only old vectors have (RFC
// 2536), and, as some old signers wrote them, DER.
type dsaKey dsa.PublicKey

func readDSA(key []byte) (PublicKey, error) {
	if len(key) < 1 || key[0] > 8 || len(key) != 21+3*(64+8*int(key[0])) {
		return nil, errKey
	}
	size := 64 + 8*int(key[0])
	at := func(from, n int) *big.Int { return new(big.Int).SetBytes(key[from : from+n]) }
	k := dsaKey{Y: at(21+2*size, size)}
	k.Q, k.P, k.G = at(1, 20), at(21, size), at(21+size, size)
	return &k, nil
}

func (k *dsaKey) Verify(data, sig []byte) bool {
	digest := sha1.Sum(data)
	var rs struct{ R, S *big.Int }
	if len(sig) == 41 {
		rs.R, rs.S = new(big.Int).SetBytes(sig[1:21]), new(big.Int).SetBytes(sig[21:])
	} else if rest, err := asn1.Unmarshal(sig, &rs); err != nil || len(rest) > 0 {
		return false
	}
	return dsa.Verify((*dsa.PublicKey)(k), digest[:], rs.R, rs.S)
}
