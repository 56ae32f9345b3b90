package lab_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// walker is a plain iterative resolver without any validation: root hints,
// referrals, glue, aliases.
type walker struct {
	t     *testing.T
	lab   *lab.Lab
	roots []netip.Addr
	hosts map[string][]netip.Addr // addresses of name servers, by name
	asked int
}

func newWalker(t *testing.T, l *lab.Lab) *walker {
	w := &walker{t: t, lab: l, hosts: map[string][]netip.Addr{}}
	zp := dns.NewZoneParser(strings.NewReader(l.RootHints()), ".", "")
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		if a, ok := rr.(*dns.A); ok {
			addr, _ := netip.AddrFromSlice(a.A.To4())
			w.roots = append(w.roots, addr)
		}
	}
	return w
}

// ask asks servers in turn until one says something useful.
func (w *walker) ask(servers []netip.Addr, q dns.Question) *dns.Msg {
	m := &dns.Msg{Question: []dns.Question{q}}
	m.SetEdns0(1232, true)
	var last *dns.Msg
	for _, s := range servers {
		w.asked++
		m.Id = dns.Id()
		c := &dns.Client{Timeout: untiring.Timeout}
		if w.lab.SilentDNS(s, q.Name, q.Qtype) {
			c.Timeout = 100 * time.Millisecond
		}
		in, _, err := c.Exchange(m, netip.AddrPortFrom(s, uint16(w.lab.DNSPort())).String())
		if err == nil && in.Truncated {
			c.Net = "tcp"
			in, _, err = c.Exchange(m, netip.AddrPortFrom(s, uint16(w.lab.DNSPort())).String())
		}
		if err != nil {
			continue
		}
		if last = in; in.Rcode == dns.RcodeSuccess || in.Rcode == dns.RcodeNameError {
			return in
		}
	}
	return last
}

// resolve walks from the root. It returns the rcode (-1: no answer) and the answer
// records along the chain.
func (w *walker) resolve(name string, qtype uint16, depth int) (int, []dns.RR) {
	if depth > 12 {
		return -1, nil
	}
	servers := w.roots
	for range 12 {
		in := w.ask(servers, dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET})
		if in == nil {
			return -1, nil
		}
		next, cut := w.referral(in, depth)
		if !cut {
			return w.follow(in, name, qtype, depth)
		}
		servers = next
	}
	return -1, nil
}

func (w *walker) referral(in *dns.Msg, depth int) (servers []netip.Addr, cut bool) {
	if in.Authoritative || len(in.Answer) > 0 || in.Rcode != dns.RcodeSuccess {
		return nil, false
	}
	for _, rr := range in.Extra {
		if a, ok := rr.(*dns.A); ok {
			addr, _ := netip.AddrFromSlice(a.A.To4())
			w.hosts[a.Hdr.Name] = []netip.Addr{addr}
		}
	}
	for _, rr := range in.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok {
			continue
		}
		cut = true
		if w.hosts[ns.Ns] == nil {
			_, found := w.resolve(ns.Ns, dns.TypeA, depth+1)
			for _, rr := range found {
				if a, ok := rr.(*dns.A); ok {
					addr, _ := netip.AddrFromSlice(a.A.To4())
					w.hosts[ns.Ns] = append(w.hosts[ns.Ns], addr)
				}
			}
		}
		servers = append(servers, w.hosts[ns.Ns]...)
	}
	return servers, cut
}

// follow goes on at the end of an alias chain that left the zone.
func (w *walker) follow(in *dns.Msg, name string, qtype uint16, depth int) (int, []dns.RR) {
	var out []dns.RR
	target := name
	for _, rr := range in.Answer {
		if rr.Header().Rrtype != dns.TypeRRSIG {
			out = append(out, rr)
		}
		if c, ok := rr.(*dns.CNAME); ok && c.Hdr.Name == target {
			target = c.Target
		}
	}
	ended := len(out) > 0 && out[len(out)-1].Header().Rrtype == qtype
	if target == name || ended || in.Rcode != dns.RcodeSuccess || slices.ContainsFunc(in.Ns, isSOA) {
		return in.Rcode, out
	}
	rcode, rest := w.resolve(target, qtype, depth+1)
	return rcode, append(out, rest...)
}

func isSOA(rr dns.RR) bool { return rr.Header().Rrtype == dns.TypeSOA }

func texts(rrs []dns.RR) string {
	var out []string
	for _, rr := range rrs {
		if rr.Header().Rrtype != dns.TypeRRSIG {
			out = append(out, rr.String())
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestWalkFromTheRoot reaches everything by referrals alone, and compares it with
// what the front says.
func TestWalkFromTheRoot(t *testing.T) {
	l := start(t, lab.Config{Domains: 1500, Seed: 3})
	w := newWalker(t, l)
	counts := map[string]int{}
	n := 0
	for c := range l.Truth() {
		if n++; c.Bulk && n%3 != 0 {
			continue
		}
		for _, q := range questionsOf(c) {
			rcode, found := w.resolve(q.Name, q.Qtype, 0)
			in := exchange(t, l.Front(), q, true, true)
			looped := strings.HasPrefix(q.Name, "loop.") // the walk ends with the loop in hand
			switch {
			case in.Rcode == dns.RcodeServerFailure && looped:
				counts["none"]++
			case in.Rcode == dns.RcodeServerFailure && (rcode == -1 || rcode == dns.RcodeServerFailure || rcode == dns.RcodeRefused || rcode == dns.RcodeNotImplemented):
				counts["none"]++
			case in.Rcode != rcode || texts(in.Answer) != texts(found):
				t.Errorf("%s %s: front says %s\n%s\na walk says %s\n%s", q.Name, dns.TypeToString[q.Qtype],
					dns.RcodeToString[in.Rcode], texts(in.Answer), dns.RcodeToString[rcode], texts(found))
			case rcode == dns.RcodeNameError:
				counts["nxdomain"]++
			case len(found) == 0:
				counts["nodata"]++
			default:
				counts["found"]++
			}
		}
	}
	t.Logf("%v with %d queries", counts, w.asked)
	for what, floor := range map[string]int{"none": 12, "nxdomain": 100, "nodata": 100, "found": 500} {
		if counts[what] < floor {
			t.Errorf("%s: %d, at least %d wanted", what, counts[what], floor)
		}
	}
}

// TestOneSeedOneLab: seed and moment decide everything.
func TestOneSeedOneLab(t *testing.T) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	dump := func(seed uint64, now time.Time) string {
		l := start(t, lab.Config{Seed: seed, Now: now, Domains: 400})
		var b strings.Builder
		for _, apex := range l.Zones() {
			if err := l.DumpZone(apex, &b); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.WriteTruth(&b); err != nil {
			t.Fatal(err)
		}
		i := 0
		for c := range l.Truth() {
			if i++; i%5 != 0 {
				continue
			}
			q := questionsOf(c)[0]
			m := exchange(t, l.Front(), q, true, true)
			m.Id = 0
			fmt.Fprintln(&b, m)
		}
		l.Close()
		return b.String()
	}
	one := dump(1, now)
	if dump(1, now) != one {
		t.Error("two labs of one seed differ")
	}
	if dump(2, now) == one || dump(1, now.Add(time.Hour)) == one {
		t.Error("seed or moment do not matter")
	}
}
