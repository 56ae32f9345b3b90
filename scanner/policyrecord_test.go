package scanner

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/resolver"
)

// The grammar of RFC 8461, Section 3.1.
func TestParseMTASTS(t *testing.T) {
	for _, tc := range []struct{ text, id, reason string }{
		{"v=STSv1; id=20160831085700Z;", "20160831085700Z", ""}, // the example of the RFC
		{"v=STSv1;id=1", "1", ""},
		{"v=STSv1 \t;\t id=1 ;\t ", "1", ""},
		{"v=STSv1; a=b; id=1; x-y.z_0=!<>~", "1", ""},
		{"v=STSv1; id=1; id=2", "1", ""}, // all but the first are ignored (Section 3.2)
		{"v=STSv1; ID=0; id=1", "1", ""}, // another name
		{"v=STSv1; id=" + strings.Repeat("a", 32), strings.Repeat("a", 32), ""},
		{"v=STSv1; id=" + strings.Repeat("a", 33), "", "id"},
		{"v=STSv1; id=", "", "id"},
		{"v=STSv1; id=2026-01-01", "", "id"},
		{"v=STSv1; id=a b", "", "id"},
		{"v=STSv1; id=a!; id=1", "", "id"},
		{"v=STSv1", "", "syntax"},
		{"v=STSv1;", "", "syntax"},
		{"v=STSv1; ", "", "syntax"},
		{"v=STSv1 id=1", "", "syntax"},
		{"v=STSv1; id=1 ", "", "syntax"}, // white space belongs to a semicolon
		{"v=STSv1; id=1;;", "", "syntax"},
		{"v=STSv1;; id=1", "", "syntax"},
		{"v=STSv1; id", "", "syntax"},
		{"v=STSv1; =1", "", "syntax"},
		{"v=STSv1; id=1; a=", "", "syntax"},
		{"v=STSv1; id=1; a=b=c", "", "syntax"},
		{"v=STSv1; id=1; a=b c", "", "syntax"},
		{"v=STSv1; id=1; _a=b", "", "syntax"},
		{"v=STSv1; id=1; " + strings.Repeat("n", 33) + "=1", "", "syntax"},
		{"v=STSv1; id=1; a=\x7f", "", "syntax"},
		{"v=STSv1; id=1\r\n", "", "id"},
		{"v=STSv1; a=b", "", "no-id"},
		{"V=STSv1; id=1", "", "version"}, // case counts
		{" v=STSv1; id=1", "", "version"},
		{"v=STSv11; id=1", "", "version"},
		{"", "", "version"},
	} {
		id, reason := parseMTASTS(tc.text)
		if reason != tc.reason || reason == "" && id != tc.id {
			t.Errorf("%q: id %q, reason %q; want %q, %q", tc.text, id, reason, tc.id, tc.reason)
		}
	}
}

// The grammar of RFC 8460, Section 3.
func TestParseTLSRPT(t *testing.T) {
	for _, tc := range []struct {
		text   string
		uris   []string
		reason string
	}{
		{"v=TLSRPTv1;rua=mailto:reports@example.com", []string{"mailto:reports@example.com"}, ""}, // the examples of the RFC
		{"v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", []string{"https://reporting.example.com/v1/tlsrpt"}, ""},
		{"v=TLSRPTv1; rua=mailto:a@b.example , https://c.example?x=y ;", []string{"mailto:a@b.example", "https://c.example?x=y"}, ""},
		{"v=TLSRPTv1; rua=mailto:a@b; rua=mailto:c@d", []string{"mailto:a@b", "mailto:c@d"}, ""},
		{"v=TLSRPTv1; x=y; rua=MAILTO:a@b?subject=%21", []string{"MAILTO:a@b?subject=%21"}, ""},
		{"v=TLSRPTv1; rua=ftp://a.example,mailto:a@b", []string{"mailto:a@b"}, ""},
		{"v=TLSRPTv1; rua=https://[2001:db8::1]/", []string{"https://[2001:db8::1]/"}, ""},
		{"v=TLSRPTv1; rua=http://a.example", nil, "scheme"},
		{"v=TLSRPTv1; rua=a@b.example", nil, "rua"},
		{"v=TLSRPTv1; rua=mailto:", nil, "rua"},
		{"v=TLSRPTv1; rua=mailto:@b", nil, "rua"},
		{"v=TLSRPTv1; rua=mailto:a@", nil, "rua"},
		{"v=TLSRPTv1; rua=https:a", nil, "rua"},
		{"v=TLSRPTv1; rua=https:///path", nil, "rua"},
		{"v=TLSRPTv1; rua=mailto:a@b,", nil, "rua"},
		{"v=TLSRPTv1; rua=mailto:a!b@c", nil, "rua"},
		{"v=TLSRPTv1; rua=mailto:a@b c", nil, "rua"},
		{"v=TLSRPTv1; rua= mailto:a@b", nil, "rua"},
		{"v=TLSRPTv1; rua=https://a.example/%2", nil, "rua"},
		{"v=TLSRPTv1; rua=1https://a.example", nil, "rua"},
		{"v=TLSRPTv1; rua=", nil, "rua"},
		{"v=TLSRPTv1; RUA=mailto:a@b", nil, "no-rua"},
		{"v=TLSRPTv1; a=b", nil, "no-rua"},
		{"v=TLSRPTv1; rua=mailto:a@b; a=b=c", nil, "syntax"},
		{"v=TLSRPTv1 rua=mailto:a@b", nil, "syntax"},
		{"v=TLSRPTv1", nil, "syntax"},
		{"v=TLSRPTv2; rua=mailto:a@b", nil, "version"},
	} {
		uris, reason := parseTLSRPT(tc.text)
		if reason != tc.reason || reason == "" && !slices.Equal(uris, tc.uris) {
			t.Errorf("%q: %q, reason %q; want %q, %q", tc.text, uris, reason, tc.uris, tc.reason)
		}
	}
}

// Which record counts, and what a lookup comes to.
func TestRecordStates(t *testing.T) {
	const good, other = "v=STSv1; id=1", "v=STSv1; id=2"
	for _, tc := range []struct {
		texts  [][]string // of each record its strings
		state  run.RecordState
		id     string
		reason string
		record string
	}{
		{nil, run.RecordNone, "", "", ""},
		{[][]string{{"v=spf1 -all"}}, run.RecordNone, "", "", ""},
		{[][]string{{good}}, run.RecordValid, "1", "", good},
		{[][]string{{"v=STSv1", "; id=", "1"}}, run.RecordValid, "1", "", good}, // joined without spaces
		{[][]string{{"v=spf1 -all"}, {good}}, run.RecordValid, "1", "", good},
		{[][]string{{"v=STSv2; id=0"}, {good}}, run.RecordValid, "1", "", good},
		{[][]string{{other}, {good}}, run.RecordSeveral, "", "", good},
		{[][]string{{"v=STSv1 ; id=1"}}, run.RecordValid, "1", "", "v=STSv1 ; id=1"},
		{[][]string{{"v=STSv1 ; id=1"}, {"x"}}, run.RecordInvalid, "", "version", "v=STSv1 ; id=1"}, // discarded beside another
		{[][]string{{"v=STSv1 ; id=2"}, {good}}, run.RecordValid, "1", "", good},
		{[][]string{{"v=STSv1"}}, run.RecordInvalid, "", "syntax", "v=STSv1"},
		{[][]string{{"v=STSv1; id=\\226\\128\\139"}}, run.RecordInvalid, "", "id", `v=STSv1; id=\226\128\139`},
		{[][]string{{`v=STSv1; id=1; a=\"\\`}}, run.RecordValid, "1", "", `v=STSv1; id=1; a="\092`},
	} {
		a := resolver.Answer{Outcome: resolver.Found}
		for _, strings := range tc.texts {
			a.Records = append(a.Records, &dns.TXT{Txt: strings})
		}
		got := mtaSTS(a)
		if got.State != tc.state || got.ID != tc.id || got.Reason != tc.reason || got.Record != tc.record {
			t.Errorf("%q: %+v", tc.texts, got)
		}
	}
	for outcome := resolver.ServFail; outcome <= resolver.Bogus; outcome++ {
		a := resolver.Answer{Outcome: outcome, Records: []dns.RR{&dns.TXT{Txt: []string{good}}}}
		if sts, rpt := mtaSTS(a), tlsRPT(a); sts.State != run.RecordError || rpt.State != run.RecordError || sts.ID != "" {
			t.Errorf("%v: %s, %s", outcome, sts.State, rpt.State)
		}
	}
}

// What is kept of a record has a bound.
func TestRecordsAreBounded(t *testing.T) {
	long := "v=STSv1; id=1; x=" + strings.Repeat("y", 60_000)
	if got := mtaSTS(txtAnswer(long)); got.State != run.RecordValid || len(got.Record) != maxRecord {
		t.Errorf("%s with %d octets", got.State, len(got.Record))
	}
	many := "v=TLSRPTv1; rua=mailto:a@b" + strings.Repeat(",mailto:"+strings.Repeat("c", 300)+"@d", 50)
	got := tlsRPT(txtAnswer(many))
	if got.State != run.RecordValid || len(got.RUA) != maxURIs || len(got.RUA[1]) != maxURI {
		t.Errorf("%s with %d URIs, %d octets in the second", got.State, len(got.RUA), len(got.RUA[1]))
	}
}

func txtAnswer(text string) resolver.Answer {
	txt := &dns.TXT{}
	for part := range slices.Chunk([]byte(text), 255) {
		txt.Txt = append(txt.Txt, string(part))
	}
	return resolver.Answer{Outcome: resolver.Found, Records: []dns.RR{txt}}
}

func FuzzMTASTS(f *testing.F) {
	for _, seed := range []string{"v=STSv1; id=20160831085700Z;", "v=STSv1 ;a=b; id=1 ; ", "v=STSv1;;", `v=STSv1; id=\049`, "v=STSv1; id=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, reason := parseMTASTS(text)
		if reason == "" {
			if !isID(id) || !strings.Contains(text, "id="+id) {
				t.Errorf("%q gives the id %q", text, id)
			}
			if again, why := parseMTASTS("v=STSv1; id=" + id); again != id || why != "" {
				t.Errorf("%q: id %q is none by itself", text, id)
			}
		}
		checkKept(t, text)
	})
}

func FuzzTLSRPT(f *testing.F) {
	for _, seed := range []string{"v=TLSRPTv1; rua=mailto:a@b,https://c.example/%20", "v=TLSRPTv1; rua=x:y;", "v=TLSRPTv1;rua=:", "v=TLSRPTv1; rua=mailto:a@b; rua=,"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		uris, reason := parseTLSRPT(text)
		if reason == "" && len(uris) == 0 {
			t.Errorf("%q is valid and has no URI", text)
		}
		for _, uri := range uris {
			if again, why := parseTLSRPT("v=TLSRPTv1; rua=" + uri); reason == "" && (why != "" || len(again) != 1 || again[0] != uri) {
				t.Errorf("%q: %q is none by itself", text, uri)
			}
		}
		checkKept(t, text)
	})
}

// checkKept: what is stored is printable, bounded, and tells the octets apart.
func checkKept(t *testing.T, text string) {
	stored := kept(text, maxRecord)
	if len(stored) > 4*maxRecord || strings.ContainsFunc(stored, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("%q is stored as %q", text, stored)
	}
	if unescaped(stored) != text[:min(len(text), maxRecord)] {
		t.Errorf("%q is stored as %q", text, stored)
	}
	unescaped(text)
}
