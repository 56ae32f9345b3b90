package judge

import (
	"encoding/hex"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// TestSwappedFields: what is a mix-up of fields, what is another finding, and
// what is in order.
func TestSwappedFields(t *testing.T) {
	b := newBench(t)
	as := func(r run.TLSA, usage, selector, matchingType byte) run.TLSA {
		return raw(usage, selector, matchingType, r.RData[3:])
	}
	key, cert, long, issuer := b.record(3, 1, 1, b.leaf), b.record(3, 0, 1, b.leaf), b.record(3, 1, 2, b.leaf), b.record(2, 1, 1, b.ca)
	for _, c := range []struct {
		name   string
		record run.TLSA
		want   string // the end of the explanation; empty: none
	}{
		{"key under the certificate's selector", as(key, 3, 0, 1), "should be 3 1 1"},
		{"certificate under the key's selector", as(cert, 3, 1, 1), "should be 3 0 1"},
		{"SHA-512 called SHA-256", as(long, 3, 1, 1), "should be 3 1 2"},
		{"SHA-256 called SHA-512", as(key, 3, 1, 2), "should be 3 1 1"},
		{"digest called full data", as(key, 3, 1, 0), "should be 3 1 1"},
		{"fields back to front", as(key, 1, 1, 3), "should be 3 1 1"},
		{"issuer's key as the leaf's", as(issuer, 3, 1, 1), "should be 2 1 1"},
		{"issuer's key as the leaf's, other selector", as(issuer, 3, 0, 1), "should be 2 1 1"},
		{"unknown usage", as(key, 4, 1, 1), "should be 3 1 1"},
		{"PKIX usage, a finding of its own", as(key, 1, 1, 1), ""},
		{"PKIX usage and wrong selector", as(key, 1, 0, 1), "should be 3 1 1"},
		{"leaf as anchor, a finding of its own", as(key, 2, 1, 1), ""},
		{"leaf as anchor and wrong selector", as(key, 2, 0, 1), "should be 3 1 1"},
		{"nobody's", b.record(3, 1, 1, b.other), ""},
	} {
		h, _ := judged(t, Judge{}, signedHost(c.record), b.certs, b.shows(b.leaf, b.ca))
		detail, raised := detailOf(h.Findings, "tlsa-swapped-fields")
		if raised != (c.want != "") || !strings.HasSuffix(detail, c.want) {
			t.Errorf("%s: %q, want %q", c.name, detail, c.want)
		}
	}
	// A chain that repeats its leaf, on a host whose records were not compared:
	// nothing is wrong with the fields.
	h := plainHost()
	h.TLSA = []run.TLSA{key}
	h.TLSACandidates[0].Lookup = *lookup(run.Found, ins)
	judged(t, Judge{}, h, b.certs, b.shows(b.leaf, b.leaf))
	if detail, raised := detailOf(h.Findings, "tlsa-swapped-fields"); raised {
		t.Errorf("a good record is called swapped: %q", detail)
	}
}

func TestDifferingDigits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int // more than 2: any
	}{
		{"0123", "0123", 0}, {"0123", "0124", 1}, {"0123", "1124", 2}, {"0123", "ff23", 2}, {"0123", "0132", 2},
		{"0123", "1032", 3}, {"0123", "012345", 3}, {"", "", 0},
	} {
		got := differingDigits(fromHex(c.a), fromHex(c.b))
		if min(got, 3) != c.want {
			t.Errorf("%s and %s differ in %d digits, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestRetiredCAs reads the data file: its date, its shape, and digests that are
// known from elsewhere.
func TestRetiredCAs(t *testing.T) {
	date, err := time.Parse("2006-01-02", RetiredCAs())
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(date); age > 400*24*time.Hour {
		t.Logf("WARNING: the list of retired issuers is %d days old", int(age.Hours()/24))
	}
	if !strings.Contains(retiredCAs, "# source: ") {
		t.Error("no source")
	}
	names, lines := map[string]bool{}, 0
	for line := range strings.Lines(retiredCAs) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		lines++
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 || len(fields[2]) != 64 || len(fields[3]) != 128 || fields[1] != "key" && fields[1] != "cert" {
			t.Fatalf("line %q", line)
		}
		names[fields[0]] = true
		for i, matchingType := range []uint8{dane.SHA256, dane.SHA512} {
			data, err := hex.DecodeString(fields[2+i])
			if err != nil {
				t.Fatal(err)
			}
			name, ok := retiredCA(dane.Record{Usage: 2, Selector: 1, MatchingType: matchingType, Data: data})
			if !ok || name != fields[0] {
				t.Errorf("%s is found as %q", fields[0], name)
			}
		}
	}
	if lines != 30 || len(names) != 12 {
		t.Errorf("%d lines for %d issuers", lines, len(names))
	}
	for digest, want := range map[string]string{
		"60b87575447dcba2a36b7d11ac09fb24a9db406fee12d2cc90180517616e8a18": "X3",
		"b111dd8a1c2091a89bd4fd60c57f0716cce50feeff8137cdbee0326e02cf362b": "X4",
		r3Key: "R3",
		"e5545e211347241891c554a03934cde9b749664a59d26d615fe58f77990f2d03": "R4",
		"276fe8a8c4ec7611565bf9fce6dcace9be320c1b5bea27596b2204071ed04f10": "E1",
		"bd936e72b212ef6f773102c6b77d38f94297322efc25396bc3279422e0c89270": "E2",
	} {
		if name, _ := retiredCA(dane.Record{Usage: 2, Selector: 1, MatchingType: 1, Data: fromHex(digest)}); name != want {
			t.Errorf("%s is found as %q, want %s", digest, name, want)
		}
	}
	for _, data := range [][]byte{nil, {}, make([]byte, 32), []byte("#"), make([]byte, 64)} {
		if name, ok := retiredCA(dane.Record{MatchingType: 1, Data: data}); ok {
			t.Errorf("%x is found as %q", data, name)
		}
	}
}

// TestIndexOrder: what an index says does not depend on the order in which it was
// filled.
func TestIndexOrder(t *testing.T) {
	b := newBench(t)
	var ends []run.Endpoint
	for _, host := range []string{"b.example.net", "a.example.net", "c.example.com", "B.EXAMPLE.org."} {
		e := b.shows(b.leaf)
		e.Host = host
		ends = append(ends, e)
	}
	r := recordOf(ptr(b.record(3, 1, 1, b.leaf)))
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}} {
		x := NewIndex()
		for _, i := range order {
			x.Add(&ends[i].EndpointEvidence, b.certs)
		}
		if host, _ := x.holder(r, "z.example"); host != "a.example.net" {
			t.Errorf("order %v: held by %q", order, host)
		}
		others := x.sharers(b.leaf.der, "b.example.net")
		if strings.Join(others, " ") != "b.example.org c.example.com" {
			t.Errorf("order %v: shared with %q", order, others)
		}
	}
	many := NewIndex()
	for i := 25; i >= 0; i-- {
		e := b.shows(b.leaf)
		e.Host = "mx." + string(rune('a'+i)) + ".example"
		many.Add(&e.EndpointEvidence, b.certs)
		e.Host = "mx2." + string(rune('a'+i)) + ".example"
		many.Add(&e.EndpointEvidence, b.certs)
	}
	if others := many.sharers(b.leaf.der, "z.example"); len(others) != maxSharers || others[0] != "mx.a.example" || others[15] != "mx.p.example" {
		t.Errorf("of 26 operators %q are kept", others)
	}
	x := NewIndex()
	x.Add(&run.EndpointEvidence{Host: "a.example"}, b.certs)
	x.Add(&run.EndpointEvidence{Host: "a.example", Chain: [][]byte{{1, 2}}}, b.certs)
	x.Add(&run.EndpointEvidence{Host: "a.example", Chain: store(b.certs).add([]byte("not a certificate"))}, b.certs)
	if len(x.keys) != 0 || len(x.holders) != 0 {
		t.Errorf("%d keys and %d holders of nothing", len(x.keys), len(x.holders))
	}
}

// TestDetailBound: evidence is cut to a bounded text that is valid UTF-8.
func TestDetailBound(t *testing.T) {
	pieces := []string{"1", "2", "3", "4"}
	if got := joinBounded(pieces, "; "); got != "1; 2; 3; 4" {
		t.Errorf("%q", got)
	}
	if got := joinBounded(append(pieces, "5", "6"), "; "); got != "1; 2; 3; 4; ..." {
		t.Errorf("%q", got)
	}
	for _, piece := range []string{strings.Repeat("é", 600), strings.Repeat("\xffa", 600), strings.Repeat("€", 600)} {
		got := joinBounded([]string{"x", piece}, " ")
		if len(got) > maxDetail || !utf8.ValidString(got) || !strings.HasSuffix(got, "...") {
			t.Errorf("%d octets, valid %v", len(got), utf8.ValidString(got))
		}
	}
}

// TestHostileHost: as many records and certificates as an attacker may show, all
// of them strays: judged in bounded time, with bounded findings.
func TestHostileHost(t *testing.T) {
	b := newBench(t)
	var records []run.TLSA
	for i := range 256 {
		records = append(records, raw(3, 1, 1, fromHex(strings.Repeat(hex.EncodeToString([]byte{byte(i)}), 32))))
	}
	var ends []run.Endpoint
	for i := range 12 {
		var chain [][]byte
		for range 40 {
			chain = append(chain, b.other.der, b.ca.der)
		}
		chain = append([][]byte{issue(t, nil, sheet{}).der}, chain...)
		e := shown(first, run.KeyECDSA, b.certs.add(chain...))
		e.Address = "192.0.2." + string(rune('0'+i%10)) + string(rune('0'+i/10))
		ends = append(ends, e)
	}
	h, _ := judged(t, Judge{Run: NewIndex()}, signedHost(records...), b.certs, ends...)
	if h.Verdict != run.Mismatch {
		t.Errorf("%s:%s", h.Verdict, h.Reason)
	}
	c := hostCase{host: h, counted: make([]session, len(ends))}
	for i := range ends {
		c.counted[i] = session{e: &ends[i], chain: make([][]byte, 81)}
		c.counted[i].chain[0] = []byte{byte(i)}
	}
	if chains := c.chains(); len(chains) != maxChains || len(chains[0]) != maxChain {
		t.Errorf("%d chains of %d certificates are compared", len(chains), len(chains[0]))
	}
	if strays := c.findStrays(); len(strays) != maxCompared {
		t.Errorf("%d records are explained", len(strays))
	}
	for _, f := range h.Findings {
		if len(f.Detail) > maxDetail {
			t.Errorf("%s has %d octets of detail", f.Code, len(f.Detail))
		}
	}
}

// FuzzHost: whatever stands in the rows, judging ends with words of the vocabulary.
func FuzzHost(f *testing.F) {
	b := newBench(f)
	good := b.record(3, 1, 1, b.leaf)
	f.Add([]byte{3, 1, 1, 0}, b.leaf.der, "done", "", "secure", "found", uint8(0xff))
	f.Add([]byte{2, 0, 0}, []byte{}, "handshake", "parse", "insecure", "nodata", uint8(1))
	f.Add([]byte{}, []byte("x"), "", "timeout", "bogus", "servfail", uint8(2))
	f.Fuzz(func(t *testing.T, rdata, der []byte, stage, failure, status, outcome string, bits uint8) {
		certs := store{}
		e := shown(first, run.KeyAlgorithm(stage), certs.add(der, der))
		e.Stage, e.Failure, e.HandshakeComplete = run.Stage(stage), failure, bits&1 != 0
		e.Stack = map[bool]string{true: "fetcher", false: "go"}[bits&2 != 0]
		h := signedHost(run.TLSA{RData: rdata}, good)
		if bits&4 == 0 {
			h.A = lookup(run.Outcome(outcome), run.DNSSEC(status), alias(mxName, failure, run.DNSSEC(status)))
		}
		if bits&8 == 0 {
			h.TLSACandidates[0].Lookup = *lookup(run.Outcome(outcome), run.DNSSEC(status))
		}
		ends := []run.Endpoint{e}
		judged(t, Judge{Run: NewIndex()}, h, certs, ends...)
		if constantOr(h.Verdict) == "" || constantOr(ends[0].Verdict) == "" {
			t.Fatalf("verdicts %q and %q", h.Verdict, ends[0].Verdict)
		}
		facts := NewHostFacts(h, ends)
		d := domainOf(run.MXFound, run.DNSSEC(status), 1)
		Domain(d, func(string) HostFacts { return facts })
		if d.Verdict == "" {
			t.Fatal("a domain without verdict")
		}
	})
}

func constantOr(v run.Verdict) run.Verdict {
	for _, w := range hostVerdicts {
		if w == v {
			return v
		}
	}
	return ""
}

// BenchmarkIndex adds leaves of different hosts; its octets are what an index
// costs for each.
func BenchmarkIndex(b *testing.B) {
	certs := store{}
	var ends []run.Endpoint
	for i := range 2000 {
		e := shown(first, run.KeyECDSA, certs.add(issue(b, nil, sheet{}).der))
		e.Host = "mx" + hex.EncodeToString([]byte{byte(i >> 8), byte(i)}) + ".example.net"
		ends = append(ends, e)
	}
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		x := NewIndex()
		for i := range ends {
			x.Add(&ends[i].EndpointEvidence, certs)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/float64(len(ends)), "octets/leaf")
		runtime.KeepAlive(x)
	}
}
