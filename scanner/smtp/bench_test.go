package smtp

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// benchServerEnv makes TestBenchServer the server of a benchmark: "full" plays good
// sessions, "slow" too but takes its time for each reply, "greeting" and "tls" stop
// there, say so, and hold the connection.
const benchServerEnv = "DANESCAN_SMTP_BENCH_SERVER"

// TestBenchServer is a process of its own, so that a benchmark counts the client's
// time and memory alone.
func TestBenchServer(t *testing.T) {
	mode := os.Getenv(benchServerEnv)
	if mode == "" {
		t.Skip("serves the benchmarks")
	}
	config := &tls.Config{Certificates: []tls.Certificate{certificate(t, ecdsaKey(), nil)}}
	issuers := [][]byte{certificate(t, rsaKey(), nil).Certificate[0], certificate(t, rsaKey(), nil).Certificate[0]}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("listening", l.Addr())
	go func() { _, _ = os.Stdin.Read(make([]byte, 1)); l.Close() }()
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			p := &peer{conn, bufio.NewReader(conn), t}
			switch mode {
			case "full":
				p.secure(config)
			case "slow":
				p.Conn = slow{conn}
				p.secure(config)
			case "tls":
				p.upTo220()
				own := certificate(t, ecdsaKey(), nil) // each server of the world has its own
				own.Certificate = append(own.Certificate, issuers...)
				inner := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{own}})
				_ = inner.Handshake()
				p.in.Reset(inner)
				p.hear("EHLO")
				fmt.Println("held")
			case "greeting":
				fmt.Println("held")
			}
			p.hang()
		}()
	}
}

// slow is a connection that takes its time to answer.
type slow struct{ net.Conn }

func (s slow) Write(p []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return s.Conn.Write(p)
}

// benchServer starts such a server and returns its address and what it says.
func benchServer(b *testing.B, mode string) (netip.AddrPort, *bufio.Reader) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestBenchServer$")
	cmd.Env = append(os.Environ(), benchServerEnv+"="+mode)
	stdin, _ := cmd.StdinPipe()
	stdout, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	out := bufio.NewReader(stdout)
	line, err := out.ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if err != nil || !ok {
		b.Fatalf("server said %q: %v", line, err)
	}
	return netip.MustParseAddrPort(address), out
}

// cpu is the time that this process has used.
func cpu() time.Duration {
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// bare holds the same dialogue with crypto/tls and nothing else.
func bare(address netip.AddrPort, config *tls.Config) error {
	conn, err := net.Dial("tcp", address.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	step := func(conn net.Conn, command string) error {
		if command != "" {
			if _, err := conn.Write([]byte(command + "\r\n")); err != nil {
				return err
			}
		}
		for {
			line, err := in.ReadString('\n')
			if err != nil || len(line) > 3 && line[3] == ' ' {
				return err
			}
		}
	}
	for _, command := range []string{"", "EHLO scanner.example", "STARTTLS"} {
		if err := step(conn, command); err != nil {
			return err
		}
	}
	inner := tls.Client(conn, config)
	if err := inner.Handshake(); err != nil {
		return err
	}
	in.Reset(inner)
	for _, command := range []string{"EHLO scanner.example", "QUIT"} {
		if err := step(inner, command); err != nil {
			return err
		}
	}
	return inner.Close()
}

// BenchmarkSession compares the CPU of a session with that of the same dialogue
// over bare crypto/tls, block by block in turns, so that what the machine does
// beside it meets both.
func BenchmarkSession(b *testing.B) {
	address, _ := benchServer(b, "full")
	config := (&goHandshake{Session: new(Session)}).config("mx.example")
	config.KeyLogWriter, config.VerifyPeerCertificate, config.GetClientCertificate = nil, nil, nil
	const block = 20
	var probed, plain time.Duration
	sessions := 0
	for b.Loop() {
		begun := cpu()
		for range block {
			if s := Probe(context.Background(), to(address), quick()); !s.HandshakeComplete {
				b.Fatalf("%s %s", s.Stage, s.Error)
			}
		}
		between := cpu()
		for range block {
			if err := bare(address, config); err != nil {
				b.Fatal(err)
			}
		}
		probed += between - begun
		plain += cpu() - between
		sessions += block
	}
	b.ReportMetric(float64(sessions)/probed.Seconds(), "sessions/cpu-s")
	b.ReportMetric(float64(sessions)/plain.Seconds(), "bare/cpu-s")
	b.ReportMetric(probed.Seconds()/plain.Seconds(), "ratio")
}

// BenchmarkInFlight measures the memory of a session that waits: heap and stacks,
// right away and after a collection.
func BenchmarkInFlight(b *testing.B) {
	for _, mode := range []string{"greeting", "tls"} {
		b.Run(mode, func(b *testing.B) {
			for b.Loop() {
				inFlight(b, mode, 1000)
			}
		})
	}
}

func inFlight(b *testing.B, mode string, n int) {
	address, says := benchServer(b, mode)
	ctx, cancel := context.WithCancel(context.Background())
	cfg := Config{EHLO: "scanner.example", afterTLSTimeout: time.Minute}
	runtime.GC()
	runtime.GC()
	before := memory()
	var sessions sync.WaitGroup
	for range n {
		sessions.Go(func() { _ = Probe(ctx, to(address), cfg) })
		if line, err := says.ReadString('\n'); err != nil || line != "held\n" {
			b.Fatalf("server said %q: %v", line, err)
		}
	}
	full := memory()
	runtime.GC()
	runtime.GC()
	live := memory()
	cancel()
	sessions.Wait()
	b.ReportMetric(float64(full-before)/1024/float64(n), "kB/session")
	b.ReportMetric(float64(live-before)/1024/float64(n), "kB-after-gc/session")
}

// BenchmarkSlowServers holds 1,000 sessions at once with servers that take 100 ms
// for each answer.
func BenchmarkSlowServers(b *testing.B) {
	address, _ := benchServer(b, "slow")
	const n = 1000
	var used time.Duration
	sessions := 0
	for b.Loop() {
		begun := cpu()
		var running sync.WaitGroup
		for range n {
			running.Go(func() {
				if s := Probe(context.Background(), to(address), Config{}); !s.HandshakeComplete {
					b.Errorf("%s %s", s.Stage, s.Error)
				}
			})
		}
		running.Wait()
		used += cpu() - begun
		sessions += n
	}
	b.ReportMetric(float64(sessions)/used.Seconds(), "sessions/cpu-s")
}

// memory is what heap and stacks take.
func memory() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
