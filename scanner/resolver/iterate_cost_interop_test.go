//go:build interop

package resolver

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
	"danescan/scanner/lab"
)

// Environment of the processes of a test: the part that one plays, and of the lab
// how many domains it has at which port.
const (
	costRole = "DANESCAN_COST_ROLE"
	costLab  = "DANESCAN_COST_LAB"
)

// What iterating should cost as a share of Unbound's CPU on a quiet machine, and
// what is borne on one with other work: there the figures vary by a third.
const (
	costAim   = 0.7
	costBound = 1.2
)

// costFailures is how many questions in a hundred may fail: some of the lab's name
// servers are silent.
const costFailures = 2

// costDomains is how many domains of the lab are looked up.
const costDomains = 20_000

// TestInteropIterateCost compares the CPU time, user and system, that iterating
// over the lab takes with that of a cold Unbound asked for the same names. The lab
// runs in a process of its own; all are in a namespace, where port 53 is free.
func TestInteropIterateCost(t *testing.T) {
	if os.Getenv(costRole) == "measure" {
		measureCost(t)
		return
	}
	tools(t, "unbound", "unshare", "ip")
	cmd := exec.Command("unshare", "-n", "sh", "-c", `ip link set lo up && exec "$0" "$@"`,
		os.Args[0], "-test.run=^TestInteropIterateCost$", "-test.v", "-test.timeout=8m")
	cmd.Env = append(os.Environ(), costRole+"=measure")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("in its namespace: %v", err)
	}
}

// TestServeLab is no test: it is the lab in a process of its own, which serves
// until its standard input ends.
func TestServeLab(t *testing.T) {
	if os.Getenv(costRole) != "lab" {
		t.Skip("serves other tests")
	}
	var cfg lab.Config
	if _, err := fmt.Sscan(os.Getenv(costLab), &cfg.Domains, &cfg.DNSPort); err != nil {
		t.Fatal(err)
	}
	l, err := lab.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, text := range map[string]string{"root.hints": l.RootHints(), "root.key": l.TrustAnchor()} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := writeQuestions(l, "questions"); err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving", l.DNSPort())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
}

// writeQuestions writes what a scanner asks of the bulk domains; some cases of the
// lab's table time out.
func writeQuestions(l *lab.Lab, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	asked := map[dnssec.Question]bool{}
	for c := range l.Truth() {
		for _, q := range labQuestions(c) {
			if c.Bulk && !asked[q] {
				asked[q] = true
				fmt.Fprintln(w, q.Name, q.Type)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// startLab starts a lab in another process, which writes its files into the
// directory of n, and returns its port and the questions.
func startLab(t *testing.T, n *realNet, domains, port int) (int, []dnssec.Question) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestServeLab$", "-test.timeout=15m")
	cmd.Env = append(os.Environ(), costRole+"=lab", fmt.Sprintf("%s=%d %d", costLab, domains, port))
	cmd.Dir = n.dir
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if _, e := fmt.Sscanf(line, "serving %d", &port); err != nil || e != nil {
		t.Fatalf("the lab says %q, %v", line, err)
	}
	var questions []dnssec.Question
	for line := range strings.Lines(n.read(t, "questions")) {
		var q dnssec.Question
		if _, err := fmt.Sscan(line, &q.Name, &q.Type); err != nil {
			t.Fatal(err)
		}
		questions = append(questions, q)
	}
	return port, questions
}

func measureCost(t *testing.T) {
	n := &realNet{dir: t.TempDir()}
	_, questions := startLab(t, n, costDomains, 53)
	ours, took, queries := iterateCost(t, n, questions)
	theirs, unboundTook := unboundCost(t, n, questions)
	ratio := ours.Seconds() / theirs.Seconds()
	t.Logf("%d questions about %d domains: iterate %v CPU in %v (%d queries), cold Unbound %v CPU in %v: %.2f, aim %.2f",
		len(questions), costDomains, ours, took, queries, theirs, unboundTook, ratio, costAim)
	if ratio > costBound {
		t.Errorf("iterate takes %.2f of the CPU of Unbound, at most %.2f is borne", ratio, costBound)
	}
}

// everyQuestion calls do for each question, some at a time.
func everyQuestion(questions []dnssec.Question, do func(dnssec.Question)) time.Duration {
	start := time.Now()
	work := make(chan dnssec.Question, 256)
	var wg sync.WaitGroup
	for range 256 {
		wg.Go(func() {
			for q := range work {
				do(q)
			}
		})
	}
	for _, q := range questions {
		work <- q
	}
	close(work)
	wg.Wait()
	return time.Since(start)
}

func iterateCost(t *testing.T, n *realNet, questions []dnssec.Question) (cpu, took time.Duration, queries int) {
	client := exchange.New(exchange.Config{Timeout: 2 * time.Second, Retries: 2})
	defer client.Close()
	it := iterateLab(t, n.read(t, "root.hints"), n.read(t, "root.key"), 53, client)
	var mu sync.Mutex
	failed := 0
	before := ownCPU(t)
	took = everyQuestion(questions, func(q dnssec.Question) {
		a := it.Lookup(context.Background(), q.Name, q.Type)
		mu.Lock()
		defer mu.Unlock()
		queries += a.Queries
		if a.Failed() && a.Status != dnssec.Bogus {
			failed++
		}
	})
	cpu = ownCPU(t) - before
	if failed > costFailures*len(questions)/100 {
		t.Errorf("iterate: %d of %d lookups failed", failed, len(questions))
	}
	return cpu, took, queries
}

func ownCPU(t *testing.T) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func unboundCost(t *testing.T, n *realNet, questions []dnssec.Question) (cpu, took time.Duration) {
	n.file(t, "cost.conf", fmt.Sprintf(`server:
 interface: 127.0.0.1
 port: 5399
 do-daemonize: no
 use-syslog: no
 logfile: ""
 chroot: ""
 username: ""
 directory: "%[1]s"
 pidfile: ""
 do-not-query-localhost: no
 do-ip6: no
 trust-anchor-signaling: no
 discard-timeout: 0
 wait-limit: 0
 outgoing-range: 4096
 num-queries-per-thread: 4096
 msg-cache-size: 64m
 rrset-cache-size: 128m
 key-cache-size: 64m
 neg-cache-size: 16m
 root-hints: "%[1]s/root.hints"
 trust-anchor-file: "%[1]s/root.key"
remote-control:
 control-enable: no
`, n.dir))
	process := n.start(t, "unbound", "-d", "-c", filepath.Join(n.dir, "cost.conf"))
	client := exchange.New(exchange.Config{Timeout: 5 * time.Second, Retries: 3})
	defer client.Close()
	server := netip.MustParseAddrPort("127.0.0.1:5399")
	n.await(t, server)
	before := cpuOf(t, process.Pid)
	var mu sync.Mutex
	failed := 0
	took = everyQuestion(questions, func(q dnssec.Question) {
		if _, err := client.Exchange(context.Background(), server, q, exchange.Options{RD: true, DO: true}); err != nil {
			mu.Lock()
			failed++
			mu.Unlock()
		}
	})
	if failed > costFailures*len(questions)/100 {
		t.Errorf("unbound: %d of %d questions failed", failed, len(questions))
	}
	return cpuOf(t, process.Pid) - before, took
}

// cpuOf reads user and system time of a process, in ticks of 10 ms.
func cpuOf(t *testing.T, pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(after)
	var user, system int64
	if _, err := fmt.Sscan(f[11]+" "+f[12], &user, &system); err != nil {
		t.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}
