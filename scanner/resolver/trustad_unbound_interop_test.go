//go:build interop

package resolver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/exchange"
)

// tools returns once all programs are there; else it skips, or fails where CI
// wants them.
func tools(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("DANESCAN_STRICT") == "1" {
				t.Fatalf("%s is missing", name)
			}
			t.Skipf("%s is not installed", name)
		}
	}
}

// realNet is NSD with a small signed tree and an Unbound that validates it.
type realNet struct {
	dir      string
	nsd      int // port
	Resolver netip.AddrPort
	Anchors  []dnssec.Anchor
	unbound  *os.Process // the last one started
	since    time.Time   // from before any Unbound asked anything
}

// realZones are the zones of the tree: their records, and how they are signed.
// {ds:x} is replaced by the DS records of zone x.
var realZones = []struct {
	name, records string
	sign          []string // options of ldns-signzone; nil: not signed
	spoil         []string // pairs: text of the signed zone, its replacement
}{
	{"good.test.", `
mail   A 192.0.2.1
mail   MX 10 mail
_25._tcp.mail TLSA 3 1 1 0102030405060708091011121314151617181920212223242526272829303132
www    CNAME mail
toplain CNAME host.unsigned.test.
two    CNAME toplain
tobogus CNAME mail.bogus.test.
togone CNAME nothing
loop1  CNAME loop2
loop2  CNAME loop1
*.wild A 192.0.2.2
dname  DNAME good.test.
`, []string{}, nil},
	{"unsigned.test.", "host A 192.0.2.3\nback CNAME mail.good.test.\n", nil, nil},
	{"bogus.test.", "mail A 192.0.2.4\n", []string{}, []string{"192.0.2.4", "192.0.2.5"}},
	{"stripped.test.", "mail A 192.0.2.4\n", nil, nil},
	{"expired.test.", "mail A 192.0.2.4\n", []string{"-i", "20200101", "-e", "20200201"}, nil},
	{"test.", `
good NS ns.test.
{ds:good.test.}
unsigned NS ns.test.
bogus NS ns.test.
{ds:bogus.test.}
stripped NS ns.test.
{ds:good.test. as stripped.test.}
expired NS ns.test.
{ds:expired.test.}
dead NS ns.dead
{ds:good.test. as dead.test.}
ns.dead A 127.0.0.1
`, []string{"-n", "-p", "-t", "0"}, nil},
	{".", "test. NS ns.test.\n{ds:test.}\nns.test. A 127.0.0.1\n", []string{}, nil},
}

// newRealNet starts the servers; they end with the test.
func newRealNet(t testing.TB) *realNet {
	t.Helper()
	tools(t, "nsd", "unbound", "ldns-keygen", "ldns-signzone")
	n := &realNet{dir: t.TempDir(), nsd: freePort(t)}
	ds := map[string]string{}
	var files []string
	for _, z := range realZones {
		files = append(files, n.write(t, z.name, expandDS(z.records, ds)))
		if z.sign == nil {
			continue
		}
		key := n.run(t, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", z.name)
		ds[z.name] = n.read(t, key+".ds")
		file := files[len(files)-1]
		n.run(t, "ldns-signzone", append(append(z.sign[:len(z.sign):len(z.sign)], "-o", z.name, "-f", file+".signed"), file, key)...)
		text := strings.NewReplacer(z.spoil...).Replace(n.read(t, file+".signed"))
		files[len(files)-1] = n.file(t, file+".served", text)
		if z.name == "." {
			anchors, err := dnssec.ParseAnchors(n.read(t, key+".key"))
			if err != nil {
				t.Fatal(err)
			}
			n.Anchors = anchors
			n.file(t, "root.key", n.read(t, key+".key"))
		}
	}
	n.startNSD(t, files)
	n.since = time.Now()
	n.Resolver = n.StartUnbound(t, "")
	return n
}

// expandDS replaces {ds:zone} and {ds:zone as owner}.
func expandDS(text string, ds map[string]string) string {
	for zone, records := range ds {
		text = strings.ReplaceAll(text, "{ds:"+zone+"}", records)
		for _, owner := range []string{"stripped.test.", "dead.test."} {
			text = strings.ReplaceAll(text, "{ds:"+zone+" as "+owner+"}", strings.Replace(records, zone, owner, 1))
		}
	}
	return text
}

func (n *realNet) write(t testing.TB, zone, records string) string {
	return n.file(t, "zone"+zone, fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA ns.test. host.test. 1 7200 900 1209600 300\n@ NS ns.test.\n%s\n", zone, records))
}

func (n *realNet) file(t testing.TB, name, text string) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func (n *realNet) read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(n.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (n *realNet) run(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = n.dir
	out, err := cmd.Output()
	if err != nil {
		var e *exec.ExitError
		if errors.As(err, &e) {
			out = append(out, e.Stderr...)
		}
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (n *realNet) startNSD(t testing.TB, files []string) {
	t.Helper()
	conf := fmt.Sprintf(`server:
 ip-address: 127.0.0.1
 port: %d
 username: ""
 database: ""
 zonesdir: "%[2]s"
 zonelistfile: "%[2]s/zone.list"
 xfrdfile: "%[2]s/xfrd"
 pidfile: "%[2]s/nsd.pid"
 xfrdir: "%[2]s"
 server-count: 1
 rrl-ratelimit: 0
remote-control:
 control-enable: no
`, n.nsd, n.dir)
	for i, z := range realZones {
		conf += fmt.Sprintf("zone:\n name: \"%s\"\n zonefile: \"%s\"\n", z.name, files[i])
	}
	n.file(t, "nsd.conf", conf)
	n.start(t, "nsd", "-d", "-c", filepath.Join(n.dir, "nsd.conf"))
	n.await(t, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(n.nsd)))
}

// StartUnbound starts a resolver with more lines in its server section.
func (n *realNet) StartUnbound(t testing.TB, more string) netip.AddrPort {
	t.Helper()
	port := freePort(t)
	conf := fmt.Sprintf(`server:
 interface: 127.0.0.1
 port: %d
 do-daemonize: no
 use-syslog: no
 logfile: ""
 chroot: ""
 username: ""
 directory: "%s"
 pidfile: ""
 do-not-query-localhost: no
 trust-anchor-file: "%s/root.key"
 trust-anchor-signaling: no
 ede: yes
 do-ip6: no
 local-zone: "test." nodefault
%s
remote-control:
 control-enable: no
`, port, n.dir, n.dir, more)
	for _, z := range realZones {
		conf += fmt.Sprintf("stub-zone:\n name: \"%s\"\n stub-addr: 127.0.0.1@%d\n", z.name, n.nsd)
	}
	conf += fmt.Sprintf("stub-zone:\n name: \"dead.test.\"\n stub-addr: 127.0.0.1@%d\n", answering(t, refuse))
	conf += fmt.Sprintf("stub-zone:\n name: \"slow.test.\"\n stub-addr: 127.0.0.1@%d\n", answering(t, dawdle))
	name := n.file(t, fmt.Sprintf("unbound-%d.conf", port), conf)
	n.unbound = n.start(t, "unbound", "-d", "-c", filepath.Join(n.dir, name))
	addr := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	n.await(t, addr)
	return addr
}

// start runs a server until the test ends.
func (n *realNet) start(t testing.TB, name string, args ...string) *os.Process {
	t.Helper()
	log, err := os.Create(filepath.Join(n.dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = n.dir, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		timer := time.AfterFunc(5*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		timer.Stop()
		log.Close()
		if t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Logf("%s said:\n%s", name, text)
		}
	})
	return cmd.Process
}

// await asks until the server answers.
func (n *realNet) await(t testing.TB, server netip.AddrPort) {
	t.Helper()
	c := exchange.New(exchange.Config{Timeout: 200 * time.Millisecond, Retries: 50})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for {
		r, err := c.Exchange(ctx, server, rootKeys, exchange.Options{RD: true, DO: true, CD: true})
		if err == nil && r.Msg.Rcode == dns.RcodeSuccess {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%v does not answer: %v", server, err)
		}
	}
}

// freePort finds a port below those that the kernel gives to clients: other
// tests ask from such ports at the same time.
func freePort(t testing.TB) int {
	t.Helper()
	for range 50 {
		port := 20000 + rand.IntN(12000)
		conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		l, err := net.Listen("tcp", conn.LocalAddr().String())
		conn.Close()
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// answering starts a name server of the test's own and returns its port.
func answering(t testing.TB, h dns.HandlerFunc) int {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{PacketConn: conn, Handler: h}
	done := make(chan error)
	go func() { done <- s.ActivateAndServe() }()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return conn.LocalAddr().(*net.UDPAddr).Port
}

// refuse refuses every question.
func refuse(w dns.ResponseWriter, q *dns.Msg) {
	w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeRefused))
}

// dawdle answers after 2.5 s.
func dawdle(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg).SetReply(q)
	m.Authoritative = true
	rr, err := dns.NewRR(q.Question[0].Name + " 300 A 192.0.2.7")
	if err != nil {
		return
	}
	if q.Question[0].Qtype == dns.TypeA {
		m.Answer = []dns.RR{rr}
	}
	time.AfterFunc(2500*time.Millisecond, func() { w.WriteMsg(m) })
}
