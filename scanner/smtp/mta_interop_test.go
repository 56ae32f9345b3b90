//go:build interop

package smtp

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mtas are mail servers as they run everywhere.
func (w *workshop) mtas() []entry {
	rsa, ec, other := w.rsa(2048), w.curve("P-256"), w.curve("P-256")
	p := w.newPostfix()
	both := []string{"smtpd_tls_cert_file=" + rsa.cert, "smtpd_tls_key_file=" + rsa.key,
		"smtpd_tls_eccert_file=" + ec.cert, "smtpd_tls_eckey_file=" + ec.key}
	one := both[:2]
	old := append([]string{"smtpd_tls_protocols=<=TLSv1.2"}, both...)
	byRSA, byECDSA := []string{"-sigalgs", "RSA-PSS+SHA256:RSA+SHA256"}, []string{"-sigalgs", "ECDSA+SHA256"}
	entries := []entry{
		{name: "Postfix RSA", start: p.smtpd(one...), stack: "go"},
		{name: "Postfix ECDSA", start: p.smtpd(both[2:]...), stack: "go"},
		{name: "Postfix TLS 1.0", start: p.smtpd(append([]string{"smtpd_tls_protocols=TLSv1", "tls_medium_cipherlist=ALL:@SECLEVEL=0"}, one...)...), stack: "go"},
		{name: "Postfix two keys, none asked", start: p.smtpd(both...), client: byRSA, stack: "go"},
		{name: "Postfix two keys, RSA asked", start: p.smtpd(both...), algorithm: "rsa", client: byRSA, stack: "fetcher"},
		{name: "Postfix two keys, ECDSA asked", start: p.smtpd(both...), algorithm: "ecdsa", client: byECDSA, stack: "fetcher"},
		{name: "Postfix two keys, ECDSA asked, TLS 1.2", start: p.smtpd(old...), algorithm: "ecdsa", client: byECDSA, stack: "fetcher"},
		{name: "Postfix one key, other asked", start: p.smtpd(one...), algorithm: "ecdsa", client: byECDSA, failure: FailAlert, closed: true},
		{name: "Postfix client certificate asked", start: p.smtpd(append([]string{"smtpd_tls_ask_ccert=yes"}, one...)...), stack: "go"},
		{name: "Postfix DHE only", start: p.smtpd(append([]string{"tls_medium_cipherlist=kDHE+aRSA", "smtpd_tls_protocols=TLSv1.2"}, one...)...), stack: "fetcher", failure: FailAlert},
		{name: "Postfix by SNI", start: p.smtpd(append([]string{"tls_server_sni_maps=inline:{{mx.example=" + w.bundle(other) + "}}"}, one...)...), stack: "go"},
	}
	p.start()
	return append(entries, w.exims(rsa, ec)...)
}

// bundle writes key and certificate into one file.
func (w *workshop) bundle(p pair) string {
	w.n++
	path := filepath.Join(w.dir, fmt.Sprintf("%d.both", w.n))
	var all []byte
	for _, name := range []string{p.key, p.cert} {
		b, err := os.ReadFile(name)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, b...)
	}
	if err := os.WriteFile(path, all, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// postfix is one Postfix with a smtpd service per entry.
type postfix struct {
	t        testing.TB
	dir      string
	services []string
}

func (w *workshop) newPostfix() *postfix {
	need(w.t, "postfix", "postconf")
	p := &postfix{t: w.t, dir: filepath.Join(w.dir, "postfix")}
	for _, name := range []string{"", "etc", "queue", "data"} {
		if err := os.Mkdir(filepath.Join(p.dir, name), 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	// Postfix runs as its own user, and everything above its directories has to
	// let that user through.
	for dir := p.dir; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	if out, err := exec.Command("chown", "postfix", filepath.Join(p.dir, "data")).CombinedOutput(); err != nil {
		missing(w.t, "chown: %s", out)
	}
	return p
}

// smtpd adds a service with these settings and returns the start of its entry.
func (p *postfix) smtpd(settings ...string) func(testing.TB) netip.AddrPort {
	address := "127.0.0.1:" + freePort(p.t)
	line := address + " inet n - n - - smtpd -o smtpd_tls_security_level=may"
	for _, s := range settings {
		if strings.ContainsAny(s, " {}") {
			s = "{" + strings.Replace(s, "=", " = ", 1) + "}"
		}
		line += " -o " + s
	}
	p.services = append(p.services, line)
	return func(testing.TB) netip.AddrPort { return netip.MustParseAddrPort(address) }
}

// start runs Postfix until the test ends.
func (p *postfix) start() {
	etc := filepath.Join(p.dir, "etc")
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(text), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	write("main.cf", fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
myhostname = mx.example
inet_interfaces = 127.0.0.1
mynetworks_style = host
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
`, p.dir))
	write("master.cf", strings.Join(append(p.services,
		"rewrite unix - - n - - trivial-rewrite",
		"cleanup unix n - n - 0 cleanup",
		"proxymap unix - - n - - proxymap",
		"tlsmgr unix - - n 1000? 1 tlsmgr",
		"anvil unix - - n - 1 anvil",
		"postlog unix-dgram n - n - 1 postlogd"), "\n")+"\n")
	if out, err := exec.Command("postfix", "-c", etc, "check").CombinedOutput(); err != nil {
		p.t.Fatalf("postfix check: %v %s", err, out)
	}
	daemons, err := exec.Command("postconf", "-h", "daemon_directory").Output()
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if !p.t.Failed() {
			return
		}
		log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
		p.t.Logf("%s", log)
	})
	first, _, _ := strings.Cut(p.services[0], " ")
	background(p.t, first, filepath.Join(strings.TrimSpace(string(daemons)), "master"), "-c", etc, "-d")
}

// eximEnv names a directory with Exim unpacked in it: its Debian package cannot be
// installed beside Postfix's.
const eximEnv = "DANESCAN_EXIM"

// unpackExim makes that directory if it is not there yet. Called outside the
// namespace, which has no network.
func unpackExim(t *testing.T) {
	if os.Getenv(eximEnv) != "" {
		return
	}
	if path, err := exec.LookPath("exim4"); err == nil {
		t.Setenv(eximEnv, filepath.Dir(filepath.Dir(filepath.Dir(path))))
		return
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", `apt-get download exim4-daemon-light libidn12 libnsl2 libgnutls-dane0 && for f in *.deb; do dpkg-deb -x "$f" . || exit; done`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("no Exim: %v %s", err, out)
		return
	}
	t.Setenv(eximEnv, dir)
}

// exims are the entries with Exim, which is GnuTLS's in Debian.
func (w *workshop) exims(rsa, ec pair) []entry {
	root := os.Getenv(eximEnv)
	if root == "" {
		if os.Getenv("DANESCAN_STRICT") == "1" {
			w.t.Error("no Exim")
		}
		return nil
	}
	w.eximUser()
	byRSA, byECDSA := []string{"-sigalgs", "RSA-PSS+SHA256:RSA+SHA256"}, []string{"-sigalgs", "ECDSA+SHA256"}
	two := func(t testing.TB) netip.AddrPort {
		return w.exim(t, root, rsa.cert+" : "+ec.cert, rsa.key+" : "+ec.key, "")
	}
	return []entry{
		{name: "Exim RSA", stack: "go", start: func(t testing.TB) netip.AddrPort { return w.exim(t, root, rsa.cert, rsa.key, "") }},
		{name: "Exim ECDSA", stack: "go", start: func(t testing.TB) netip.AddrPort { return w.exim(t, root, ec.cert, ec.key, "") }},
		{name: "Exim TLS 1.2", stack: "go", start: func(t testing.TB) netip.AddrPort {
			return w.exim(t, root, rsa.cert, rsa.key, "NORMAL:-VERS-TLS1.3")
		}},
		{name: "Exim two keys, RSA asked", start: two, algorithm: "rsa", client: byRSA, stack: "fetcher"},
		{name: "Exim two keys, ECDSA asked", start: two, algorithm: "ecdsa", client: byECDSA, stack: "fetcher"},
	}
}

// eximUser gives the namespace the user that Exim wants.
func (w *workshop) eximUser() {
	for name, line := range map[string]string{
		"passwd": "Debian-exim:x:65500:65500::/:/bin/false\n",
		"group":  "Debian-exim:x:65500:\n",
	} {
		text, err := os.ReadFile("/etc/" + name)
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.Contains(string(text), "Debian-exim:") {
			continue
		}
		path := filepath.Join(w.dir, name)
		if err := os.WriteFile(path, append(text, line...), 0o644); err != nil {
			w.t.Fatal(err)
		}
		if out, err := exec.Command("mount", "--bind", path, "/etc/"+name).CombinedOutput(); err != nil {
			w.t.Fatalf("mount: %s", out)
		}
	}
}

// exim starts an Exim and returns its address.
func (w *workshop) exim(t testing.TB, root, cert, key, priority string) netip.AddrPort {
	t.Helper()
	dir, err := os.MkdirTemp(w.dir, "exim")
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	config := fmt.Sprintf(`spool_directory = %[1]s
log_file_path = %[1]s/%%slog
pid_file_path = %[1]s/pid
primary_hostname = mx.example
local_interfaces = 127.0.0.1
daemon_smtp_ports = %[2]s
tls_advertise_hosts = *
tls_certificate = %[3]s
tls_privatekey = %[4]s
host_lookup =
rfc1413_query_timeout = 0s
begin acl
begin routers
begin transports
begin retry
begin rewrite
`, dir, port, cert, key)
	if priority != "" {
		config = "tls_require_ciphers = " + priority + "\n" + config
	}
	path := filepath.Join(dir, "exim.conf")
	if err := os.WriteFile(path, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 65500, 65500); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(path, 0, 0); err != nil {
		t.Fatal(err)
	}
	libraries, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu"))
	background(t, "127.0.0.1:"+port, "env", "LD_LIBRARY_PATH="+strings.Join(libraries, ":"),
		filepath.Join(root, "usr/sbin/exim4"), "-C", path, "-bdf")
	return netip.MustParseAddrPort("127.0.0.1:" + port)
}
