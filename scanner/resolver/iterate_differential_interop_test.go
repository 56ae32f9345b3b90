//go:build interop

package resolver

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
	"danescan/scanner/dnssec/dnssectest"
	"danescan/scanner/exchange"
)

// The differential test asks the same questions of random signed zones, good and
// broken, of our iterate and forward modes, of Unbound and of delv. NSD serves the
// zones, on port 53 of a network namespace of its own.

// Environment of the test in its namespace, and of a run to be repeated.
const (
	diffInside = "DANESCAN_DIFFERENTIAL_INSIDE"
	diffSeed   = "DANESCAN_SEED"
)

// diffZones is how many zones are made below the TLDs.
const diffZones = 560

// Servers of the namespace.
const (
	diffRoot, diffTLDs      = "127.0.1.1", "127.0.1.2"
	diffLeafA, diffLeafB    = "127.0.1.3", "127.0.1.4"
	diffUnbound, diffNoVali = "127.0.1.53", "127.0.1.54"
)

// diffTLD is a TLD: how it denies, and what its name says of zones below.
type diffTLD struct {
	zone   dnssectest.Zone
	signed bool
}

var diffParents = []diffTLD{
	{dnssectest.Zone{Apex: "nsec."}, true},
	{dnssectest.Zone{Apex: "nsec3.", NSEC3: &dnssectest.NSEC3{Salt: "abcd", Iterations: 1}}, true},
	{dnssectest.Zone{Apex: "optout.", NSEC3: &dnssectest.NSEC3{OptOut: true}}, true},
	{dnssectest.Zone{Apex: "island.", Unsigned: true}, false},
}

// diffKind is a way in which a zone is good or broken. Its truth is literal: the
// status of positive and of negative or wildcard answers below a signed TLD.
type diffKind struct {
	name               string
	weight             int
	positive, negative dnssec.Status
	zone               dnssectest.Zone
	ds                 string                   // instead of the zone's own; "-": none
	spoil              func(line string) string // of the signed zone; "": drop the line
}

var dropDNSKEYSig = func(line string) string {
	if strings.Contains(line, "RRSIG\tDNSKEY ") {
		return ""
	}
	return line
}

var dropNSEC = func(line string) string {
	if strings.Contains(line, "\tNSEC\t") || strings.Contains(line, "RRSIG\tNSEC ") {
		return ""
	}
	return line
}

var tamper = func(line string) string {
	if strings.Contains(line, "\tA\t") {
		return strings.Replace(line, "192.0.2.", "192.0.3.", 1)
	}
	return line
}

const (
	noDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

	privateDS = "12345 253 2 " + noDigest
)

var diffKinds = []diffKind{
	{"nsec", 10, dnssec.Secure, dnssec.Secure, dnssectest.Zone{}, "", nil},
	{"single key", 4, dnssec.Secure, dnssec.Secure, dnssectest.Zone{SingleKey: true}, "", nil},
	{"ed25519", 4, dnssec.Secure, dnssec.Secure, dnssectest.Zone{Algorithm: dns.ED25519}, "", nil},
	{"p384", 2, dnssec.Secure, dnssec.Secure, dnssectest.Zone{Algorithm: dns.ECDSAP384SHA384, Digest: dns.SHA384}, "", nil},
	{"rsa", 2, dnssec.Secure, dnssec.Secure, dnssectest.Zone{Algorithm: dns.RSASHA256}, "", nil},
	{"nsec3", 8, dnssec.Secure, dnssec.Secure, dnssectest.Zone{NSEC3: &dnssectest.NSEC3{Salt: "01", Iterations: 5}}, "", nil},
	{"iterations", 4, dnssec.Secure, dnssec.Insecure, dnssectest.Zone{NSEC3: &dnssectest.NSEC3{Iterations: 160}}, "", nil},
	{"unsigned", 8, dnssec.Insecure, dnssec.Insecure, dnssectest.Zone{Unsigned: true}, "", nil},
	{"signed without DS", 4, dnssec.Insecure, dnssec.Insecure, dnssectest.Zone{NoDS: true}, "", nil},
	{"unknown algorithm", 4, dnssec.Insecure, dnssec.Insecure, dnssectest.Zone{NoDS: true}, privateDS, nil},
	{"unknown digest", 3, dnssec.Insecure, dnssec.Insecure, dnssectest.Zone{NoDS: true}, "12345 13 200 " + noDigest, nil},
	{"wrong DS", 5, dnssec.Bogus, dnssec.Bogus, dnssectest.Zone{NoDS: true}, "12345 13 2 " + noDigest, nil},
	{"stripped", 5, dnssec.Bogus, dnssec.Bogus, dnssectest.Zone{Unsigned: true}, "12345 13 2 " + noDigest, nil},
	{"expired", 6, dnssec.Bogus, dnssec.Bogus, dnssectest.Zone{}, "own", nil},
	{"DNSKEY unsigned", 4, dnssec.Bogus, dnssec.Bogus, dnssectest.Zone{}, "", dropDNSKEYSig},
	{"no denial", 6, dnssec.Secure, dnssec.Bogus, dnssectest.Zone{}, "", dropNSEC},
	{"tampered", 6, dnssec.Bogus, dnssec.Secure, dnssectest.Zone{}, "", tamper},
}

// diffData is what each leaf zone holds.
const diffData = `
host A 192.0.2.1
alias CNAME host
*.wild A 192.0.2.2
_25._tcp.host TLSA 3 1 1 ` + noDigest + "\n"

// diffQuestion is a question and whether its answer needs a denial.
type diffQuestion struct {
	label  string
	qtype  uint16
	denial bool
}

var diffQuestions = []diffQuestion{
	{"host", dns.TypeA, false}, {"alias", dns.TypeA, false}, {"host", dns.TypeTXT, true},
	{"nothing", dns.TypeA, true}, {"nothing.at.all", dns.TypeTLSA, true}, {"_tcp.host", dns.TypeTLSA, true},
	{"x.wild", dns.TypeA, true},
}

// diffCase is one zone and the question put to it.
type diffCase struct {
	apex string
	kind diffKind
	q    diffQuestion
	want dnssec.Status
}

// diffExplained lists cases on which one of those asked disagrees, with the
// reason: by who it is, the kind, and whether the answer needs a denial.
var diffExplained = map[string]string{}

func TestInteropDifferential(t *testing.T) {
	tools(t, "nsd", "unbound", "delv", "unshare", "ip")
	if os.Getenv(diffInside) == "" {
		if out, err := exec.Command("unshare", "-n", "true").CombinedOutput(); err != nil {
			if os.Getenv("DANESCAN_STRICT") == "1" {
				t.Fatalf("no network namespace: %s", out)
			}
			t.Skipf("no network namespace: %s", out)
		}
		cmd := exec.Command("unshare", "-n", "sh", "-c", `ip link set lo up && exec "$0" "$@"`,
			os.Args[0], "-test.run=^TestInteropDifferential$", "-test.v")
		cmd.Env = append(os.Environ(), diffInside+"=1")
		out, err := cmd.CombinedOutput()
		t.Logf("%s", out)
		if err != nil {
			t.Fatalf("in its namespace: %v", err)
		}
		return
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv(diffSeed); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %d (%s=%d repeats it)", seed, diffSeed, seed)
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	d := &diffNet{realNet: &realNet{dir: t.TempDir()}, rnd: rand.New(rand.NewChaCha8(key))}
	d.build(t)
	d.serve(t)
	d.compare(t)
}

// diffNet is the tree and its servers.
type diffNet struct {
	*realNet
	rnd   *rand.Rand
	cases []diffCase
	files map[string]string // zone file by apex
	tlds  map[string]bool
	world *dnssectest.World
}

// pick draws a kind by weight.
func (d *diffNet) pick() diffKind {
	total := 0
	for _, k := range diffKinds {
		total += k.weight
	}
	n := d.rnd.IntN(total)
	for _, k := range diffKinds {
		if n -= k.weight; n < 0 {
			return k
		}
	}
	return diffKinds[0]
}

// build makes the zones and writes their files.
func (d *diffNet) build(t *testing.T) {
	now := time.Now()
	from, to := now.Add(-time.Hour), now.Add(24*time.Hour)
	d.files, d.tlds = map[string]string{}, map[string]bool{}
	extra := map[string]string{} // records of each TLD beside its delegations
	zones := []dnssectest.Zone{}
	for i := range diffZones {
		tld, kind := diffParents[d.rnd.IntN(len(diffParents))], d.pick()
		label := fmt.Sprintf("z%d", i)
		c := diffCase{apex: label + "." + tld.zone.Apex, kind: kind, q: diffQuestions[d.rnd.IntN(len(diffQuestions))]}
		c.want = kind.positive
		if c.q.denial {
			c.want = kind.negative
		}
		if kind.name == "tampered" && c.q.label == "x.wild" {
			c.want = dnssec.Bogus // its address is tampered with, too
		}
		if !tld.signed {
			c.want = dnssec.Insecure
		}
		d.cases = append(d.cases, c)
		extra[tld.zone.Apex] += fmt.Sprintf("%[1]s NS ns1.%[1]s\n%[1]s NS ns2.%[1]s\nns1.%[1]s A %s\nns2.%[1]s A %s\n", label, diffLeafA, diffLeafB)
		z := kind.zone
		z.Apex, z.Data = c.apex, diffData+fmt.Sprintf("@ NS ns1\n@ NS ns2\nns1 A %s\nns2 A %s\n", diffLeafA, diffLeafB)
		switch kind.ds {
		case "":
		case "own": // a tree of its own, long ago
			old, err := dnssectest.New(now.Add(-1000*time.Hour), now.Add(-500*time.Hour), z)
			if err != nil {
				t.Fatal(err)
			}
			d.files[c.apex] = old.Zone(c.apex).File()
			if tld.signed {
				extra[tld.zone.Apex] += old.Anchor().String() + "\n"
			}
			continue
		default:
			if tld.signed {
				extra[tld.zone.Apex] += label + " DS " + kind.ds + "\n"
			}
		}
		zones = append(zones, z)
	}
	zones = append(zones, d.topZones(extra)...)
	w, err := dnssectest.New(from, to, zones...)
	if err != nil {
		t.Fatal(err)
	}
	d.world = w
	for _, z := range zones {
		d.files[z.Apex] = w.Zone(z.Apex).File()
	}
	for _, c := range d.cases {
		if c.kind.spoil != nil {
			d.files[c.apex] = spoilLines(d.files[c.apex], c.kind.spoil)
		}
	}
}

func (d *diffNet) topZones(extra map[string]string) []dnssectest.Zone {
	root := dnssectest.Zone{Apex: ".", Data: "@ NS ns.root\nns.root A " + diffRoot + "\n"}
	var zones []dnssectest.Zone
	for _, tld := range diffParents {
		z := tld.zone
		name := strings.TrimSuffix(z.Apex, ".")
		root.Data += fmt.Sprintf("%s NS ns.%[1]s\nns.%[1]s A %[2]s\n", name, diffTLDs)
		z.Data = "@ NS ns\nns A " + diffTLDs + "\n" + extra[z.Apex]
		zones = append(zones, z)
		d.tlds[z.Apex] = true
	}
	return append(zones, root)
}

func spoilLines(text string, spoil func(string) string) string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if line = spoil(line); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n") + "\n"
}

// serve starts three NSD and two Unbound.
func (d *diffNet) serve(t *testing.T) {
	var root, tlds, leaves []string
	for _, apex := range slices.Sorted(maps.Keys(d.files)) {
		switch {
		case apex == ".":
			root = append(root, apex)
		case d.tlds[apex]:
			tlds = append(tlds, apex)
		default:
			leaves = append(leaves, apex)
		}
	}
	d.startZones(t, "root", root, diffRoot)
	d.startZones(t, "tlds", tlds, diffTLDs)
	d.startZones(t, "leaves", leaves, diffLeafA, diffLeafB)
	d.file(t, "root.hints", ". 3600 NS ns.root.\nns.root. 3600 A "+diffRoot+"\n")
	ds := d.world.Anchor()
	d.file(t, "root.key", ds.String()+"\n")
	d.file(t, "delv.key", fmt.Sprintf("trust-anchors { . static-ds %d %d %d \"%s\"; };\n", ds.KeyTag, ds.Algorithm, ds.DigestType, ds.Digest))
	d.startResolver(t, diffUnbound, "validator iterator")
	d.startResolver(t, diffNoVali, "iterator")
}

func (d *diffNet) startZones(t *testing.T, name string, apexes []string, addrs ...string) {
	conf := "server:\n"
	for _, a := range addrs {
		conf += " ip-address: " + a + "\n"
	}
	conf += fmt.Sprintf(` username: ""
 database: ""
 zonesdir: "%[1]s"
 zonelistfile: "%[1]s/%[2]s.list"
 xfrdfile: "%[1]s/%[2]s.xfrd"
 pidfile: "%[1]s/%[2]s.pid"
 xfrdir: "%[1]s"
 server-count: 1
 rrl-ratelimit: 0
remote-control:
 control-enable: no
`, d.dir, name)
	for _, apex := range apexes {
		conf += fmt.Sprintf("zone:\n name: \"%s\"\n zonefile: \"%s\"\n", apex, d.file(t, "zone-"+apex, d.files[apex]))
	}
	d.file(t, name+".conf", conf)
	d.start(t, "nsd", "-d", "-c", filepath.Join(d.dir, name+".conf"))
	for _, a := range addrs {
		d.ready(t, a, apexes[0])
	}
}

// ready waits until a server answers for a zone.
func (d *diffNet) ready(t *testing.T, addr, apex string) {
	client := exchange.New(exchange.Config{Timeout: 200 * time.Millisecond, Retries: 50})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		server := netip.AddrPortFrom(netip.MustParseAddr(addr), 53)
		r, err := client.Exchange(ctx, server, dnssec.Question{Name: apex, Type: dns.TypeSOA}, exchange.Options{RD: true})
		if err == nil && len(r.Msg.Answer) > 0 {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%s does not serve %s: %v", addr, apex, err)
		}
	}
}

func (d *diffNet) startResolver(t *testing.T, addr, modules string) {
	anchor := ""
	if strings.Contains(modules, "validator") {
		anchor = fmt.Sprintf(" trust-anchor-file: \"%s/root.key\"\n", d.dir)
	}
	d.file(t, addr+".conf", fmt.Sprintf(`server:
 interface: %s
 do-daemonize: no
 use-syslog: no
 logfile: ""
 chroot: ""
 username: ""
 directory: "%[2]s"
 pidfile: ""
 do-not-query-localhost: no
 do-ip6: no
 trust-anchor-signaling: no
 discard-timeout: 0
 wait-limit: 0
 module-config: "%[3]s"
 root-hints: "%[2]s/root.hints"
%[4]sremote-control:
 control-enable: no
`, addr, d.dir, modules, anchor))
	d.start(t, "unbound", "-d", "-c", filepath.Join(d.dir, addr+".conf"))
	d.ready(t, addr, ".")
}

// compare asks everybody and reports who disagrees.
func (d *diffNet) compare(t *testing.T) {
	client := exchange.New(exchange.Config{Timeout: 3 * time.Second, Retries: 2})
	defer client.Close()
	anchors := []dnssec.Anchor{{Name: ".", DS: d.world.Anchor()}}
	modes := map[string]Resolver{"iterate": d.iterate(t, client, anchors), "forward": d.forwarder(t, client, anchors)}
	counts, disagreements := map[dnssec.Status]int{}, 0
	byDelv := d.askDelv(t)
	for i, c := range d.cases {
		name := c.q.label + "." + c.apex
		got := map[string]string{}
		for mode, r := range modes {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			a := r.Lookup(ctx, name, c.q.qtype)
			cancel()
			got[mode] = a.Status.String()
			if a.Status == dnssec.Indeterminate {
				got[mode] += " " + string(a.Reason)
			}
		}
		got["unbound"] = askUnbound(t, client, name, c.q.qtype)
		got["delv"] = byDelv[i]
		counts[c.want]++
		for _, who := range slices.Sorted(maps.Keys(got)) {
			if got[who] == c.want.String() {
				continue
			}
			if reason := diffExplained[fmt.Sprintf("%s/%s/%v", who, c.kind.name, c.q.denial)]; reason != "" {
				t.Logf("%s %s (%s): %s says %s, %s", name, dns.TypeToString[c.q.qtype], c.kind.name, who, got[who], reason)
				continue
			}
			disagreements++
			t.Errorf("%s %s (%s): %s says %s, want %v", name, dns.TypeToString[c.q.qtype], c.kind.name, who, got[who], c.want)
		}
	}
	t.Logf("%d zones: secure %d, insecure %d, bogus %d; %d disagreements", len(d.cases),
		counts[dnssec.Secure], counts[dnssec.Insecure], counts[dnssec.Bogus], disagreements)
	for _, s := range []dnssec.Status{dnssec.Secure, dnssec.Insecure, dnssec.Bogus} {
		if counts[s] < 80 {
			t.Errorf("only %d cases are %v", counts[s], s)
		}
	}
}

func (d *diffNet) iterate(t *testing.T, client exchange.Exchanger, anchors []dnssec.Anchor) Resolver {
	v, err := dnssec.New(dnssec.Config{Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	root := Zone{Name: ".", Servers: []NameServer{{Addrs: []netip.Addr{netip.MustParseAddr(diffRoot)}}}}
	it, err := NewIterate(IterateConfig{Exchanger: client, Validator: v, Zones: []Zone{root}, IPv4Only: true, AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func (d *diffNet) forwarder(t *testing.T, client exchange.Exchanger, anchors []dnssec.Anchor) Resolver {
	v, err := dnssec.New(dnssec.Config{Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	upstream := netip.AddrPortFrom(netip.MustParseAddr(diffUnbound), 53)
	f, err := NewForward(ForwardConfig{Exchanger: client, Servers: []netip.AddrPort{upstream}, Validator: v})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// askUnbound tells the status from rcode and AD.
func askUnbound(t *testing.T, client exchange.Exchanger, name string, qtype uint16) string {
	server := netip.AddrPortFrom(netip.MustParseAddr(diffUnbound), 53)
	r, err := client.Exchange(context.Background(), server, dnssec.Question{Name: name, Type: qtype}, exchange.Options{RD: true, DO: true})
	switch {
	case err != nil:
		t.Errorf("unbound: %s: %v", name, err)
		return "no reply"
	case r.Msg.Rcode == dns.RcodeServerFailure:
		return dnssec.Bogus.String()
	case r.Msg.AuthenticatedData:
		return dnssec.Secure.String()
	}
	return dnssec.Insecure.String()
}

// askDelv runs delv for each case, a few at a time.
func (d *diffNet) askDelv(t *testing.T) []string {
	out := make([]string, len(d.cases))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(d.cases)); i = next.Add(1) - 1 {
				c := d.cases[i]
				out[i] = d.delv(t, c.q.label+"."+c.apex, c.q.qtype)
			}
		})
	}
	wg.Wait()
	return out
}

// delv runs BIND's validator over what the Unbound says that does not validate.
func (d *diffNet) delv(t *testing.T, name string, qtype uint16) string {
	cmd := exec.Command("delv", "@"+diffNoVali, "-a", filepath.Join(d.dir, "delv.key"), "-4", name, dns.TypeToString[qtype])
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		return err.Error()
	}
	switch text := out.String(); {
	case strings.Contains(text, "resolution failed") && !strings.Contains(text, "negative response"):
		return dnssec.Bogus.String()
	case strings.Contains(text, "unsigned answer"):
		return dnssec.Insecure.String()
	case strings.Contains(text, "fully validated"):
		return dnssec.Secure.String()
	default:
		return "unclear: " + text
	}
}
