//go:build interop

package dnssec_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
)

// upstream is the server that Unbound forwards to: a world, in which the reply to
// one question is another. All TTLs are zero, so that Unbound remembers nothing.
type upstream struct {
	world *dnssectest.World
	mu    sync.Mutex
	given map[dnssec.Question]*dns.Msg
	which dnssec.Question
	reply *dns.Msg
}

// set replaces the reply to a question.
func (u *upstream) set(q dnssec.Question, msg *dns.Msg) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.which, u.reply = q, msg
}

// ask returns the reply to a question, the same for every time it is asked.
func (u *upstream) ask(q dnssec.Question) *dns.Msg {
	u.mu.Lock()
	defer u.mu.Unlock()
	if q == u.which {
		return u.reply.Copy()
	}
	if u.given[q] == nil {
		u.given[q] = full(u.world, dns.Question{Name: q.Name, Qtype: q.Type})
	}
	return u.given[q].Copy()
}

func (u *upstream) ServeDNS(out dns.ResponseWriter, q *dns.Msg) {
	msg := u.ask(dnssec.Question{Name: dns.CanonicalName(q.Question[0].Name), Type: q.Question[0].Qtype})
	rcode := msg.Rcode
	msg.SetReply(q)
	msg.Rcode, msg.RecursionAvailable = rcode, true
	for _, section := range sections(msg) {
		for _, rr := range *section {
			rr.Header().Ttl = 0
		}
	}
	msg.SetEdns0(4096, true)
	out.WriteMsg(msg)
}

// unboundConfig forwards everything and remembers as little as it can.
const unboundConfig = `server:
 interface: %s@5300
 do-daemonize: no
 use-syslog: no
 logfile: ""
 username: ""
 chroot: ""
 directory: %q
 pidfile: ""
 do-not-query-localhost: no
 trust-anchor: "%s"
 val-bogus-ttl: 0
 msg-cache-size: 0
 rrset-cache-size: 0
 key-cache-size: 0
 neg-cache-size: 0
 aggressive-nsec: no
 edns-buffer-size: 4096
 local-zone: "invalid." nodefault
 local-zone: "example." nodefault
 num-threads: 1
remote-control:
 control-enable: no
forward-zone:
 name: "."
 forward-addr: 127.0.0.1@%d
`

// startUnbound runs a forwarding Unbound that trusts the world, and returns its
// address.
func startUnbound(t *testing.T, u *upstream) string {
	t.Helper()
	unbound, dir := tool(t, "unbound"), t.TempDir()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: pc, Handler: u}
	go server.ActivateAndServe()
	t.Cleanup(func() { server.Shutdown() })
	// An address that nobody else has, away from the ports that clients use.
	host := fmt.Sprintf("127.%d.%d.%d", 64+rand.IntN(128), rand.IntN(256), 1+rand.IntN(254))
	config := fmt.Sprintf(unboundConfig, host, dir, u.world.Anchor(), pc.LocalAddr().(*net.UDPAddr).Port)
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.CommandContext(t.Context(), unbound, "-d", "-c", file)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	addr := host + ":5300"
	for range 200 { // until it listens
		if _, err := judge(addr, ask(".", dns.TypeSOA)); err == nil {
			return addr
		}
	}
	t.Fatalf("unbound does not answer: %s", log.String())
	return ""
}

// judge asks Unbound. SERVFAIL is taken as bogus.
func judge(addr string, q dnssec.Question) (dnssec.Status, error) {
	msg := new(dns.Msg).SetQuestion(q.Name, q.Type)
	msg.SetEdns0(4096, true)
	client := dns.Client{Timeout: 10 * time.Second, UDPSize: 4096}
	in, _, err := client.Exchange(msg, addr)
	switch {
	case err != nil:
		time.Sleep(10 * time.Millisecond) // it is starting
		return 0, err
	case in.Rcode == dns.RcodeServerFailure:
		return dnssec.Bogus, nil
	case in.AuthenticatedData:
		return dnssec.Secure, nil
	}
	return dnssec.Insecure, nil
}

// TestInteropUnboundMutants spoils replies at random and has Unbound and this
// package judge them.
func TestInteropUnboundMutants(t *testing.T) {
	w := currentWorld(t)
	u := &upstream{world: w, given: make(map[dnssec.Question]*dns.Msg)}
	addr := startUnbound(t, u)
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DANESCAN_SEED"); s != "" {
		fmt.Sscan(s, &seed)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	rounds, differ, counts := 1500, 0, map[dnssec.Status]int{}
	for range rounds {
		c := cases[random.IntN(len(cases))]
		q := ask(c.name, c.qtype)
		if q.Type == dns.TypeDNSKEY || q.Type == dns.TypeDS || c.links > 0 || c.zone == "manyiterations." {
			// Unbound remembers keys for longer than a reply, asks for the targets of
			// aliases by itself, and tells a broken signature from none where too many
			// iterations make both worthless.
			continue
		}
		msg := full(w, dns.Question{Name: q.Name, Qtype: q.Type})
		what := spoil(w, msg, q, random)
		u.set(q, msg)
		theirs, err := judge(addr, q)
		if err != nil {
			t.Fatal(err)
		}
		v := validator(t, w, dnssec.Config{Now: time.Now})
		src := &source{world: w, record: map[dnssec.Question]*dns.Msg{}}
		ours := v.ValidateMsg(t.Context(), src, q, u.ask(q), nil)
		counts[ours.Status]++
		if max(ours.Status, dnssec.Bogus) != theirs { // it remembers failures for five seconds
			if theirs, err = judge(startUnbound(t, u), q); err != nil {
				t.Fatal(err)
			}
		}
		switch {
		case max(ours.Status, dnssec.Bogus) == theirs:
		case ours.Reason == dnssec.ReasonNoDS && theirs == dnssec.Bogus, c.zone == "optout." && ours.Status == dnssec.Bogus && theirs == dnssec.Insecure:
			// What lies below a proven insecure delegation is insecure here, whoever
			// claims to have signed it. Unbound goes by the first RRSIG of a denial; here
			// all count.
			differ++
			t.Logf("%v %s: %v %q here, %v there", q, what, ours.Status, ours.Reason, theirs)
		default:
			t.Errorf("seed %d: %v %s: %v %q here, %v there\n%v", seed, q, what, ours.Status, ours.Reason, theirs, msg)
		}
	}
	t.Logf("seed %d: %v, %d seen differently on purpose", seed, counts, differ)
	if counts[dnssec.Secure] < 100 || counts[dnssec.Insecure] < 50 || counts[dnssec.Bogus] < 100 || differ > rounds/50 {
		t.Errorf("seed %d: not a mixture that shows anything", seed)
	}
}

// TestInteropUnboundChain spoils the replies that a chain of trust is made of. As
// Unbound remembers for long what it makes of these, each gets an Unbound of its
// own.
func TestInteropUnboundChain(t *testing.T) {
	w := currentWorld(t)
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DANESCAN_SEED"); s != "" {
		fmt.Sscan(s, &seed)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	counts := map[dnssec.Status]int{}
	for range 80 {
		c := cases[random.IntN(len(cases))]
		if c.links > 0 || c.zone == "manyiterations." || c.qtype == dns.TypeDNSKEY || c.qtype == dns.TypeDS {
			continue
		}
		q, u := ask(c.name, c.qtype), &upstream{world: w, given: make(map[dnssec.Question]*dns.Msg)}
		genuine := &source{world: w}
		validator(t, w, dnssec.Config{Now: time.Now}).ValidateMsg(t.Context(), genuine, q, u.ask(q), nil)
		which := genuine.asked[random.IntN(len(genuine.asked))].Question
		msg := u.ask(which)
		what := spoil(w, msg, which, random)
		u.set(which, msg)
		theirs, err := judge(startUnbound(t, u), q)
		if err != nil {
			t.Fatal(err)
		}
		src := &source{world: w, edit: func(asked dnssec.Query, _ *dns.Msg) *dns.Msg { return u.ask(asked.Question) }}
		ours := validator(t, w, dnssec.Config{Now: time.Now}).ValidateMsg(t.Context(), src, q, u.ask(q), nil)
		counts[ours.Status]++
		if max(ours.Status, dnssec.Bogus) != theirs {
			t.Errorf("seed %d: %v, reply to %v %s: %v %q here, %v there\n%v", seed, q, which, what, ours.Status, ours.Reason, theirs, msg)
		}
	}
	t.Logf("seed %d: %v", seed, counts)
	if counts[dnssec.Secure] < 10 || counts[dnssec.Bogus] < 3 {
		t.Errorf("seed %d: not a mixture that shows anything", seed)
	}
}

// spoil changes a reply in one or two ways and says how. It leaves alone what
// Unbound and this package see differently on purpose: records that nothing
// needs, such as the SOA record (Unbound wants them all to verify), and the rcode
// (an NXDOMAIN with a proof of NODATA is NODATA here).
func spoil(w *dnssectest.World, msg *dns.Msg, q dnssec.Question, random *rand.Rand) string {
	what := ""
	for range 1 + random.IntN(2) {
		c := cases[random.IntN(len(cases))]
		other := full(w, dns.Question{Name: c.name, Qtype: c.qtype})
		section := sections(msg)[random.IntN(2)]
		i := -1
		if n := len(*section); n > 0 {
			i = random.IntN(n)
			if sig, ok := (*section)[i].(*dns.RRSIG); ok && sig.TypeCovered == dns.TypeSOA || (*section)[i].Header().Rrtype == dns.TypeSOA {
				i = -1
			}
		}
		switch random.IntN(4) {
		case 0:
			if i >= 0 {
				what += fmt.Sprintf(" without %v,", (*section)[i])
				*section = slices.Delete(slices.Clone(*section), i, i+1)
			}
		case 1:
			if len(msg.Answer) == 0 {
				// It may prove what is asked; then nothing of it may be spoilt.
				msg.Ns = other.Ns
				return what + fmt.Sprintf(" denial of %s", c.name)
			}
		case 2:
			if len(other.Answer) > 0 && other.Answer[0].Header().Rrtype == q.Type {
				what += fmt.Sprintf(" answer of %s renamed,", c.name)
				msg.Answer, msg.Rcode = renamed(other.Answer, q.Name), dns.RcodeSuccess
			}
		case 3:
			if i >= 0 {
				for how, m := range mutants((*section)[i], random) {
					what += fmt.Sprintf(" %s of %v,", how, (*section)[i])
					*section = slices.Clone(*section)
					(*section)[i] = m
					break
				}
			}
		}
	}
	return what
}
