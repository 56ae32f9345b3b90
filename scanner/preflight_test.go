package scanner

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// Our own name must resolve, and its addresses back to it.
func TestPreflightEHLO(t *testing.T) {
	for _, tc := range []struct {
		name, ehlo string
		sets       map[string][]string
		want       string // "": nothing is wrong
	}{
		{"good", "Probe.example.test.", map[string][]string{
			"probe.example.test A": {"A 192.0.2.7"}, "7.2.0.192.in-addr.arpa PTR": {"PTR PROBE.example.test."},
			"probe.example.test AAAA": {"AAAA 2001:db8::7"},
			"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR": {"PTR probe.example.test."},
		}, ""},
		{"no full name", "laptop", nil, `"laptop" is no full host name`},
		{"no address", "probe.example.test", nil, "has no address (A: nodata, AAAA: nodata)"},
		{"no reverse", "probe.example.test", map[string][]string{
			"probe.example.test A": {"A 192.0.2.7"},
		}, "probe.example.test and its address 192.0.2.7 do not match"},
		{"another's reverse", "probe.example.test", map[string][]string{
			"probe.example.test A": {"A 192.0.2.7\nA 192.0.2.8"}, "7.2.0.192.in-addr.arpa PTR": {"PTR probe.example.test."},
			"8.2.0.192.in-addr.arpa PTR": {"PTR dynamic.example.test."},
		}, "address 192.0.2.8 do not match"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			world := &dnsWorld{asked: map[string]int{}, sets: tc.sets}
			got := checkEHLO(t.Context(), world, tc.ehlo)
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if got != "" && !strings.Contains(got, "--ehlo NAME") {
				t.Errorf("%q does not say what to do", got)
			}
		})
	}
}

// files is a limit on open files for a test.
type files struct {
	soft, hard uint64
	fixed      bool
}

func (f *files) limits() (soft, hard uint64, ok bool) { return f.soft, f.hard, true }

func (f *files) raise(soft uint64) error {
	if f.fixed {
		return os.ErrPermission
	}
	f.soft = soft
	return nil
}

func TestPreflightFiles(t *testing.T) {
	for _, tc := range []struct {
		name  string
		limit files
		soft  uint64 // afterwards
		want  string
	}{
		{"enough", files{soft: 5000, hard: 5000}, 5000, ""},
		{"raised", files{soft: 1024, hard: 4096}, 4096, ""},
		{"raised, not enough", files{soft: 1024, hard: 2048}, 2048, "only 2048 files"},
		{"may not be raised", files{soft: 1024, hard: 4096, fixed: true}, 1024, "only 1024 files"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := fitFiles(3000, &tc.limit)
			if (got == "") != (tc.want == "") || !strings.Contains(got, tc.want) || tc.limit.soft != tc.soft {
				t.Errorf("%q, limit %d; want %q, %d", got, tc.limit.soft, tc.want, tc.soft)
			}
			if got != "" && !strings.Contains(got, "ulimit -n 3000") {
				t.Errorf("%q does not say the number", got)
			}
		})
	}
	if soft, hard, ok := (processFiles{}).limits(); ok && (soft == 0 || soft > hard) {
		t.Errorf("limits of this process: %d, %d", soft, hard)
	}
	for _, tc := range []struct {
		cfg  Config
		want uint64
	}{{Config{}, 3000 + 256 + 500}, {Config{Probe: ProbeNone, DNSConcurrency: 10}, 30 + 256}, {Config{DNSConcurrency: 1e6}, 4096 + 256 + 500}} {
		if got := openFiles(tc.cfg); got != tc.want {
			t.Errorf("%d files, want %d", got, tc.want)
		}
	}
}

// Root servers that are all silent mean that port 53 is blocked; with servers of
// the user's own, or a clock that is wrong, that is not said.
func TestPreflightBlockedDNS(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	hints := t.TempDir() + "/hints"
	if err := os.WriteFile(hints, []byte(". 1 IN NS nowhere.\nnowhere. 1 IN A 127.0.0.1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := DNS{
		RootHints: hints, Port: uint16(silent.LocalAddr().(*net.UDPAddr).Port), AllowPrivate: true,
		Timeout: 20 * time.Millisecond,
	}
	l, err := d.open()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	err = d.preflight(t.Context(), l, Config{})
	if err == nil || strings.Contains(err.Error(), "port 53 seems") {
		t.Errorf("a root of one's own: %v", err)
	}
	text := fmt.Sprint(DNS{}.blocked(err))
	if !strings.Contains(text, "port 53 seems to be blocked: no root server answers") || !strings.Contains(text, "--resolver") {
		t.Errorf("%s", text)
	}
	clock := errors.New("the root zone is bogus")
	if got := (DNS{}).blocked(clock); got != clock {
		t.Errorf("%v", got)
	}
	if got := (DNS{Resolvers: []string{"192.0.2.1"}}).blocked(err); got != err {
		t.Errorf("%v", got)
	}
}

// A clock that is a year off makes every signature invalid: nothing is measured.
func TestPreflightClock(t *testing.T) {
	l, job := startLab(t, lab.Config{})
	for _, tc := range []struct {
		name string
		at   time.Time
		want string // "": nothing is wrong
	}{
		{"right", l.Now(), ""},
		{"a year ahead", l.Now().AddDate(1, 0, 0), "validation happens as of " + l.Now().AddDate(1, 0, 0).UTC().Format("2006-01-02 15:04")},
		{"a year behind", l.Now().AddDate(-1, 0, 0), "validation happens as of " + l.Now().AddDate(-1, 0, 0).UTC().Format("2006-01-02 15:04")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := job.DNS
			d.At = tc.at
			err := preflight(t, d)
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			for _, want := range []string{"the root zone is bogus", tc.want, "set the clock, or the moment to validate at"} {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q in it", err, want)
				}
			}
		})
	}
}

// A resolver that passes on the keys of the root without their signatures cannot
// be validated behind.
func TestPreflightStrippedDNSSEC(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := dns.NewRR(". 3600 IN DNSKEY 257 3 8 AwEAAQ==")
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan struct{})
	server := &dns.Server{PacketConn: conn, NotifyStartedFunc: func() { close(ready) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, m *dns.Msg) {
		r := new(dns.Msg).SetReply(m)
		r.RecursionAvailable = true
		r.SetEdns0(1232, true)
		r.Answer = []dns.RR{keys}
		_ = w.WriteMsg(r)
	})}
	served := make(chan error, 1)
	go func() { served <- server.ActivateAndServe() }()
	<-ready
	defer func() {
		if err := errors.Join(server.Shutdown(), <-served); err != nil {
			t.Error(err)
		}
	}()
	err = preflight(t, DNS{Resolvers: []string{conn.LocalAddr().String()}, Timeout: patience})
	for _, want := range []string{"does not pass on the signed keys of the root", "drops DNSSEC records", "use another resolver"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
}

// preflight is what a scan does before anything else.
func preflight(t *testing.T, d DNS) error {
	t.Helper()
	l, err := d.open()
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	return d.preflight(t.Context(), l, Config{Probe: ProbeNone})
}
