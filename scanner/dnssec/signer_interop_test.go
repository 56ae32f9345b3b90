//go:build interop

package dnssec_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
	"danescan/scanner/nettest"
)

// tool finds a program of another project, or skips.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("DANESCAN_STRICT") == "1" {
			t.Fatal(err)
		}
		t.Skipf("%s is not installed", name)
	}
	return path
}

// currentWorld is the test world, signed for the time of the machine.
func currentWorld(t *testing.T) *dnssectest.World {
	t.Helper()
	w, err := dnssectest.New(time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour), testZones...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestInteropVerifyZone has ldns-verify-zone look at every signed zone.
func TestInteropVerifyZone(t *testing.T) {
	verify, w := tool(t, "ldns-verify-zone"), currentWorld(t)
	for _, z := range testZones {
		if z.Unsigned {
			continue
		}
		t.Run(z.Apex, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "zone")
			if err := os.WriteFile(file, []byte(w.Zone(z.Apex).File()), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), verify, file).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Zone is verified and complete") {
				t.Errorf("%v\n%s\n%s", err, out, w.Zone(z.Apex).File())
			}
		})
	}
}

// serve answers from a world on loopback, as a recursive resolver would.
func serve(t *testing.T, w *dnssectest.World) string {
	t.Helper()
	udp, tcp := nettest.Listen(t, "127.0.0.1")
	handler := dns.HandlerFunc(func(out dns.ResponseWriter, q *dns.Msg) {
		msg := full(w, q.Question[0])
		msg.SetReply(q)
		msg.Rcode = full(w, q.Question[0]).Rcode
		msg.RecursionAvailable = true
		msg.SetEdns0(1232, true)
		if udp, ok := out.RemoteAddr().(*net.UDPAddr); ok && udp != nil {
			msg.Truncate(1232)
		}
		if err := out.WriteMsg(msg); err != nil {
			t.Log(err)
		}
	})
	for _, s := range []*dns.Server{{PacketConn: udp, Handler: handler}, {Listener: tcp, Handler: handler}} {
		go s.ActivateAndServe()
		t.Cleanup(func() { s.Shutdown() })
	}
	return udp.LocalAddr().String()
}

// full is a reply with what other validators want beside the proofs: the SOA of a
// denial, the CNAME that a DNAME makes.
func full(w *dnssectest.World, q dns.Question) *dns.Msg {
	msg, last := w.Ask(q.Name, q.Qtype), dns.CanonicalName(q.Name)
	var answer []dns.RR
	denied := true
	for _, rr := range msg.Answer {
		answer = append(answer, rr)
		switch rr := rr.(type) {
		case *dns.CNAME:
			last = rr.Target
		case *dns.DNAME:
			target := strings.TrimSuffix(last, rr.Hdr.Name) + rr.Target
			answer = append(answer, &dns.CNAME{Hdr: dns.RR_Header{Name: last, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: rr.Hdr.Ttl}, Target: target})
			last = target
		}
		denied = denied && rr.Header().Rrtype != q.Qtype
	}
	msg.Answer = answer
	if z := w.Holding(last); denied && z != nil {
		if q.Qtype == dns.TypeDS && z.Apex == last && last != "." {
			z = w.Holding(dnssec.Parent(last))
		}
		msg.Ns = append(msg.Ns, z.WithSignature(z.Apex, dns.TypeSOA)...)
	}
	return msg
}

// TestInteropDelv has BIND's validator judge the same replies as ours.
func TestInteropDelv(t *testing.T) {
	delv, w := tool(t, "delv"), currentWorld(t)
	host, port, err := net.SplitHostPort(serve(t, w))
	if err != nil {
		t.Fatal(err)
	}
	ds := w.Anchor()
	anchors := filepath.Join(t.TempDir(), "anchors")
	text := fmt.Sprintf("trust-anchors { \".\" static-ds %d %d %d \"%s\"; };\n", ds.KeyTag, ds.Algorithm, ds.DigestType, ds.Digest)
	if err := os.WriteFile(anchors, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range cases {
		q := dns.TypeToString[c.qtype]
		out, err := exec.CommandContext(t.Context(), delv, "@"+host, "-p", port, "-a", anchors, "+root=.", "-t", q, c.name).CombinedOutput()
		got := string(out)
		// There is a verdict for each RRset; the last is of the end of the chain.
		secure, insecure := strings.LastIndex(got, "fully validated"), strings.LastIndex(got, "unsigned answer")
		r := validator(t, w, dnssec.Config{Now: time.Now}).ValidateMsg(t.Context(), &source{world: w}, ask(c.name, c.qtype), full(w, dns.Question{Name: c.name, Qtype: c.qtype}), nil)
		if r.Status != c.status || r.Reason != c.reason {
			t.Errorf("%s %s: %v %q here, with the SOA", c.name, q, r.Status, r.Reason)
		}
		switch {
		case divergesFromDelv[c.name+" "+q] != "":
			t.Logf("%s %s is not compared: %s", c.name, q, divergesFromDelv[c.name+" "+q])
			continue
		case c.status == dnssec.Secure && secure <= insecure, c.status == dnssec.Insecure && insecure <= secure:
			t.Errorf("%s %s: %v here, delv says (%v):\n%s", c.name, q, c.status, err, got)
		}
		compared++
	}
	if compared < 40 {
		t.Errorf("only %d compared", compared)
	}
}

// divergesFromDelv lists the questions that delv sees in another way, and why.
var divergesFromDelv = map[string]string{
	"unsigned.optout. DS": optOutIsSecure,
	"nosuch.optout. A":    optOutIsSecure,
}

const optOutIsSecure = "BIND calls a denial by an opt-out span validated; RFC 5155, Section 9.2, forbids AD on it"
