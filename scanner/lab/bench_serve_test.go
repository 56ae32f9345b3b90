package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// benchEnv asks the test binary to serve a lab of so many domains until its
// standard input ends, so that a benchmark can tell the lab's CPU time from its
// own.
const benchEnv = "DANESCAN_LAB_BENCH"

func TestServeForBenchmark(t *testing.T) {
	domains, err := strconv.Atoi(os.Getenv(benchEnv))
	if err != nil {
		t.Skip("serves BenchmarkServe only")
	}
	l, err := New(Config{Domains: domains})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	fmt.Printf("port %d\n", l.DNSPort())
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() { // each line asks for the time used so far
		fmt.Printf("cpu %d\n", cpuTime(t))
	}
}

// offspring is a lab in a process of its own.
type offspring struct {
	in   io.WriteCloser
	out  *bufio.Scanner
	port int
}

func startChild(b *testing.B, domains int) *offspring {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^TestServeForBenchmark$", "-test.timeout", "10m")
	cmd.Env = append(os.Environ(), benchEnv+"="+strconv.Itoa(domains))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	c := &offspring{in: in, out: bufio.NewScanner(out)}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	c.port = int(c.number(b, "port"))
	return c
}

func (c *offspring) number(b *testing.B, word string) int64 {
	b.Helper()
	for c.out.Scan() {
		if f := strings.Fields(c.out.Text()); len(f) == 2 && f[0] == word {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("the lab did not say its %s", word)
	return 0
}

func (c *offspring) cpu(b *testing.B) time.Duration {
	fmt.Fprintln(c.in)
	return time.Duration(c.number(b, "cpu"))
}

// BenchmarkServe asks over loopback what BenchmarkAnswer asks, and reports what it
// costs the lab, sockets included. The first round fills its caches.
func BenchmarkServe(b *testing.B) {
	const n = 20000
	l := benchLab(b, 200+n)
	packets, addrs := load(b, l, n)
	c := startChild(b, 200+n)
	round := func(total int) {
		var wait sync.WaitGroup
		for k := range senders {
			wait.Go(func() {
				conns := dial(b, addrs, c.port)
				for i := k; i < total; i += senders {
					ask(b, conns[addrs[i%len(packets)]], packets[i%len(packets)])
				}
			})
		}
		wait.Wait()
	}
	round(len(packets))
	before := c.cpu(b)
	b.ResetTimer()
	round(b.N)
	used := c.cpu(b) - before
	b.ReportMetric(float64(b.N)/used.Seconds(), "queries/lab-cpu-s")
	b.ReportMetric(float64(used.Nanoseconds())/float64(b.N), "lab-cpu-ns/op")
}

// senders is how many questions are on their way at a time.
const senders = 32

func ask(b *testing.B, conn net.Conn, packet []byte) {
	var buf [2048]byte
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write(packet); err != nil {
		b.Error(err)
		return
	}
	if _, err := conn.Read(buf[:]); err != nil {
		b.Error(err)
	}
}

func dial(b *testing.B, addrs []netip.Addr, port int) map[netip.Addr]net.Conn {
	conns := map[netip.Addr]net.Conn{}
	for _, a := range addrs {
		if conns[a] != nil {
			continue
		}
		conn, err := net.Dial("udp", netip.AddrPortFrom(a, uint16(port)).String())
		if err != nil {
			b.Error(err)
			continue
		}
		b.Cleanup(func() { conn.Close() })
		conns[a] = conn
	}
	return conns
}
