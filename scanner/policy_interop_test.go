//go:build interop

package scanner

import (
	"bytes"
	"fmt"
	netsmtp "net/smtp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		policies{enc, dfr, dfr}, "dane", "Server certificate not verified"},
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
	{zoneOf("null-beside", "@ MX 0 .\n@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "", ""},
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
	{unsignedZone("half-name", "@ MX 10 mx.ta-name.test."),
		policies{enc, dfr, dfr}, "", ""},
	{interopZone{domain: "link.alias.test."}, policies{enc, vrf, vrf}, "dane", "Verified TLS"},

	{zoneOf("alias", "@ MX 10 mx\nmx CNAME mx.ee.test.\nlink CNAME nexthop.test."), policies{enc, vrf, vrf}, "", ""},
	{zoneOf("alias-out", "@ MX 10 mx\nmx CNAME mx.unsigned.test.\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "", ""},
	{zoneOf("alias-ta", "@ MX 10 mx\nmx CNAME mx.ta-key.test."), policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("sni", "@ MX 10 mx\nmx A 127.0.2.8\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("sni-alias", "@ MX 10 mx\nmx CNAME mx.sni.test."), policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("sni-missed", "@ MX 10 mx\nmx A 127.0.2.8\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, dfr, dfr}, "", ""},
	{zoneOf("tlsa-alias", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx CNAME _25._tcp.mx.ee.test."),
		policies{enc, vrf, vrf}, "", ""},

	{zoneOf("alias-middle", "@ MX 10 mx\nmx CNAME mid\nmid CNAME end\nend A 127.0.2.1\n_25._tcp.mid TLSA 3 1 1 $ca.1"),
		policies{enc, enc, dfr}, "", ""},
	{zoneOf("alias-broken", "@ MX 10 mx\nmx CNAME mx.broken.test.\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, dfr, dfr}, "dane", "TLSA lookup error"},
	{zoneOf("below-dname", "@ MX 10 mx.old\nold DNAME ee.test."), policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("tlsa-alias-out", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx CNAME _25._tcp.mx.unsigned.test."),
		policies{enc, enc, dfr}, "", ""},
	{zoneOf("tlsa-alias-broken", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx CNAME _25._tcp.mx.broken.test."),
		policies{enc, dfr, dfr}, "dane", "TLSA lookup error"},
	{zoneOf("implicit-target", "@ A 127.0.2.5\n_25._tcp TLSA 2 1 1 $ca.1\nlink CNAME implicit-target.test."),
		policies{enc, dfr, dfr}, "dane", "Server certificate not verified"},
	{interopZone{domain: "link.implicit-target.test."}, policies{enc, vrf, vrf}, "dane", "Server certificate not verified"},
	{zoneOf("wild", "@ MX 10 mx\nmx A 127.0.2.5\na.b A 127.0.2.5\n_25._tcp.mx TLSA 2 1 1 $ca.1\n_25._tcp.a.b TLSA 2 1 1 $ca.1"),
		policies{enc, vrf, vrf}, "dane", "Verified TLS"},
	{zoneOf("wild-deep", "@ MX 10 a.b.wild.test."), policies{enc, dfr, dfr}, "dane", "Server certificate not verified"},

	{zoneOf("tls-fails", "@ MX 10 mx\nmx A 127.0.2.7"),
		policies{clr, clr, dfr}, "dane", "Cannot start TLS"},
	{zoneOf("tlsa-tls-fails", "@ MX 10 mx\nmx A 127.0.2.7\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{clr, dfr, dfr}, "dane", "Cannot start TLS"},
	{zoneOf("anonymous", "@ MX 10 mx\nmx A 127.0.2.6"),
		policies{enc, enc, dfr}, "may", "Anonymous TLS"},
	{zoneOf("tlsa-anonymous", "@ MX 10 mx\nmx A 127.0.2.6\n_25._tcp.mx TLSA 3 1 1 $first.1"),
		policies{enc, dfr, dfr}, "", ""},
}

// policyExceptions are the values in which danescan or Postfix differs from the
// truth on purpose, and why.
var policyExceptions = []struct {
	domain, level, who string
	value              run.Policy
	why                string
}{
	{"bogus-tlsa.test.", "may", "danescan", "", lookupUnprobed},
	{"better-bogus.test.", "may", "danescan", "", lookupUnprobed},
	{"alias-broken.test.", "may", "danescan", "", lookupUnprobed},
	{"tlsa-alias-broken.test.", "may", "danescan", "", lookupUnprobed},
	{"anonymous.test.", "may", "danescan", clr, anonymousUnasked},
	{"anonymous.test.", "dane", "danescan", clr, anonymousUnasked},
	{"tlsa-anonymous.test.", "may", "danescan", clr, anonymousUnasked},
	{"half-nexthop.test.", "dane", "Postfix", enc, nexthopTaken},
	{"link.implicit-target.test.", "dane", "Postfix", dfr, nexthopLeft},
	{"link.implicit-target.test.", "dane-only", "Postfix", dfr, nexthopLeft},
	{"literal.test.", "may", "Postfix", enc, literalTaken},
	{"literal.test.", "dane", "Postfix", enc, literalTaken},
	{"literal.test.", "dane-only", "Postfix", dfr, literalTaken},
	{"null-beside.test.", "may", "Postfix", und, nullBeside},
	{"null-beside.test.", "dane", "Postfix", und, nullBeside},
	{"null-beside.test.", "dane-only", "Postfix", und, nullBeside},
}

const (
	lookupUnprobed = "The TLSA lookup of the host that decides failed. A DANE sender does not connect to such a host, nor does danescan " +
		"unless it probes all hosts; the column says null at any rate, so that it means the same in every run."
	anonymousUnasked = "The server has no certificate, so that TLS takes an anonymous cipher suite. A client may offer them " +
		"beside those it should offer (RFC 7672, Section 8.2); danescan does not, and sees a handshake that fails."
	nexthopTaken = "The certificate names the domain and not the MX host, and the MX records are not secure: then the TLSA base domain " +
		"is the only reference identifier (RFC 7672, Section 3.2.2). Postfix takes the domain's name all the same."
	nexthopLeft = "The domain has no MX records and is an alias, and the certificate names the domain, not the alias's target. The TLSA base " +
		"domain is that target, and the domain must be a second reference identifier (RFC 7672, Section 3.2.2). Postfix has the base domain alone."
	literalTaken = "The MX record holds an address where a host name belongs (RFC 1035, Section 3.3.9). Postfix connects to it, " +
		"other senders do not; danescan connects to no address that DNS did not give as one."
	nullBeside = "A null MX record stands beside another, which it must not (RFC 7505, Section 3). Postfix lets the null one win; " +
		"danescan follows the other, as it can be reached, and reports the mistake."
)

// excepted replaces what is right by what an exception says.
func excepted(domain, level, who string, right run.Policy) run.Policy {
	for _, e := range policyExceptions {
		if e.domain == domain && e.level == level && e.who == who {
			return e.value
		}
	}
	return right
}

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
	w.handIn(t)
	ours, fates := w.scanPolicies(t), w.deliver(t)
	table := new(bytes.Buffer)
	tw := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "domain\tlevel\tdanescan\tPostfix\tits words\t")
	for _, c := range policyCases {
		for i, level := range sendingLevels {
			f, got := fates[recipient(level, c.domain)], ours[c.domain][i]
			fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t\n", c.domain, level, got, f.policy, f.words())
			if want := excepted(c.domain, level, "danescan", c.want[i]); got != want {
				t.Errorf("%s, %s: danescan: %q, want %q", c.domain, level, got, want)
			}
			if want := excepted(c.domain, level, "Postfix", c.want[i]); f.policy != want {
				t.Errorf("%s, %s: Postfix: %q, want %q", c.domain, level, f.policy, want)
			}
			if level == c.level && !strings.Contains(f.text, c.says) {
				t.Errorf("%s, %s: Postfix does not say %q but %q", c.domain, level, c.says, f.text)
			}
		}
	}
	tw.Flush()
	t.Logf("%d domains, danescan beside smtp(8):\n%s", len(policyCases), table)
}

// TestInteropPolicyExceptions keeps the list of exceptions honest: each belongs to
// a case, differs from its truth, and says why.
func TestInteropPolicyExceptions(t *testing.T) {
	right := map[string]policies{}
	for _, c := range policyCases {
		right[c.domain] = c.want
	}
	for _, e := range policyExceptions {
		want, known := right[e.domain]
		i := slices.Index(sendingLevels[:], e.level)
		if !known || i < 0 || want[i] == e.value || e.why == "" {
			t.Errorf("%s, %s, %s is no exception", e.domain, e.level, e.who)
		}
	}
}

// sender starts the Postfix that sends: one smtp(8) for each level, chosen by the
// sender's address, each message held until it is released, and tried once.
func (w *postfixWorld) sender(t *testing.T) {
	const settings = `sender_dependent_default_transport_maps = inline:{ may@sender.test=may:, dane@sender.test=dane:, dane-only@sender.test=dane-only: }
transport_maps = inline:{ sender.test=discard: }
smtp_dns_support_level = dnssec
smtp_host_lookup = dns
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
smtp_connect_timeout = 5s
smtpd_recipient_restrictions = check_recipient_access static:HOLD
minimal_backoff_time = 1d
maximal_backoff_time = 1d
queue_run_delay = 1d
local_recipient_maps =
`
	master := `127.0.3.1:25 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
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
		// smtp(8) falls back to cleartext where TLS fails, but only for mail that
		// is as old as the first retry would be.
		master += fmt.Sprintf("%s unix - - n - 10 smtp -o smtp_tls_security_level=%s -o minimal_backoff_time=1s\n", level, level)
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

func recipient(level, domain string) string { return level + "@" + strings.TrimSuffix(domain, ".") }

// handIn gives Postfix a message for every domain and level, to be held.
func (w *postfixWorld) handIn(t *testing.T) {
	t.Helper()
	for _, c := range policyCases {
		for _, level := range sendingLevels {
			to := recipient(level, c.domain)
			message := []byte("Subject: " + to + "\r\n\r\n.\r\n")
			if err := netsmtp.SendMail("127.0.3.1:25", nil, level+"@sender.test", []string{to}, message); err != nil {
				t.Fatalf("handing in mail for %s: %v", to, err)
			}
		}
	}
	w.handedIn = time.Now()
}

// deliver releases the messages, and waits until each has its fate.
func (w *postfixWorld) deliver(t *testing.T) map[string]fate {
	t.Helper()
	time.Sleep(time.Until(w.handedIn.Add(2 * time.Second))) // an age that mail must have: see sender
	conf := filepath.Join(w.dir, "sender")
	sh(t, "", "postsuper", "-c", conf, "-H", "ALL")
	sh(t, "", "postqueue", "-c", conf, "-f")
	wanted := len(policyCases) * len(sendingLevels)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
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
		Sources: []string{w.write(t, "policies.txt", list.String())}, Dir: dir,
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
