//go:build linux

package scanner

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// What the scan of a million domains of the lab takes for each of them: see the table
// of BENCHMARKS.md.
const (
	floorQuestions  = 3.179
	floorSignatures = 0.591
	floorHandshakes = 0.0154
)

// BenchmarkFloor measures what no scanner can do without: the packets of a question,
// the signature of a P-256 key, the handshake of a session, each alone and by the
// system's and the standard library's plainest means. "floor-us/domain" is what they
// come to for one domain of the lab's million, so that a scan can be compared with
// something that the same machine does at the same time. All is CPU time of the one
// thread that is the client.
func BenchmarkFloor(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ask := floorQuestion(b)
	verify := floorSignature(b)
	shake := floorHandshake(b)
	var question, signature, handshake time.Duration
	for b.Loop() {
		question += threadTime(func() { ask(40) })
		signature += threadTime(func() { verify(250) })
		handshake += threadTime(func() { shake(25) })
	}
	perUnit := func(d time.Duration, units int) float64 {
		return float64(d.Nanoseconds()) / 1000 / float64(units*b.N)
	}
	q, s, h := perUnit(question, 40*floorWindow), perUnit(signature, 250), perUnit(handshake, 25)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(q, "question-us")
	b.ReportMetric(s, "signature-us")
	b.ReportMetric(h, "handshake-us")
	b.ReportMetric(floorQuestions*q+floorSignatures*s+floorHandshakes*h, "floor-us/domain")
}

// threadTime is the CPU time that this thread takes for what.
func threadTime(what func()) time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var before, after syscall.Rusage
	syscall.Getrusage(thread, &before)
	what()
	syscall.Getrusage(thread, &after)
	spent := func(r *syscall.Rusage) int64 { return r.Utime.Nano() + r.Stime.Nano() }
	return time.Duration(spent(&after) - spent(&before))
}

// floorWindow is how many questions are out at a time.
const floorWindow = 50

// floorQuestion returns what sends some windows of datagrams of the size of a question
// and reads as many of the size of an answer.
func floorQuestion(b *testing.B) func(windows int) {
	socket := func() int {
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			b.Fatal(err)
		}
		if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			b.Fatal(err)
		}
		return fd
	}
	server, client := socket(), socket()
	at, err := syscall.Getsockname(server)
	if err != nil {
		b.Fatal(err)
	}
	if err := syscall.Connect(client, at); err != nil {
		b.Fatal(err)
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		buf, answer := make([]byte, 512), make([]byte, 180)
		for {
			n, from, err := syscall.Recvfrom(server, buf, 0)
			if err != nil || n < 12 || syscall.Sendto(server, answer, 0, from) != nil {
				return
			}
		}
	}()
	b.Cleanup(func() {
		syscall.Write(client, []byte("end"))
		<-answered
		syscall.Close(client)
		syscall.Close(server)
	})
	question, buf := make([]byte, 45), make([]byte, 512)
	return func(windows int) {
		for range windows {
			for range floorWindow {
				if _, err := syscall.Write(client, question); err != nil {
					b.Fatal(err)
				}
			}
			for range floorWindow {
				if _, err := syscall.Read(client, buf); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}

// floorSignature returns what verifies a signature some times.
func floorSignature(b *testing.B) func(times int) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	hash := sha256.Sum256([]byte("a set of records"))
	sig, err := ecdsa.SignASN1(rand.Reader, key, hash[:])
	if err != nil {
		b.Fatal(err)
	}
	return func(times int) {
		for range times {
			if !ecdsa.VerifyASN1(&key.PublicKey, hash[:], sig) {
				b.Fatal("a good signature is refused")
			}
		}
	}
}

// floorHandshake returns what connects and shakes hands by TLS some times.
func floorHandshake(b *testing.B) func(times int) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"mx.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		b.Fatal(err)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		b.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.(*tls.Conn).Handshake()
			c.Close()
		}
	}()
	b.Cleanup(func() {
		l.Close()
		<-served
	})
	return func(times int) {
		for range times {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			// The certificate is judged by TLSA records, not here.
			if err := tls.Client(c, &tls.Config{ServerName: "mx.example", InsecureSkipVerify: true}).Handshake(); err != nil {
				b.Fatal(err)
			}
			c.Close()
		}
	}
}
