package report

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

// vocabulary are the words that a random row has in fields of each type.
func vocabulary() map[reflect.Type][]string {
	return map[reflect.Type][]string{
		reflect.TypeFor[run.DNSSEC]():  words(run.Secure, run.Insecure, run.Bogus, run.Indeterminate),
		reflect.TypeFor[run.Outcome](): words(run.Found, run.Found, run.NoData, run.Timeout, run.BogusAnswer, ""),
		reflect.TypeFor[run.MXKind]():  words(run.MXFound, run.MXFound, run.MXImplicit, run.MXNull, run.MXError),
		reflect.TypeFor[run.TLSAState](): words(run.TLSAUsable, run.TLSAUsable, run.TLSAUnusable, run.TLSAError, run.TLSAInsecure, run.TLSANone,
			run.TLSANotAsked),
		reflect.TypeFor[run.Verdict](): words(run.Verified, run.Mismatch, run.NoSTARTTLS, run.LookupFailed, run.None, run.Mixed, run.NoMail, run.DNSError,
			run.NotDANE, run.HalfDANE, run.DANEFailed, run.DANEUndecided, run.DANEVerified, run.DANEPartial),
		reflect.TypeFor[run.Reason]():       words(run.ReasonTimeout, run.ReasonNoMatch, run.ReasonTLSA, ""),
		reflect.TypeFor[run.Policy]():       words(run.PolicyVerified, run.PolicyDeferred, run.PolicyCleartext, ""),
		reflect.TypeFor[run.KeyAlgorithm](): words(run.KeyRSA, run.KeyECDSA, ""),
		reflect.TypeFor[run.Stage]():        words(run.StageConnect, run.StageDone),
		reflect.TypeFor[string]():           {"mx0.example", "mx1.example", "mx2.example", "one", "two", "", "current-next", "1.3"},
	}
}

// scramble sets every field of a value, and of what it holds, at random.
func scramble(r *rand.Rand, words map[reflect.Type][]string, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(noon().Add(time.Duration(r.IntN(200)-20) * 12 * time.Hour)))
	case v.Kind() == reflect.Pointer:
		if r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			scramble(r, words, v.Elem())
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			scramble(r, words, v.Field(i))
		}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		v.SetBytes([]byte{byte(r.IntN(4))})
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 3))
		for i := range v.Len() {
			scramble(r, words, v.Index(i))
		}
	case v.Kind() == reflect.String:
		all := words[v.Type()]
		if all == nil {
			all = words[reflect.TypeFor[string]()]
		}
		v.SetString(all[r.IntN(len(all))])
	case v.Kind() == reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	default:
		v.SetInt(int64(r.IntN(4)))
	}
}

// scrambled is a run of which every field has something at random.
func scrambled(seed uint64) fake {
	r, words := rand.New(rand.NewPCG(seed, 1)), vocabulary()
	f := fake{manifest: smallManifest()}
	f.domains, f.hosts = make([]run.Domain, 600), make([]run.Host, 300)
	f.endpoints, f.certificates = make([]run.Endpoint, 700), make([]run.Certificate, 4)
	for i := range f.domains {
		d := &f.domains[i]
		scramble(r, words, reflect.ValueOf(d).Elem())
		d.Line, d.Rank, d.Domain = int64(i+1), int64(r.IntN(3000)), fmt.Sprintf("d%d.example", i+100*int(seed))
		d.MX = slices.DeleteFunc(d.MX, func(x run.MX) bool { return x.Host == "" })
	}
	for i := range f.hosts {
		scramble(r, words, reflect.ValueOf(&f.hosts[i]).Elem())
		f.hosts[i].Host = fmt.Sprintf("mx%d.example", i)
	}
	slices.SortFunc(f.hosts, func(a, b run.Host) int { return strings.Compare(a.Host, b.Host) })
	for i := range f.endpoints {
		e := &f.endpoints[i]
		scramble(r, words, reflect.ValueOf(e).Elem())
		e.Base, e.Address, e.Attempt = fmt.Sprintf("mx%d.example", i%250), fmt.Sprint(i%500), int32(i)
	}
	slices.SortFunc(f.endpoints, func(a, b run.Endpoint) int { // no two have the same attempt
		return cmp.Or(strings.Compare(a.Base, b.Base), strings.Compare(a.Address, b.Address),
			strings.Compare(string(a.Algorithm), string(b.Algorithm)), cmp.Compare(a.Attempt, b.Attempt))
	})
	for i := range f.certificates {
		scramble(r, words, reflect.ValueOf(&f.certificates[i]).Elem())
		f.certificates[i].SHA256 = []byte{byte(i)}
	}
	return f
}

// The columns that are read off the disk are all that figures need: they come to
// the same as whole rows do.
func TestOnlyColumnsThatAreReadAreNeeded(t *testing.T) {
	f := scrambled(7)
	r, err := run.Open(store(t, f))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gather(t.Context(), stored{r})
	if err != nil {
		t.Fatal(err)
	}
	whole, read := summarise(t, f), g.summary()
	rows := 0
	for i := range whole.tables {
		want, got := whole.tables[i], read.tables[i]
		rows += len(want.Rows)
		if !reflect.DeepEqual(got.Rows, want.Rows) {
			t.Errorf("%s differs: does it need a column that columns.go does not name?\nread  %.300v\nwhole %.300v", want.Name, got.Rows, want.Rows)
		}
	}
	if !reflect.DeepEqual(read.broken, whole.broken) || !reflect.DeepEqual(read.detail, whole.detail) {
		t.Error("the broken hosts differ")
	}
	if rows < 1000 {
		t.Errorf("only %d rows: the test shows little", rows)
	}
}

// Two runs compared by the columns that are read come to what whole rows do.
func TestOnlyColumnsThatAreReadAreCompared(t *testing.T) {
	a, b := scrambled(7), scrambled(8)
	want, err := compare(t.Context(), a.Domains(), b.Domains())
	if err != nil {
		t.Fatal(err)
	}
	got, err := pairOf(t.Context(), entry{Fingerprint: "a", dir: store(t, a)}, entry{Fingerprint: "b", dir: store(t, b)}, Config{Out: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	got.Fingerprint = ""
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read  %+v\nwhole %+v", got, want)
	}
	if len(want.Moves) < 20 || len(want.Blame) < 3 || want.Joined["names"] < 50 || want.Left["names"] < 50 {
		t.Errorf("the test shows little: %d moves, %d hosts to blame, %d joined, %d left", len(want.Moves), len(want.Blame), want.Joined["names"], want.Left["names"])
	}
}
