//go:build interop

package scanner

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"danescan/datasets/run"
	"danescan/scanner/smtp"
)

// insideVariable tells the test that it runs in the namespace that it made.
const insideVariable = "DANESCAN_INSIDE_NAMESPACE"

// TestInteropPostfix scans a small signed Internet made of NSD, Unbound and
// Postfix, and holds the verdicts against what posttls-finger, Postfix's own view
// of a destination, says of the same domains.
func TestInteropPostfix(t *testing.T) {
	if os.Getenv(insideVariable) == "" {
		enterNamespace(t)
		return
	}
	zones := []interopZone{brokenZone}
	for _, c := range postfixCases {
		zones = append(zones, interopZone{domain: c.domain, text: c.zone, unsigned: c.unsigned})
	}
	w := buildPostfixWorld(t, zones)
	domains := w.scan(t)
	table := new(bytes.Buffer)
	tw := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "domain\titerate\tforward to Unbound\tbelieve Unbound\tposttls-finger\t")
	for _, c := range postfixCases {
		finger := w.finger(t, c.domain)
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t\n", c.domain,
			domains["iterate"][c.domain], domains["forward"][c.domain], domains["trust-ad"][c.domain], finger)
		for mode, verdicts := range domains {
			if got := verdicts[c.domain]; got != c.verdict {
				t.Errorf("%s (%s): verdict %s, want %s", c.domain, mode, got, c.verdict)
			}
		}
		if finger != c.finger {
			t.Errorf("%s: posttls-finger says %s, want %s", c.domain, finger, c.finger)
		}
	}
	tw.Flush()
	t.Logf("danescan beside posttls-finger:\n%s", table)
}

// postfixCases is the truth: the verdict, and what posttls-finger at level dane
// says of the first host that it comes to.
//
// Untrusted is a connection that is encrypted and no more: where DANE does not
// apply mail goes over it, where it does mail is deferred. Trusted is a match by
// TLSA records behind an MX record that is not proven (RFC 7672, Section 2.2.1).
var postfixCases = []struct {
	domain, verdict, finger string
	zone                    string // $NAME.SELECTOR: digest of a certificate or key
	unsigned                bool
}{
	{"ee-key.test.", "dane-verified", "Verified", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $first.1", false},
	{"ee-cert.test.", "dane-verified", "Verified", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 0 1 $first.0", false},
	{"ta-key.test.", "dane-verified", "Verified", "@ MX 10 mx.ta-key.test.\nmx A 127.0.2.2\n_25._tcp.mx TLSA 2 1 1 $ca.1", false},
	{"ta-name.test.", "dane-failed", "Untrusted", "@ MX 10 mx\nmx A 127.0.2.2\n_25._tcp.mx TLSA 2 1 1 $ca.1", false},
	{"ta-expired.test.", "dane-failed", "Untrusted", "@ MX 10 mx\nmx A 127.0.2.3\n_25._tcp.mx TLSA 2 1 1 $ca.1", false},
	{"ee-expired.test.", "dane-verified", "Verified", "@ MX 10 mx\nmx A 127.0.2.3\n_25._tcp.mx TLSA 3 1 1 $expired.1", false},
	{"mismatch.test.", "dane-failed", "Untrusted", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $ca.1", false},
	{"no-tlsa.test.", "not-dane", "Untrusted", "@ MX 10 mx\nmx A 127.0.2.1", false},
	{"unsigned.test.", "not-dane", "Untrusted", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $first.1", true},
	{"half.test.", "half-dane", "Trusted", "@ MX 10 mx.ee-key.test.", true},
	{"pkix.test.", "dane-unusable", "Untrusted", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx TLSA 1 1 1 $first.1", false},
	{"plain.test.", "dane-failed", "no TLS", "@ MX 10 mx\nmx A 127.0.2.4\n_25._tcp.mx TLSA 3 1 1 $first.1", false},
	{"implicit.test.", "dane-verified", "Verified", "@ A 127.0.2.1\n_25._tcp TLSA 3 1 1 $first.1", false},
	{"alias.test.", "dane-verified", "Verified", "@ MX 10 mx\nmx CNAME mx.ee-key.test.", false},
	{"tlsa-alias.test.", "dane-verified", "Verified", "@ MX 10 mx\nmx A 127.0.2.1\n_25._tcp.mx CNAME _25._tcp.mx.ee-key.test.", false},
	{"null.test.", "no-mail", "no mail", "@ MX 0 .", false},
	{"broken-tlsa.test.", "dane-undecided", "deferred", "@ MX 10 mx.broken.test.", false},
}

// enterNamespace runs this test again where it may bind port 25 and 53, with its
// own resolv.conf.
func enterNamespace(t *testing.T) {
	for _, tool := range []string{"unshare", "ip", "mount", "nsd", "unbound", "postfix", "posttls-finger", "ldns-keygen", "ldns-signzone"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing(t, "%s is not installed", tool)
		}
	}
	cmd := exec.Command("unshare", "-m", "-n", os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil && !bytes.Contains(out, []byte(t.Name())) {
		missing(t, "no namespace: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
}

// missing skips the test, or fails it where nothing may be missing.
func missing(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("DANESCAN_STRICT") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// interopZone is a zone in the text of a zone file, relative to its apex, with
// digest marks: $NAME.SELECTOR.
type interopZone struct {
	domain, text string
	unsigned     bool
	spoil        [2]string // changed after signing: from, to
}

// brokenZone holds a host whose TLSA records do not validate.
var brokenZone = interopZone{
	domain: "broken.test.", text: "mx A 127.0.2.1\n_25._tcp.mx TLSA 3 1 1 $first.1",
	spoil: [2]string{"$first.1", strings.Repeat("ab", 32)},
}

// postfixWorld is the servers and what they were made with.
type postfixWorld struct {
	dir     string
	digests map[string][2]string // certificate and key, by name
	anchor  string
	hints   string

	handedIn time.Time // when the last message to be sent was
}

const authority, recursor = "127.0.1.1", "127.0.0.1"

func buildPostfixWorld(t *testing.T, zones []interopZone) *postfixWorld {
	dir, err := os.MkdirTemp("/tmp", "danescan-interop-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	os.Chmod(dir, 0o755)
	w := &postfixWorld{dir: dir, digests: map[string][2]string{}}
	sh(t, "", "ip", "link", "set", "lo", "up")
	w.write(t, "resolv.conf", "nameserver "+recursor+"\noptions trust-ad edns0\n")
	sh(t, "", "mount", "--bind", filepath.Join(dir, "resolv.conf"), "/etc/resolv.conf")
	w.certificates(t)
	w.zones(t, zones)
	w.servers(t)
	return w
}

func (w *postfixWorld) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// sh runs a command to its end.
func sh(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// certificates makes an authority and four servers' chains: one for no name in
// particular, one for mx.ta-key.test, one that is expired, one that names domains
// and not their MX host.
func (w *postfixWorld) certificates(t *testing.T) {
	now := time.Now()
	caKey, ca := w.certificate(t, "ca", &x509.Certificate{
		Subject: pkix.Name{CommonName: "Interop CA"}, NotBefore: now.AddDate(-2, 0, 0), NotAfter: now.AddDate(2, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	leaf := func(name string, from, to time.Time, names ...string) {
		w.certificate(t, name, &x509.Certificate{
			Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, NotBefore: from, NotAfter: to,
		}, ca, caKey)
	}
	leaf("first", now.AddDate(0, -1, 0), now.AddDate(0, 1, 0), "somewhere.test")
	leaf("named", now.AddDate(0, -1, 0), now.AddDate(0, 1, 0), "mx.ta-key.test")
	leaf("expired", now.AddDate(-1, 0, 0), now.AddDate(0, -1, 0), "mx.ta-expired.test")
	leaf("nexthop", now.AddDate(0, -1, 0), now.AddDate(0, 1, 0), "nexthop.test", "half-nexthop.test", "link.implicit-target.test", "*.wild.test")
}

// certificate signs a certificate and writes key and chain as Postfix wants them.
func (w *postfixWorld) certificate(t *testing.T, name string, c, parent *x509.Certificate, by *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(int64(len(w.digests) + 1))
	if parent == nil {
		parent, by = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, by)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	w.digests[name] = [2]string{
		fmt.Sprintf("%x", sha256.Sum256(der)), fmt.Sprintf("%x", sha256.Sum256(made.RawSubjectPublicKeyInfo)),
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	if parent != c {
		text += string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: parent.Raw}))
	}
	os.Chmod(w.write(t, name+".pem", text), 0o600)
	return key, made
}

var digestMark = regexp.MustCompile(`\$(\w+)\.([01])`)

// fill replaces digest marks.
func (w *postfixWorld) fill(text string) string {
	return digestMark.ReplaceAllStringFunc(text, func(mark string) string {
		m := digestMark.FindStringSubmatch(mark)
		return w.digests[m[1]][m[2][0]-'0']
	})
}

// zones writes and signs all zones, children before parents.
func (w *postfixWorld) zones(t *testing.T, zones []interopZone) {
	var delegations strings.Builder
	for _, z := range zones {
		delegations.WriteString(w.zone(t, z.domain, w.fill(z.text), !z.unsigned))
		if z.spoil[0] != "" {
			w.spoil(t, z.domain, w.fill(z.spoil[0]), z.spoil[1])
		}
	}
	test := w.zone(t, "test.", delegations.String(), true)
	w.zone(t, ".", test, true)
	w.hints = w.write(t, "hints", fmt.Sprintf(". 3600 IN NS ns.root.\nns.root. 3600 IN A %s\n", authority))
}

// zone writes one zone, signs it, and returns its delegation for the parent.
func (w *postfixWorld) zone(t *testing.T, apex, text string, signed bool) string {
	t.Helper()
	name := strings.TrimSuffix("zone."+apex, ".")
	server := "ns.root."
	full := fmt.Sprintf("$ORIGIN %s\n$TTL 300\n@ SOA %s hostmaster.root. 1 7200 3600 1209600 300\n@ NS %s\n%s\n", apex, server, server, text)
	if apex == "." {
		full += fmt.Sprintf("ns.root. A %s\n", authority)
	}
	w.write(t, name, full)
	delegation := fmt.Sprintf("%s 300 IN NS %s\n", apex, server)
	if !signed {
		return delegation
	}
	key := strings.TrimSpace(sh(t, w.dir, "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", apex))
	sh(t, w.dir, "ldns-signzone", name, key)
	ds, err := os.ReadFile(filepath.Join(w.dir, key+".ds"))
	if err != nil {
		t.Fatal(err)
	}
	if apex == "." {
		w.anchor = w.write(t, "anchor", string(ds))
	}
	return delegation + string(ds)
}

// spoil changes signed data, in whatever case it is written, so that its signature
// no longer holds. Only there: signatures are in base 64, where case counts.
func (w *postfixWorld) spoil(t *testing.T, apex, from, to string) {
	t.Helper()
	path := filepath.Join(w.dir, strings.TrimSuffix("zone."+apex, ".")+".signed")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(strings.ToLower(string(data)), strings.ToLower(from))
	if at < 0 {
		t.Fatalf("%s holds no %q to spoil", apex, from)
	}
	w.write(t, filepath.Base(path), string(data[:at])+to+string(data[at+len(from):]))
}

// servers starts NSD, Unbound and Postfix.
func (w *postfixWorld) servers(t *testing.T) {
	w.nsd(t)
	w.unbound(t)
	w.postfix(t)
}

func (w *postfixWorld) nsd(t *testing.T) {
	conf := fmt.Sprintf("server:\n ip-address: %s\n username: \"\"\n chroot: \"\"\n zonesdir: \"%s\"\n pidfile: \"%s/nsd.pid\"\n database: \"\"\n xfrdfile: \"%s/xfrd\"\n xfrdir: \"%s\"\n zonelistfile: \"%s/zl\"\nremote-control:\n control-enable: no\n",
		authority, w.dir, w.dir, w.dir, w.dir, w.dir)
	names, err := filepath.Glob(filepath.Join(w.dir, "zone*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range names {
		name := filepath.Base(path)
		if strings.HasSuffix(name, ".signed") {
			continue
		}
		apex := strings.TrimPrefix(strings.TrimPrefix(name, "zone"), ".") + "."
		if _, err := os.Stat(path + ".signed"); err == nil {
			name += ".signed"
		}
		conf += fmt.Sprintf("zone:\n name: \"%s\"\n zonefile: \"%s\"\n", apex, name)
	}
	w.daemon(t, "nsd started", "nsd", "-d", "-c", w.write(t, "nsd.conf", conf))
}

func (w *postfixWorld) unbound(t *testing.T) {
	conf := fmt.Sprintf("server:\n interface: %s\n username: \"\"\n chroot: \"\"\n directory: \"%s\"\n pidfile: \"%s/unbound.pid\"\n use-syslog: no\n do-daemonize: no\n do-not-query-localhost: no\n root-hints: \"%s\"\n trust-anchor-file: \"%s\"\n module-config: \"validator iterator\"\n local-zone: \"test.\" nodefault\n ede: yes\n val-log-level: 1\nremote-control:\n control-enable: no\n",
		recursor, w.dir, w.dir, w.hints, w.anchor)
	w.daemon(t, "start of service", "unbound", "-d", "-p", "-c", w.write(t, "unbound.conf", conf))
}

// daemon starts a server that ends with the test, and waits for the line of its
// log that says that it serves.
func (w *postfixWorld) daemon(t *testing.T, ready, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	serves, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		seen := false
		for lines := bufio.NewScanner(logs); lines.Scan(); {
			fmt.Fprintln(&log, lines.Text())
			if !seen && strings.Contains(lines.Text(), ready) {
				seen = true
				close(serves)
			}
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", name, log.String())
		}
	})
	select {
	case <-serves:
	case <-ended:
		t.Fatalf("%s ended at once:\n%s", name, log.String())
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not serve", name)
	}
}

// postfix starts one instance whose smtpd shows another certificate at each
// address. It takes mail for anybody from here, and throws it away.
func (w *postfixWorld) postfix(t *testing.T) {
	var master strings.Builder
	for address, settings := range map[string]string{
		"127.0.2.1": "-o smtpd_tls_chain_files=" + w.dir + "/first.pem",
		"127.0.2.2": "-o smtpd_tls_chain_files=" + w.dir + "/named.pem",
		"127.0.2.3": "-o smtpd_tls_chain_files=" + w.dir + "/expired.pem",
		"127.0.2.4": "-o smtpd_tls_security_level=none",
		"127.0.2.5": "-o smtpd_tls_chain_files=" + w.dir + "/nexthop.pem",
		"127.0.2.6": "-o smtpd_tls_cert_file=none",                                                                                  // anonymous key exchange only
		"127.0.2.7": "-o smtpd_tls_chain_files=" + w.dir + "/first.pem -o smtpd_tls_protocols=TLSv1.2 -o tls_medium_cipherlist=PSK", // TLS always fails
		"127.0.2.8": "-o smtpd_tls_chain_files=" + w.dir + "/expired.pem" +
			" -o tls_server_sni_maps=inline:{{mx.sni.test=" + w.dir + "/first.pem}}", // another one by SNI
	} {
		fmt.Fprintf(&master, "%s:25 inet n - n - - smtpd %s\n", address, settings)
	}
	master.WriteString("tlsmgr unix - - n 1000? 1 tlsmgr\nanvil unix - - n - 1 anvil\nrewrite unix - - n - - trivial-rewrite\ncleanup unix n - n - 0 cleanup\nproxymap unix - - n - - proxymap\n")
	w.instance(t, "postfix", "mail.test", `smtpd_tls_security_level = may
smtpd_tls_loglevel = 0
smtpd_recipient_restrictions = check_recipient_access static:DISCARD
`, master.String())
}

// instance starts an instance of Postfix with its own configuration, queue and
// log, which is NAME.log.
func (w *postfixWorld) instance(t *testing.T, name, hostname, settings, master string) {
	t.Helper()
	conf := filepath.Join(w.dir, name)
	queue, data := filepath.Join(w.dir, name+"-queue"), filepath.Join(w.dir, name+"-data")
	for _, dir := range []string{conf, queue, data} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	sh(t, "", "chown", "postfix", data)
	log := filepath.Join(w.dir, name+".log")
	w.write(t, name+"/main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %s
data_directory = %s
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = %s
mydestination =
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
maillog_file = %s
maillog_file_prefixes = %s
smtputf8_enable = no
%s`, queue, data, hostname, log, w.dir, settings))
	w.write(t, name+"/master.cf", "postlog unix-dgram n - n - 1 postlogd\n"+master)
	sh(t, "", "postfix", "-c", conf, "start")
	t.Cleanup(func() {
		exec.Command("postfix", "-c", conf, "stop").Run()
		if t.Failed() {
			text, _ := os.ReadFile(log)
			t.Logf("%s:\n%s", name, text)
		}
	})
}

// scan scans the domains in both modes and returns their verdicts.
func (w *postfixWorld) scan(t *testing.T) map[string]map[string]string {
	var list strings.Builder
	for i, c := range postfixCases {
		fmt.Fprintf(&list, "%d,%s\r\n", i+1, strings.TrimSuffix(c.domain, "."))
	}
	source := w.write(t, "list.csv", list.String())
	verdicts := map[string]map[string]string{}
	for mode, dns := range map[string]DNS{
		"iterate":  {RootHints: w.hints, TrustAnchor: w.anchor, AllowPrivate: true, Timeout: time.Second, Retries: 3},
		"forward":  {Resolvers: []string{recursor}, TrustAnchor: w.anchor, AllowPrivate: true, Timeout: 2 * time.Second, Retries: 3},
		"trust-ad": {Resolvers: []string{recursor}, TrustAD: true, AllowPrivate: true, Timeout: 2 * time.Second, Retries: 3},
	} {
		dir := filepath.Join(w.dir, "run-"+mode)
		job := Job{Sources: []string{source}, Dir: dir, DNS: dns, Config: Config{SMTP: smtp.Config{EHLO: "scanner.test"}}}
		if _, err := Scan(t.Context(), job); err != nil {
			t.Fatalf("%s: %v", mode, err)
		}
		verdicts[mode] = readVerdicts(t, dir)
	}
	return verdicts
}

func readVerdicts(t *testing.T, dir string) map[string]string {
	r, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	for d, err := range r.Domains() {
		if err != nil {
			t.Fatal(err)
		}
		verdicts[d.Domain+"."] = string(d.Verdict)
	}
	return verdicts
}

// finger is the first thing that posttls-finger says of a domain at level dane. It
// always exits 0, so its words are read.
func (w *postfixWorld) finger(t *testing.T, domain string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "posttls-finger", "-c", "-l", "dane", "-L", "summary", "-T", "10", strings.TrimSuffix(domain, "."))
	cmd.Env = append(os.Environ(), "MAIL_CONFIG="+filepath.Join(w.dir, "postfix"))
	out, _ := cmd.CombinedOutput()
	for _, sign := range []struct{ text, meaning string }{
		{"Verified TLS connection", "Verified"},
		{"Trusted TLS connection", "Trusted"},
		{"Untrusted TLS connection", "Untrusted"},
		{"Anonymous TLS connection", "Anonymous"},
		{"does not accept mail", "no mail"},
		{"TLSA lookup error", "deferred"},
	} {
		if bytes.Contains(out, []byte(sign.text)) {
			return sign.meaning
		}
	}
	if len(bytes.TrimSpace(out)) == 0 {
		return "no TLS" // its summary has nothing to sum up
	}
	t.Logf("%s: %s", domain, out)
	return "?"
}
