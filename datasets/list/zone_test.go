package list

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestZone(t *testing.T) {
	for _, tc := range []struct {
		about, text string
		cfg         Config
		want        []Name
		skipped     map[SkipReason]int64
	}{
		{about: "absolute names, one record a line", text: "se. 172800 IN SOA a.ns.se. hostmaster.nic.se. 2026112201 1800 1800 864000 7200\n" +
			"se. 172800 IN NS a.ns.se.\nse. 3600 IN DS 59407 8 2 67FC7C\n" +
			"a.example.se. 86400 IN NS ns1.example.se.\na.example.se. 86400 IN NS ns2.example.se.\na.example.se. 3600 IN DS 4711 13 2 ABCD\n" +
			"B.se. 86400 IN NS ns.b.se.\nns.b.se. 86400 IN A 192.0.2.1\n" +
			"se. 172800 IN SOA a.ns.se. hostmaster.nic.se. 2026112201 1800 1800 864000 7200\n",
			want: []Name{{Line: 4, Domain: "a.example.se", DS: []DS{{4711, 13, 2}}}, {Line: 7, Domain: "b.se"}}},
		{about: "relative names, directives, comments, parentheses", text: "; a zone\n$ORIGIN se.\n$TTL 1d\n@ IN SOA a.ns hostmaster (\n\t2026112201 ; serial\n\t1800 1800 864000 7200 )\n" +
			"\tNS a.ns\n\nexample NS ns1 ; one\n\t\tNS ns2\n\tDS 4711 13 2 ( ABCD\n EF01 )\n$ORIGIN co\nfirst IN NS ns\nsecond 60 IN NS \"ns\"\n",
			want: []Name{{Line: 9, Domain: "example.se", DS: []DS{{4711, 13, 2}}}, {Line: 14, Domain: "first.co.se"}, {Line: 15, Domain: "second.co.se"}}},
		{about: "DS before NS, several, again, in the order of no one", text: "$ORIGIN se.\na 60 DS 2 8 2 AA\na IN 60 DS 1 13 4 BB\na 60 IN DS 2 8 1 CC\na DS 2 8 1 CC\na NS x\n",
			want: []Name{{Line: 6, Domain: "a.se", DS: []DS{{1, 13, 4}, {2, 8, 1}, {2, 8, 2}}}}},
		{about: "DS in other spellings", text: "$ORIGIN se.\na NS x\na TYPE43 \\# 36 1267 0d 02 AABB\nb TYPE2 \\# 3 016100\nb CLASS1 type43 \\# 36 12670d02AABB\nc NS x\nc ds 60485 RSASHA256 2 AABB\n",
			want: []Name{{Line: 2, Domain: "a.se", DS: []DS{{0x1267, 13, 2}}}, {Line: 4, Domain: "b.se", DS: []DS{{0x1267, 13, 2}}}, {Line: 6, Domain: "c.se", DS: []DS{{60485, 8, 2}}}}},
		{about: "old form of Verisign", text: "; The use of the Data contained\n$ORIGIN COM.\n$TTL 900\n@ IN\tSOA\ta.gtld-servers.net. nstld.verisign-grs.com. (\n1700000000\n1800\n900\n604800\n86400 )\n$TTL 172800\n NS A.GTLD-SERVERS.NET.\nKITCHENEROKTOBERFEST NS NS1.X.NET.\nKITCHENEROKTOBERFEST NS NS2.X.NET.\nKITCHENEROKTOBERFEST 86400 DS 1 8 2 AA\nNS1.X A 192.0.2.1\n",
			want: []Name{{Line: 12, Domain: "kitcheneroktoberfest.com", DS: []DS{{1, 8, 2}}}}},
		{about: "only signed", cfg: Config{OnlySigned: true}, text: "$ORIGIN se.\na NS x\nb NS x\nb DS 1 13 2 AA\n",
			want: []Name{{Line: 3, Domain: "b.se", DS: []DS{{1, 13, 2}}}}, skipped: map[SkipReason]int64{SkipUnsigned: 1}},
		{about: "owners apart", text: "$ORIGIN se.\na NS x\nb NS x\na NS y\nc NS x\nb DS 1 13 2 AA\n",
			want:    []Name{{Line: 2, Domain: "a.se"}, {Line: 3, Domain: "b.se"}, {Line: 4, Domain: "a.se"}, {Line: 5, Domain: "c.se"}},
			skipped: map[SkipReason]int64{SkipApartDS: 1}},
		{about: "what cannot be read", text: "$ORIGIN se.\na NS x\nb NS\nc NS x\nd CH NS x\n$INCLUDE /etc/passwd\n$GENERATE 1-60000 h$ NS x\ne NS ) x\n NS y\n*.f NS x\nh\\046i NS x\nother.nu. NS x\nj DS one 2 3 AA\nk NS x \"\nl NS x\nm NS x\nn NS x\no NS x\np NS x\nq NS x\nr NS x\ns NS x\nt NS x\nu NS x\n",
			want: []Name{{Line: 2, Domain: "a.se"}, {Line: 4, Domain: "c.se"}, {Line: 15, Domain: "l.se"}, {Line: 16, Domain: "m.se"}, {Line: 17, Domain: "n.se"},
				{Line: 18, Domain: "o.se"}, {Line: 19, Domain: "p.se"}, {Line: 20, Domain: "q.se"}, {Line: 21, Domain: "r.se"}, {Line: 22, Domain: "s.se"}, {Line: 23, Domain: "t.se"}, {Line: 24, Domain: "u.se"}},
			skipped: map[SkipReason]int64{SkipRecord: 6, SkipDirective: 2, SkipBytes: 2, SkipOutside: 1}},
		{about: "a parenthesis that is never closed costs a megabyte, not the rest", text: "$ORIGIN se.\na NS x\nb NS ( x\n" + strings.Repeat("w NS x\n", maxRecord/7) + "y NS x\n",
			want: []Name{{Line: 2, Domain: "a.se"}, {Line: 4 + maxRecord/7, Domain: "y.se"}}, skipped: map[SkipReason]int64{SkipRecord: 1}},
		{about: "end within parentheses", text: "$ORIGIN se.\na NS x\nb NS x\nc NS ( x\n",
			want: []Name{{Line: 2, Domain: "a.se"}, {Line: 3, Domain: "b.se"}}, skipped: map[SkipReason]int64{SkipRecord: 1}},
		{about: "no final line feed, CRLF, byte order mark", text: "\ufeff$ORIGIN se.\r\na NS x\r\n\r\nb NS x",
			want: []Name{{Line: 2, Domain: "a.se"}, {Line: 4, Domain: "b.se"}}},
	} {
		t.Run(tc.about, func(t *testing.T) {
			r, err := NewReader(strings.NewReader(tc.text), tc.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if got := names(t, r); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if r.Format() != "zone" || !maps.Equal(r.Skipped, tc.skipped) {
				t.Errorf("format %s, skipped %v, want %v", r.Format(), r.Skipped, tc.skipped)
			}
			var skipped int64
			for _, n := range r.Skipped {
				skipped += n
			}
			if r.Rows != r.Taken+skipped {
				t.Errorf("%d rows, %d taken, %d skipped", r.Rows, r.Taken, skipped)
			}
		})
	}
}

func TestZoneRefused(t *testing.T) {
	for _, tc := range []struct {
		about, text, want string
		cfg               Config
	}{
		{"no origin", "@ IN SOA a b 1 2 3 4 5\na NS x\n", `2 of the first 2 lines hold no domain name (read as zone; line 1: origin: "@ IN SOA a b 1 2 3 4 5")`, Config{}},
		{"a group", "$ORIGIN se.\na NS x\n", "a zone has no columns to group by", Config{Group: 2}},
		{"signed names of a plain list", "a.example\n", "only a zone says which names are signed, and this list was read as plain", Config{OnlySigned: true}},
		{"a group that is not there", "a.example\nb.example\n", "no line of the list has a column 2 to group by (read as plain)", Config{Group: 2}},
		{"a sample of nothing", "a.example\n", "a sample of -1 %: want more than 0 and at most 100", Config{Sample: -1}},
		{"a zone without delegations", "se. IN SOA a. b. 1 2 3 4 5\nse. NS a.\n", "the list has no entries", Config{}},
	} {
		if _, err := NewReader(strings.NewReader(tc.text), tc.cfg); err == nil || err.Error() != tc.want {
			t.Errorf("%s: error %v, want %s", tc.about, err, tc.want)
		}
	}
}

func TestTellsZonesFromOtherLists(t *testing.T) {
	for text, want := range map[string]string{
		"$TTL 60":                      "zone",
		"se. 60 IN SOA a. b. 1 2 3":    "zone",
		"@ IN SOA a. b. (":             "zone",
		"example NS ns":                "zone",
		"a.se.\t3600\tin\tns\tx.se.":   "zone",
		"; comment\n\nse. NS a.ns.se.": "zone",
		"ns":                           "plain",
		" ns":                          "plain",
		"example.com":                  "plain",
		"example.com # NS":             "plain",
		"1,ns.example":                 "tranco",
	} {
		if got := sniff(firstLine([]byte(text + "\n"))).Name; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// zoneText writes a zone of n delegations, a third of them signed, as registries
// publish them. It streams: nothing of it is held.
func zoneText(n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 64<<10)
		fmt.Fprint(out, "se.\t172800\tIN\tSOA\ta.ns.se. hostmaster.nic.se. 2026112201 1800 1800 864000 7200\nse.\t172800\tIN\tNS\ta.ns.se.\n")
		for i := range n {
			fmt.Fprintf(out, "name-%07d.se.\t86400\tIN\tNS\tns1.hoster-%d.se.\nname-%07d.se.\t86400\tIN\tNS\tns2.hoster-%d.se.\n", i, i%1000, i, i%1000)
			if i%3 == 0 {
				fmt.Fprintf(out, "name-%07d.se.\t3600\tIN\tDS\t%d 13 2 67FCCE5E6F6F0E2E4B6A5D24F7D5D3A0F5D7A3E7B2C1D0E9F8A7B6C5D4E3F2A1\n", i, i%65536)
				fmt.Fprintf(out, "name-%07d.se.\t3600\tIN\tRRSIG\tDS 8 2 3600 20261205000000 20261121000000 12345 se. %s\n", i, strings.Repeat("sIgNaTuRe/", 17))
			}
		}
		out.Flush()
		w.Close()
	}()
	return r
}

// A zone streams: what is held after 60,000 delegations is what was held after
// 10,000.
func TestZoneInFlatMemory(t *testing.T) {
	const all = 60_000
	path := filepath.Join(t.TempDir(), "se.zone.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z, _ := gzip.NewWriterLevel(file, gzip.BestSpeed)
	if _, err := io.Copy(z, zoneText(all)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), path, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	held := map[int]uint64{}
	signed := 0
	for i := range all {
		n, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		if len(n.DS) > 0 {
			signed++
		}
		if i == 10_000 || i == all-1 {
			held[i] = heap()
		}
	}
	if before, after := held[10_000], held[all-1]; after > before+256<<10 {
		t.Errorf("%d octets held after 10,000 delegations, %d after %d", before, after, all)
	}
	if signed != 20_000 {
		t.Errorf("%d signed", signed)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the last: %v", err)
	}
	if r.ID != "zone se. serial 2026112201" || r.Publisher != "zone" {
		t.Errorf("provenance %+v", r.Provenance)
	}
}

// heap is what is held once all garbage is gone.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestZoneCutShort(t *testing.T) {
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	io.Copy(z, zoneText(5000))
	z.Close()
	path := filepath.Join(t.TempDir(), "cut.gz")
	if err := os.WriteFile(path, []byte(packed.String()[:packed.Len()/2]), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), path, Config{})
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "the list is cut short after line ") {
		t.Errorf("error %v", err)
	}
}

// FuzzZone holds the tokenizer against that of miekg/dns: where that reads a whole
// file, ours finds the same delegations.
func FuzzZone(f *testing.F) {
	for _, s := range []string{
		"$ORIGIN se.\na NS x\n NS y\na DS 1 13 2 AA\n", "se. 60 IN SOA a. b. (1 2 3\n4 5)\nA.se. NS x.\n", "a.se. NS \"x\" ; c\n",
		"a\\.b.se. NS x.\n", "$TTL 1h\n@ NS x\n", "a.se. 1w IN NS x.\nb.se. IN 5 NS x.\n(\n", "\" NS x\n", "a.se. IN TYPE2 \\# 1 00\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		z := newZoneSource(bufio.NewReaderSize(strings.NewReader(text), 64))
		z.origin, z.apex = "test.", "test."
		got, bad := map[string]bool{}, false
		for {
			e, err := z.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			bad = bad || e.reason != ""
			if e.reason == "" {
				got[e.raw] = true
			}
		}
		if want, ok := delegationsOf(text); ok && !bad && !maps.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	})
}

// delegationsOf reads a zone with miekg/dns; ok is false where that refuses it, or
// where the two are meant to differ.
func delegationsOf(text string) (owners map[string]bool, ok bool) {
	if strings.Contains(strings.ToUpper(text), "$GENERATE") || strings.Contains(strings.ToUpper(text), "SOA") || strings.Contains(strings.ToUpper(text), "TYPE6") {
		return nil, false
	}
	p := dns.NewZoneParser(strings.NewReader(text), "test.", "")
	p.SetDefaultTTL(60)
	owners = map[string]bool{}
	for rr, more := p.Next(); more; rr, more = p.Next() {
		owner := strings.ToLower(rr.Header().Name)
		if rr.Header().Rrtype == dns.TypeNS && rr.Header().Class == dns.ClassINET && owner != "test." {
			owners[owner] = true
		}
	}
	return owners, p.Err() == nil
}

// BenchmarkZone reads two million delegations: over five million records.
func BenchmarkZone(b *testing.B) {
	const all = 2_000_000
	b.ReportAllocs()
	most := uint64(0)
	for b.Loop() {
		r, err := NewReader(zoneText(all), Config{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			if _, err := r.Next(); err != nil {
				break
			}
			if n++; n%400_000 == 0 {
				most = max(most, heap())
			}
		}
		if n != all {
			b.Fatalf("%d names", n)
		}
	}
	b.ReportMetric(float64(most)/1024, "KiB-held")
	b.ReportMetric(all*float64(b.N)/b.Elapsed().Seconds(), "names/s")
}
