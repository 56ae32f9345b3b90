//go:build interop

package scanner

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/datasets/run"
	"danescan/scanner/lab"
)

// crossInside says that the test runs in a network namespace of its own, where port
// 53 is free: Unbound knows no other on the way down.
const crossInside = "DANESCAN_CROSS_NAMESPACE"

// TestInteropCrossCheckUnbound scans a lab from its root, with an Unbound that
// validates from the same root as second resolver for every question. The two agree
// wherever both have an answer.
func TestInteropCrossCheckUnbound(t *testing.T) {
	for _, tool := range []string{"unbound", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("DANESCAN_STRICT") == "1" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	if os.Getenv(crossInside) == "" {
		cmd := exec.Command("unshare", "-rn", "sh", "-c", `ip link set lo up && exec "$0" -test.run '^TestInteropCrossCheckUnbound$' -test.v`, os.Args[0])
		cmd.Env = append(os.Environ(), crossInside+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil && !bytes.Contains(out, []byte("TestInteropCrossCheckUnbound")) && os.Getenv("DANESCAN_STRICT") != "1" {
			t.Skipf("no namespace to be had: %v: %s", err, out)
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	l, job := startLab(t, lab.Config{Seed: 5, Domains: 450, DNSPort: 53})
	job.Cross = Cross{Resolver: unboundFor(t, l), Percent: 100}
	job.Config.Probe, job.Config.DNSConcurrency = ProbeNone, 16
	job.DNS.Timeout, job.DNS.Retries = 3*time.Second, 2
	summary, err := Scan(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	c := summary.CrossCheck
	sum := outcomesOf(t, c)
	t.Logf("%d questions: %v", c.Questions, sum)
	for _, n := range c.Counts {
		t.Logf("%+v", n)
	}
	for _, d := range c.Disagreements {
		t.Errorf("%s %s: %s, ours %s, theirs %s: %s", d.Name, d.Type, d.Outcome, d.Ours, d.Theirs, d.Detail)
	}
	secure := int64(0)
	for _, n := range c.Counts {
		if n.Outcome == run.CrossAgree && n.Ours == run.Secure {
			secure += n.Questions
		}
	}
	if sum[run.CrossAgree] < 700 || secure < 250 {
		t.Errorf("%d questions agree, %d of them secure: the test shows too little", sum[run.CrossAgree], secure)
	}
}

// unboundFor starts an Unbound that validates a lab from its root.
func unboundFor(t *testing.T, l *lab.Lab) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const at = "127.0.0.1:5353"
	conf := write("unbound.conf", fmt.Sprintf(`server:
	interface: 127.0.0.1
	port: 5353
	do-ip6: no
	use-syslog: no
	username: ""
	chroot: ""
	directory: %q
	pidfile: ""
	do-not-query-localhost: no
	module-config: "validator iterator"
	ede: yes
	discard-timeout: 0
	wait-limit: 0
	root-hints: %q
	trust-anchor-file: %q
remote-control:
	control-enable: no
`, dir, write("hints", l.RootHints()), write("anchor", l.TrustAnchor())))
	cmd := exec.Command("unbound", "-d", "-c", conf)
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
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if _, err := dns.Exchange(new(dns.Msg).SetQuestion(".", dns.TypeNS), at); err == nil {
			return at
		}
	}
	t.Fatalf("unbound does not answer: %s", log.String())
	return at
}
