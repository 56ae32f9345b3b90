package run

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func rowsIter[T Row](rows ...T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

const endpointJSON = `{"host":"mx.a","base":"a","address":"192.0.2.1","port":25,"algorithm":"ecdsa","attempt":2,` +
	`"scanned_at":"2026-11-21T12:00:00.123456Z","tlsa_age_ms":900,"not_tried":"excluded","inferred":true,"connected":true,` +
	`"greeting_code":220,"greeting":"32323020ff00206869","ehlo_code":250,"helo_code":250,"extensions":["SIZE 1000","STARTTLS"],` +
	`"starttls":true,"starttls_code":220,"injected":"45484c4f","stage":"done","failure":"alert","handshake_complete":true,` +
	`"tls_version":"TLS 1.3","cipher":"TLS_AES_128_GCM_SHA256","group":"X25519","tls_alert":40,"alert_from":"server",` +
	`"certificate_seen_before_alert":false,"client_cert_requested":false,"possession_verified":true,"stack":"go",` +
	`"chain":["010203","040506"],"tries":[{"time":"2026-11-21T12:00:00.123456Z","stage":"greeting","code":421},` +
	`{"time":"2026-11-21T12:00:00.123456Z","stage":"connect","code":null}],"connect_ms":1,"tls_ms":2,"total_ms":3,` +
	`"verdict":"mismatch","reason":"name","matched_usage":2,"matched_selector":0,"matched_type":1,"matched_depth":1,"path_ok":true,` +
	`"name_matched":"a","names_seen":["a.example","b.example"],"pkix_valid":false,"tlsrpt_result":"certificate-host-mismatch"}`

const endpointEmptyJSON = `{"host":"a","base":"a","address":"192.0.2.1","port":25,"algorithm":null,"attempt":1,` +
	`"scanned_at":"2026-11-21T12:00:00.123456Z","tlsa_age_ms":null,"not_tried":null,"inferred":false,"connected":false,` +
	`"greeting_code":null,"greeting":null,"ehlo_code":null,"helo_code":null,"extensions":[],"starttls":null,"starttls_code":null,` +
	`"injected":null,"stage":null,"failure":null,"handshake_complete":false,"tls_version":null,"cipher":null,"group":null,` +
	`"tls_alert":null,"alert_from":null,"certificate_seen_before_alert":null,"client_cert_requested":null,` +
	`"possession_verified":null,"stack":null,"chain":[],"tries":[],"connect_ms":null,"tls_ms":null,"total_ms":null,` +
	`"verdict":null,"reason":null,"matched_usage":null,"matched_selector":null,"matched_type":null,"matched_depth":null,` +
	`"path_ok":null,"name_matched":null,"names_seen":[],"pkix_valid":null,"tlsrpt_result":null}`

func TestJSONLines(t *testing.T) {
	var b bytes.Buffer
	if err := Export(&b, FormatJSONL, rowsIter(emptyEndpoint("a", 1), fullEndpoint("a", 2))); err != nil {
		t.Fatal(err)
	}
	if want := endpointEmptyJSON + "\n" + endpointJSON + "\n"; b.String() != want {
		t.Errorf("\n%s\nnot\n%s", b.String(), want)
	}
}

// keysOf lists the members of an object, nested ones with a dot, in order.
func keysOf(t *testing.T, data []byte) []string {
	t.Helper()
	var keys []string
	d := json.NewDecoder(bytes.NewReader(data))
	var value func(prefix string, seen map[string]bool)
	value = func(prefix string, seen map[string]bool) {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		switch token {
		case json.Delim('{'):
			for d.More() {
				key, err := d.Token()
				if err != nil {
					t.Fatal(err)
				}
				name := prefix + key.(string)
				if !seen[name] {
					keys = append(keys, name)
					seen[name] = true
				}
				value(name+".", seen)
			}
			d.Token()
		case json.Delim('['):
			for d.More() {
				value(prefix, seen)
			}
			d.Token()
		}
	}
	value("", make(map[string]bool))
	return keys
}

// JSON has the columns of the schema, all of them, under their names, in order.
func TestJSONHasTheColumns(t *testing.T) {
	check := func(table Table, data []byte) {
		t.Helper()
		var want []string
		for _, c := range Columns(table) {
			want = append(want, c.Name)
		}
		if got := keysOf(t, data); !slices.Equal(got, want) {
			t.Errorf("%s: %v\nnot\n%v", table, got, want)
		}
	}
	check(TableDomains, NewEncoder[Domain]().Append(nil, ptr(fullDomain(1))))
	check(TableHosts, NewEncoder[Host]().Append(nil, ptr(fullHost("a"))))
	check(TableEndpoints, NewEncoder[Endpoint]().Append(nil, ptr(fullEndpoint("a", 1))))
	check(TableCertificates, NewEncoder[Certificate]().Append(nil, ptr(fullCertificate(1))))
}

func TestSteadyEncoder(t *testing.T) {
	d := fullDomain(1)
	e := NewSteadyEncoder[Domain]()
	before := string(e.Append(nil, &d))
	d.ScannedAt, d.Queries, d.ElapsedMS = d.ScannedAt.Add(1e9), 99, 99
	d.MXLookup = ptr(*d.MXLookup)
	d.MXLookup.TTL, d.MXLookup.Server = ptr(int64(1)), "elsewhere"
	if after := string(e.Append(nil, &d)); after != before {
		t.Errorf("volatile columns show:\n%s\n%s", before, after)
	}
	d.MXLookup.Denial = "nsec"
	if after := string(e.Append(nil, &d)); after == before {
		t.Error("a steady column does not show")
	}
	h := fullHost("a")
	if text := string(NewSteadyEncoder[Host]().Append(nil, &h)); strings.Contains(text, "looked_up_at") || !strings.Contains(text, `"qname":"_25._tcp.a"`) {
		t.Error(text)
	}
}

// Whatever the bytes, what comes out is one line of valid JSON, in ASCII where it
// could be obeyed.
func TestHostileStrings(t *testing.T) {
	for in, want := range map[string]string{
		"plain":               `"plain"`,
		"\x1b[2J\x07\x7f":     `"\u001b[2J\u0007\u007f"`,
		"a\u009bb":            `"a\u009bb"`,
		"</script>&":          `"\u003c/script\u003e\u0026"`,
		"line\nbreak\r\ttab":  `"line\nbreak\r\ttab"`,
		"quote\" back\\":      `"quote\" back\\"`,
		"bad\xffutf8\xc3":     `"bad` + "\ufffd" + `utf8` + "\ufffd" + `"`,
		"right\u202eto left":  `"right\u202eto left"`,
		"para\u2028graph":     `"para\u2028graph"`,
		"grüße 中 😀":           `"grüße 中 😀"`,
		"isolate\u2066\u2069": `"isolate\u2066\u2069"`,
	} {
		if got := string(appendString(nil, in)); got != want {
			t.Errorf("%q: %s, not %s", in, got, want)
		}
	}
}

func FuzzStrings(f *testing.F) {
	f.Add("=cmd|' /C calc'!A0")
	f.Add("\x1b]0;title\x07")
	f.Add("\xff\xfe\u202e\u0085")
	f.Fuzz(func(t *testing.T, s string) {
		var back string
		text := appendString(nil, s)
		if err := json.Unmarshal(text, &back); err != nil || back != strings.ToValidUTF8(replaceEach(s), "\ufffd") {
			t.Fatalf("%q became %s: %v", s, text, err)
		}
		for _, out := range [][]byte{text, appendCell(nil, s)} {
			for _, r := range string(out) {
				if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
					t.Fatalf("%q came through in %q", r, out)
				}
			}
		}
		if cell := appendCell(nil, s); len(cell) > 0 && strings.ContainsRune("=+-@", rune(cell[0])) {
			t.Fatalf("%q is a formula", cell)
		}
	})
}

// replaceEach gives one U+FFFD for each byte that is not UTF-8.
func replaceEach(s string) string {
	return string([]rune(s))
}

func TestCSV(t *testing.T) {
	evil := emptyCertificate(1)
	evil.Subject, evil.Issuer, evil.Serial = `=HYPERLINK("http://x","y")`, "-1+1", "\t=1"
	evil.SignatureAlgorithm, evil.ParseError = "@a\x1b[0m", "＝1, \"two\"\r\n"
	evil.Names = []string{"=a", "b\n"}
	full := fullCertificate(2)
	var b bytes.Buffer
	if err := Export(&b, FormatCSV, rowsIter(evil, full)); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"sha256", "spki_sha256", "der", "subject", "issuer", "names", "not_before", "not_after", "serial", "key_algorithm", "key_bits",
			"signature_algorithm", "is_ca", "self_signed", "parse_error"},
		{"0101", "", "01", `'=HYPERLINK("http://x","y")`, "'-1+1", `["=a","b\n"]`, "", "", `'\t=1`, "", "", `'@a\u001b[0m`, "", "", `'＝1, "two"\r\n`},
		{"0201", "02", "3000", "CN=a", "CN=b", `["a.example"]`, "2026-11-21T12:00:00.123456Z", "2026-11-21T13:00:00.123456Z", "01ff", "rsa", "2048",
			"SHA256-RSA", "false", "true", "odd"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q\nnot\n%q", got, want)
	}
}

func TestCSVTakesStructsApart(t *testing.T) {
	var b bytes.Buffer
	if err := Export(&b, FormatCSV, rowsIter(emptyDomain(1), fullDomain(2))); err != nil {
		t.Fatal(err)
	}
	got, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cell := func(row int, name string) string { return got[row][slices.Index(got[0], name)] }
	for _, c := range []struct {
		row        int
		name, want string
	}{
		{1, "rank", ""}, {2, "rank", "2"}, {1, "mx_lookup.outcome", ""}, {2, "mx_lookup.outcome", "found"}, {2, "mx_lookup.wildcard", "false"},
		{2, "mta_sts.lookup.ttl", "300"}, {1, "mta_sts.lookup.ttl", ""}, {1, "mx", "[]"}, {2, "ds", `[{"key_tag":12345,"algorithm":13,"digest_type":2}]`},
		{1, "queries", "0"}, {1, "self_hosted", ""}, {2, "self_hosted", "false"}, {1, "mx_secure", "false"},
		{2, "mx_lookup.chain", `[{"name":"www.example.org","target":"web.example.org","dnssec":"secure"},{"name":"web.example.org","target":"a.example.net","dnssec":"insecure"}]`},
	} {
		if got := cell(c.row, c.name); got != c.want {
			t.Errorf("row %d, %s: %q, not %q", c.row, c.name, got, c.want)
		}
	}
}

func TestExportRefuses(t *testing.T) {
	r, err := Create(t.TempDir(), sampleManifest())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b bytes.Buffer
	if err := r.Export(&b, TableHosts, FormatJSONL); !errors.Is(err, ErrUnfinished) {
		t.Errorf("an unfinished run: %v", err)
	}
	finish(t, r, 1)
	if err := r.Export(&b, "hostess", FormatJSONL); err == nil || !strings.Contains(err.Error(), "there are [domains hosts endpoints certificates]") {
		t.Errorf("no table: %v", err)
	}
	if err := r.Export(&b, TableHosts, "xls"); err == nil || !strings.Contains(err.Error(), "csv and jsonl") {
		t.Errorf("no format: %v", err)
	}
	for _, table := range Tables() {
		for _, f := range []Format{FormatCSV, FormatJSONL} {
			b.Reset()
			if err := r.Export(&b, table, f); err != nil || b.Len() == 0 {
				t.Errorf("%s as %s: %v", table, f, err)
			}
			if err := r.Export(brokenWriter{}, table, f); !errors.Is(err, errBroken) {
				t.Errorf("%s as %s to a broken pipe: %v", table, f, err)
			}
		}
	}
}

var errBroken = errors.New("broken pipe")

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestNestedJSON(t *testing.T) {
	d := fullDomain(1)
	text := NewNestedEncoder().Append(nil, &d, func(name string) (*Host, []Endpoint) {
		if name != "mx1.example.net" {
			return nil, nil
		}
		return ptr(fullHost(name)), []Endpoint{fullEndpoint("a", 1), emptyEndpoint("a", 2)}
	})
	var got struct {
		Domain string
		MX     []struct {
			Preference int
			Host       string
			Hosts      *struct {
				Host      string
				TLSAState string `json:"tlsa_state"`
				Endpoints []struct {
					Base    string
					Attempt int
					Verdict *string
				}
			}
		}
		Verdict  string
		Operator string `json:"dns_operator"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if got.Domain != "d1.example.org" || got.Verdict != "dane-failed" || got.Operator != "example.net" || len(got.MX) != 2 {
		t.Fatalf("%+v", got)
	}
	first := got.MX[0].Hosts
	if first == nil || first.Host != "mx1.example.net" || first.TLSAState != "usable" || len(first.Endpoints) != 2 || first.Endpoints[1].Attempt != 2 {
		t.Errorf("first host: %+v", first)
	}
	if got.MX[1].Host != "mx2.example.net" || got.MX[1].Hosts != nil {
		t.Errorf("second host: %+v", got.MX[1])
	}
	flat := NewEncoder[Domain]().Append(nil, &d)
	var nested, plain map[string]any
	if err := errors.Join(json.Unmarshal(text, &nested), json.Unmarshal(flat, &plain)); err != nil {
		t.Fatal(err)
	}
	delete(nested, "mx")
	delete(plain, "mx")
	if !reflect.DeepEqual(nested, plain) {
		t.Error("apart from mx the nested object is not the row")
	}
}

func BenchmarkExport(b *testing.B) {
	rows := usualDomains(2000)
	for _, f := range []Format{FormatCSV, FormatJSONL} {
		b.Run(string(f), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var out bytes.Buffer
				if err := Export(&out, f, rowsIter(rows...)); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(out.Len()))
			}
		})
	}
}
