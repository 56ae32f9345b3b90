//go:build interop

package scanner

import (
	"bytes"
	"fmt"
	netsmtp "net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// sendingLevels are the levels of Postfix's smtp_tls_security_level that the
// policy columns of a domain stand for, in their order.
var sendingLevels = [...]string{"may", "dane", "dane-only"}

// policies is what becomes of mail at each of the levels.
type policies [len(sendingLevels)]run.Policy

// The values of the literals below.
const (
	vrf = run.PolicyVerified
	enc = run.PolicyEncrypted
	clr = run.PolicyCleartext
	dfr = run.PolicyDeferred
	und = run.PolicyUndeliverable
)

// policyCases is the truth: what becomes of mail for each domain at the levels
// may, dane and dane-only, and what Postfix must say of it at one of them.
var policyCases = []struct {
	interopZone
	want  policies
	level string // of the line that is looked at; empty: none
	says  string
}{
	{zoneOf("ee", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("mismatch", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $ca.1"),
		policies{enc, dfr, dfr}, "dane", "Server certificate not trusted"},
	{zoneOf("no-tlsa", "@ MX 10 mx\nmx A 127.0.2.1"),
		policies{enc, enc, dfr}, "dane", "Untrusted TLS"},
	{zoneOf("plain", "@ MX 10 mx\nmx A 127.0.2.4"),
		policies{clr, clr, dfr}, "", ""},
	{zoneOf("tlsa-plain", "@ MX 10 mx\nmx A 127.0.2.4\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{clr, dfr, dfr}, "dane", "TLS is required, but was not offered"},

	{zoneOf("unusable", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 1 1 1 $first.1"),
		policies{enc, enc, dfr}, "dane", "Untrusted TLS"},
	{zoneOf("unusable-plain", "@ MX 10 mx\nmx A 127.0.2.4\n_25._tcp.mx TLSA 1 1 1 $first.1"),
		policies{clr, dfr, dfr}, "dane", "TLS is required, but was not offered"},
	{zoneOf("partly-usable", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 1 1 1 $first.1\n_25._tcp.mx TLSA 3 1 1 $ca.1"),
		policies{enc, dfr, dfr}, "", ""},

	{unsignedZone("half", "@ MX 10 mx.ee.test."),
		policies{enc, enc, dfr}, "dane", "Trusted TLS"},
	{unsignedZone("half-mismatch", "@ MX 10 mx.mismatch.test."),
		policies{enc, dfr, dfr}, "dane-only", "non DNSSEC destination"},
	{unsignedZone("half-plain", "@ MX 10 mx.plain.test."),
		policies{clr, clr, dfr}, "", ""},
	{unsignedZone("unsigned", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, enc, dfr}, "dane-only", "non DNSSEC destination"},

	{zoneOf("better-fails", "@ MX 10 a\n@ MX 20 b\na A 127.0.2.1\n_25._tcp.a TLSA 3 1 1 $ca.1\nb A 127.0.2.1\n_25._tcp.b TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "", ""},
	{zoneOf("better-bare", "@ MX 10 a\n@ MX 20 b\na A 127.0.2.1\nb A 127.0.2.1\n_25._tcp.b TLSA 3 1 1 $first.1"),
		policies{enc, enc, vrf}, "", ""},
	{zoneOf("worse-bare", "@ MX 10 a\n@ MX 20 b\na A 127.0.2.1\n_25._tcp.a TLSA 3 1 1 $ca.1\nb A 127.0.2.4"),
		policies{enc, clr, dfr}, "", ""},
	{zoneOf("better-down", "@ MX 10 a\n@ MX 20 b\na A 127.0.2.9\nb A 127.0.2.1\n_25._tcp.b TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "", ""},
	{zoneOf("better-bogus", "@ MX 10 mx.broken.test.\n@ MX 20 b\nb A 127.0.2.1\n_25._tcp.b TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "dane", "TLSA lookup error"},
	{zoneOf("two-addresses", "@ MX 10 mx\nmx A 127.0.2.1\nmx A 127.0.2.2\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "", ""},

	{zoneOf("bogus-tlsa", "@ MX 10 mx.broken.test."),
		policies{enc, dfr, dfr}, "dane", "TLSA lookup error"},
	{interopZone{domain: "bogus-mx.test.", text: "@ MX 10 mx\nmx A 127.0.2.1", spoil: [2]string{"MX\t10", "MX\t11"}},
		policies{dfr, dfr, dfr}, "", ""},
	{interopZone{domain: "bogus-address.test.", text: "@ MX 10 mx\nmx A 127.0.2.1", spoil: [2]string{"127.0.2.1", "127.0.2.2"}},
		policies{dfr, dfr, dfr}, "", ""},

	{zoneOf("null", "@ MX 0 ."), policies{und, und, und}, "dane", "does not accept mail"},
	{zoneOf("nothing", "@ TXT nothing"), policies{und, und, und}, "", ""},
	{interopZone{domain: "nowhere.test."}, policies{und, und, und}, "", ""},
	{zoneOf("no-address", "@ MX 10 mx\nmx TXT nothing"), policies{und, und, und}, "", ""},
	{zoneOf("literal", "@ MX 10 127.0.2.1."), policies{und, und, und}, "", ""},
	{zoneOf("down", "@ MX 10 mx\nmx A 127.0.2.9\n_25._tcp.mx TLSA 3 1 1 $first.1"), policies{dfr, dfr, dfr}, "", ""},
	{zoneOf("bare-down", "@ MX 10 mx\nmx A 127.0.2.9"), policies{dfr, dfr, dfr}, "", ""},

	{zoneOf("implicit", "@ A 127.0.2.1\n_25._tcp TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "dane-only", "Verified TLS"},
	{unsignedZone("implicit-unsigned", "@ A 127.0.2.1\n_25._tcp TLSA 3 1 1 $first.1"),
		policies{enc, enc, dfr}, "", ""},

	{zoneOf("ta-key", "@ MX 10 mx\nmx A 127.0.2.2\n_25._tcp.mx TLSA 2 1 1 $ca.1"),
		policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("ta-name", "@ MX 10 mx\nmx A 127.0.2.2\n_25._tcp.mx TLSA 2 1 1 $ca.1"),
		policies{enc, dfr, dfr}, "dane", "Server certificate not verified"},
	{zoneOf("ta-expired", "@ MX 10 mx\nmx A 127.0.2.3\n_25._tcp.mx TLSA 2 1 1 $ca.1"),
		policies{enc, dfr, dfr}, "", ""},
	{zoneOf("ee-expired", "@ MX 10 mx\nmx A 127.0.2.3\n_25._tcp.mx TLSA 3 1 1 $expired.1"),
		policies{enc, vrf, vrf}, "", ""},
	{zoneOf("nexthop", "@ MX 10 mx\nmx A 127.0.2.5\n_25._tcp.mx TLSA 2 1 1 $ca.1"),
		policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{unsignedZone("half-nexthop", "@ MX 10 mx.nexthop.test."),
		policies{enc, dfr, dfr}, "", ""},

	{zoneOf("alias", "@ MX 10 mx\nmx CNAME mx.ee.test."), policies{enc, vrf, vrf}, "", ""},
	{zoneOf("alias-out", "@ MX 10 mx\nmx CNAME mx.unsigned.test.\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "", ""},
	{zoneOf("tlsa-alias", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx CNAME _25._tcp.mx.ee.test."),
		policies{enc, vrf, vrf}, "", ""},

	{zoneOf("anonymous", "@ MX 10 mx\nmx A 127.0.2.6"),
		policies{enc, enc, dfr}, "may", "Anonymous TLS"},
	{zoneOf("tlsa-anonymous", "@ MX 10 mx\nmx A 127.0.2.6\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, dfr, dfr}, "", ""},
}

// policyExceptions are the values in which danescan differs from Postfix on
// purpose.
var policyExceptions = map[string]struct {
	value run.Policy
	why   string
}{}

// zoneOf is a signed zone below test.
func zoneOf(name, text string) interopZone { return interopZone{domain: name + ".test.", text: text} }

func unsignedZone(name, text string) interopZone {
	return interopZone{domain: name + ".test.", text: text, unsigned: true}
}

// TestInteropPolicies holds policy_may, policy_dane and policy_dane_only against
// what Postfix's smtp(8) does with mail for the same domains at the levels of that
// name, its log read message by message.
func TestInteropPolicies(t *testing.T) {
	if os.Getenv(insideVariable) == "" {
		enterNamespace(t)
		return
	}
	zones := []interopZone{brokenZone}
	for _, c := range policyCases {
		if c.text != "" {
			zones = append(zones, c.interopZone)
		}
	}
	w := buildPostfixWorld(t, zones)
	w.sender(t)
	ours, fates := w.scanPolicies(t), w.send(t)
	table := new(bytes.Buffer)
	tw := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "domain\tlevel\tdanescan\tPostfix\tits words\t")
	for _, c := range policyCases {
		for i, level := range sendingLevels {
			fate, key := fates[level+"@"+strings.TrimSuffix(c.domain, ".")], c.domain+" "+level
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t\n", c.domain, level, ours[c.domain][i], fate.policy, fate.words())
			if fate.policy != c.want[i] {
				t.Errorf("%s: Postfix: %q, want %q", key, fate.policy, c.want[i])
			}
			want := c.want[i]
			if e, ok := policyExceptions[key]; ok {
				want = e.value
			}
			if ours[c.domain][i] != want {
				t.Errorf("%s: danescan: %q, want %q", key, ours[c.domain][i], want)
			}
			if level == c.level && !strings.Contains(fate.text, c.says) {
				t.Errorf("%s: Postfix does not say %q but %q", key, c.says, fate.text)
			}
		}
	}
	tw.Flush()
	t.Logf("danescan beside smtp(8):\n%s", table)
}

// sender starts the Postfix that sends: one smtp(8) for each level, chosen by the
// sender's address, each message tried once.
func (w *postfixWorld) sender(t *testing.T) {
	const settings = `sender_dependent_default_transport_maps = inline:{ may@sender.test=may:, dane@sender.test=dane:, dane-only@sender.test=dane-only: }
transport_maps = inline:{ sender.test=discard: }
smtp_dns_support_level = dnssec
smtp_host_lookup = dns
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
smtp_connect_timeout = 5s
minimal_backoff_time = 1d
maximal_backoff_time = 1d
queue_run_delay = 1d
local_recipient_maps =
`
	master := `127.0.3.1:25 inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n - 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
`
	for _, level := range sendingLevels {
		master += fmt.Sprintf("%s unix - - n - 10 smtp -o smtp_tls_security_level=%s\n", level, level)
	}
	w.instance(t, "sender", "sender.test", settings, master)
}

// fate is what became of a message.
type fate struct {
	policy run.Policy
	text   string // all that the sender logged of it
}

// words is the reason that it gave.
func (f fate) words() string {
	line := f.text[strings.LastIndex(strings.TrimSuffix(f.text, "\n"), "\n")+1:]
	line = line[strings.LastIndex(line, "status=")+len("status="):]
	return strings.TrimSpace(line[:min(len(line), 110)])
}

// send hands in a message for every domain and level, and waits until each has its
// fate.
func (w *postfixWorld) send(t *testing.T) map[string]fate {
	t.Helper()
	wanted := 0
	for _, c := range policyCases {
		for _, level := range sendingLevels {
			to := level + "@" + strings.TrimSuffix(c.domain, ".")
			if err := netsmtp.SendMail("127.0.3.1:25", nil, level+"@sender.test", []string{to}, []byte("Subject: "+to+"\r\n\r\n.\r\n")); err != nil {
				t.Fatalf("handing in mail for %s: %v", to, err)
			}
			wanted++
		}
	}
	for deadline := time.Now().Add(time.Minute); ; {
		text, err := os.ReadFile(filepath.Join(w.dir, "sender.log"))
		if err != nil {
			t.Fatal(err)
		}
		fates := readFates(string(text))
		if len(fates) == wanted {
			return fates
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d messages have a fate", len(fates), wanted)
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

var (
	processMark = regexp.MustCompile(`smtp\[(\d+)\]: `)
	tlsMark     = regexp.MustCompile(`: (Verified|Trusted|Untrusted|Anonymous) TLS connection established to (\S+): `)
	statusMark  = regexp.MustCompile(`: to=<([^>]+)>, relay=([^,]+), .*status=(sent|deferred|bounced) `)
)

// readFates reads a log of smtp(8). A process delivers one message after the other,
// so that its lines up to a status belong to that message.
func readFates(log string) map[string]fate {
	fates, said := map[string]fate{}, map[string]string{}
	for line := range strings.Lines(log) {
		process := processMark.FindStringSubmatch(line)
		status := statusMark.FindStringSubmatch(line)
		if process == nil {
			continue // of another daemon, or about a bounce
		}
		said[process[1]] += line
		if status == nil {
			continue
		}
		text := said[process[1]]
		delete(said, process[1])
		fates[status[1]] = fate{policy: policyOf(text, status[2], status[3]), text: text}
	}
	return fates
}

// policyOf says in danescan's words what smtp(8) did with a message: the security
// of the connection to the relay that took it, or why none did.
func policyOf(text, relay, status string) run.Policy {
	switch status {
	case "deferred":
		return run.PolicyDeferred
	case "bounced":
		return run.PolicyUndeliverable
	}
	policy := run.PolicyCleartext
	for _, m := range tlsMark.FindAllStringSubmatch(text, -1) {
		if m[2] != relay {
			continue
		}
		policy = run.PolicyEncrypted
		if m[1] == "Verified" {
			policy = run.PolicyVerified
		}
	}
	return policy
}

// scanPolicies scans the domains and returns their policies.
func (w *postfixWorld) scanPolicies(t *testing.T) map[string]policies {
	t.Helper()
	var list strings.Builder
	for _, c := range policyCases {
		fmt.Fprintln(&list, strings.TrimSuffix(c.domain, "."))
	}
	dir := filepath.Join(w.dir, "run-policies")
	job := Job{
		Source: w.write(t, "policies.txt", list.String()), Dir: dir,
		DNS:    DNS{RootHints: w.hints, TrustAnchor: w.anchor, AllowPrivate: true, Timeout: time.Second, Retries: 3},
		Config: Config{Probe: ProbeAll, SMTP: smtp.Config{EHLO: "scanner.test"}},
	}
	if _, err := Scan(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]policies{}
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		found[d.Domain+"."] = policies{d.PolicyMay, d.PolicyDANE, d.PolicyDANEOnly}
	}
	return found
}
