//go:build interop

package lab_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// insideEnv says that the test runs in a network namespace of its own, where port
// 53 is free.
const insideEnv = "DANESCAN_LAB_NAMESPACE"

// TestInteropUnbound lets Unbound walk and validate the lab from its root, and
// compares what it finds with what the front says by construction. Unbound knows
// no port but 53 on the way down, so both run in a namespace.
func TestInteropUnbound(t *testing.T) {
	unbound, unshare := needTool(t, "unbound"), needTool(t, "unshare")
	if os.Getenv(insideEnv) == "" {
		cmd := exec.Command(unshare, "-rn", "sh", "-c", `ip link set lo up && exec "$0" -test.run '^TestInteropUnbound$' -test.v`, os.Args[0])
		cmd.Env = append(os.Environ(), insideEnv+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil && !bytes.Contains(out, []byte("TestInteropUnbound")) && os.Getenv("DANESCAN_STRICT") != "1" {
			t.Skipf("no namespace to be had: %v: %s", err, out)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	l := start(t, lab.Config{Domains: 400, DNSPort: 53})
	at := startUnbound(t, unbound, l)
	counts := map[string]int{}
	for c := range l.Truth() {
		for _, q := range questionsOf(c) {
			ours, theirs := frontStatus(t, l.Front(), q), unboundStatus(t, at, q)
			if differsUnbound[q.Name] != "" && ours != theirs {
				t.Logf("%s: front says %s, unbound says %s: %s", q.Name, ours, theirs, differsUnbound[q.Name])
				continue
			}
			counts[ours]++
			if ours != theirs {
				t.Errorf("%s %s: front says %s, unbound says %s", q.Name, dns.TypeToString[q.Qtype], ours, theirs)
			}
		}
	}
	t.Logf("front and unbound: %v", counts)
	for status, floor := range map[string]int{"secure": 350, "insecure": 600, "bogus": 10, "servfail": 10} {
		if counts[status] < floor {
			t.Errorf("%d %s answers, at least %d wanted", counts[status], status, floor)
		}
	}
}

// differsUnbound is where Unbound and the front do not agree, and why.
var differsUnbound = map[string]string{}

func startUnbound(t *testing.T, tool string, l *lab.Lab) netip.AddrPort {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	at := netip.MustParseAddrPort("127.0.0.1:5353")
	conf := write("unbound.conf", fmt.Sprintf(`server:
	interface: %s
	port: %d
	do-ip6: no
	use-syslog: no
	username: ""
	chroot: ""
	directory: %q
	pidfile: ""
	do-not-query-localhost: no
	module-config: "validator iterator"
	qname-minimisation: yes
	ede: yes
	infra-cache-max-rtt: 200
	unknown-server-time-limit: 100
	outbound-msg-retry: 2
	root-hints: %q
	trust-anchor-file: %q
remote-control:
	control-enable: no
`, at.Addr(), at.Port(), dir, write("hints", l.RootHints()), write("anchor", l.TrustAnchor())))
	cmd := exec.Command(tool, "-d", "-c", conf)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s", log.String())
		}
	})
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		m := new(dns.Msg).SetQuestion(".", dns.TypeNS)
		if _, err := dns.Exchange(m, at.String()); err == nil {
			return at
		}
	}
	t.Fatalf("unbound does not answer: %s", log.String())
	return at
}

// unboundStatus asks Unbound, for which a dead server may take longer than anybody
// waits.
func unboundStatus(t *testing.T, at netip.AddrPort, q dns.Question) string {
	t.Helper()
	in := patient(at, q, false)
	switch {
	case in == nil:
		return "servfail"
	case in.Rcode == dns.RcodeServerFailure:
		if again := patient(at, q, true); again == nil || again.Rcode == dns.RcodeServerFailure {
			return "servfail"
		}
		return "bogus"
	case in.AuthenticatedData:
		return "secure"
	}
	return "insecure"
}

// patient returns nil if no answer comes.
func patient(at netip.AddrPort, q dns.Question, cd bool) *dns.Msg {
	m := &dns.Msg{Question: []dns.Question{q}}
	m.Id, m.RecursionDesired, m.CheckingDisabled = dns.Id(), true, cd
	m.SetEdns0(1232, true)
	c := &dns.Client{Net: "tcp", Timeout: 10 * time.Second}
	in, _, err := c.Exchange(m, at.String())
	if err != nil {
		return nil
	}
	return in
}
