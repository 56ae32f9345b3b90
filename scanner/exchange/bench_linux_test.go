package exchange

import (
	"context"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// echoServer answers every question over UDP with a fixed signed A RRset. It has
// an operating-system thread to itself, so that its CPU time can be told from the
// client's. stop ends it and returns that time.
func echoServer(b *testing.B) (addr netip.AddrPort, stop func() time.Duration) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	name, err := syscall.Getsockname(fd)
	if err != nil {
		b.Fatal(err)
	}
	used := make(chan time.Duration)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		buf := make([]byte, 4096)
		tail := signedA()
		for {
			n, from, err := syscall.Recvfrom(fd, buf, 0)
			if err != nil || n <= 1 {
				break
			}
			end := headerSize + len(benchWire) + 4
			buf[2] |= 0x80 // QR
			buf[7] = 2     // ANCOUNT
			out := append(buf[:end:end], tail...)
			out = append(out, 0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0)
			syscall.Sendto(fd, out, 0, from)
		}
		var r syscall.Rusage
		syscall.Getrusage(1 /* RUSAGE_THREAD */, &r)
		syscall.Close(fd)
		used <- time.Duration(r.Utime.Nano() + r.Stime.Nano())
	}()
	addr = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(name.(*syscall.SockaddrInet4).Port))
	return addr, func() time.Duration {
		syscall.Sendto(fd, []byte{0}, 0, name)
		return <-used
	}
}

const benchName = "mail.example.com."

var benchWire = []byte("\x04mail\x07example\x03com\x00")

func signedA() []byte {
	tail := []byte{0xc0, 12, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, 192, 0, 2, 1}
	sig := append([]byte{0, 1, 13, 3, 0, 0, 0x0e, 0x10, 0x70, 0, 0, 0, 0x60, 0, 0, 0, 0x12, 0x34}, benchWire[5:]...)
	sig = append(sig, make([]byte, 64)...)
	tail = append(tail, 0xc0, 12, 0, 46, 0, 1, 0, 0, 0x0e, 0x10, 0, byte(len(sig)))
	return append(tail, sig...)
}

func processCPU() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func benchmarkExchange(b *testing.B, cfg Config) {
	addr, stop := echoServer(b)
	c := New(cfg)
	defer c.Close()
	q := dnssec.Question{Name: benchName, Type: dns.TypeA}
	b.ReportAllocs()
	b.ResetTimer()
	before := processCPU()
	for range b.N {
		r, err := c.Exchange(context.Background(), addr, q, Options{DO: true, CD: true, RD: true})
		if err != nil || len(r.Msg.Answer) != 2 {
			b.Fatal(r, err)
		}
	}
	total := processCPU() - before
	b.StopTimer()
	server := stop()
	b.ReportMetric(float64((total-server).Microseconds())/float64(b.N), "client-cpu-us/op")
	b.ReportMetric(float64(server.Microseconds())/float64(b.N), "server-cpu-us/op")
}

// BenchmarkExchangeFresh is a question with a port of its own, reply unpacked.
func BenchmarkExchangeFresh(b *testing.B) { benchmarkExchange(b, Config{}) }

// BenchmarkExchangeShared is a question over a shared socket.
func BenchmarkExchangeShared(b *testing.B) { benchmarkExchange(b, Config{Shared: 2}) }
