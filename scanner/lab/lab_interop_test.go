//go:build interop

package lab_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/lab"
)

// needTool skips, or fails under DANESCAN_STRICT=1, where a program is missing.
func needTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("DANESCAN_STRICT") == "1" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// broken zones are those that no verifier accepts, on purpose.
var broken = map[string]bool{
	"bogus-expired.optout.": true, "bogus-stripped.nsec.": true, "bogus-mx.optout.": true,
	"bogus-tlsa.nsec.": true, "bogus-tlsa-expired.optout.": true, "bogus-tlsa-stripped.nsec.": true,
	"bogus-denial.nsec.": true, "bogus-address.optout.": true,
	"partial.optout.":           true, // the TXT record of MTA-STS alone
	"unknown-algorithm.optout.": true, // nobody can verify it
	"online-signer.nsec.":       true, // has no chain of NSEC records to verify
	"mail007.optout.":           true, // nor has this provider's
	"tiny-record.nsec.":         true, // ldns cannot read its TLSA record, nor can BIND
}

// differs is where delv and the front do not agree, and why.
var differs = map[string]string{
	"nxdomain.optout.":              "the denial rests on an opt-out span: RFC 5155, Section 9.2 wants no AD, delv does not mind",
	"_25._tcp.mx.tiny-record.nsec.": "BIND does not take TLSA records of three octets",
}

func TestInteropLDNSVerifyZone(t *testing.T) {
	tool := needTool(t, "ldns-verify-zone")
	l := start(t, lab.Config{Domains: 2000})
	dir := t.TempDir()
	good, bad, plain := 0, 0, 0
	for i, apex := range l.Zones() {
		var b bytes.Buffer
		if err := l.DumpZone(apex, &b); err != nil {
			t.Fatal(err)
		}
		signed := bytes.Contains(b.Bytes(), []byte("\tDNSKEY\t"))
		if !signed {
			plain++
			continue
		}
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(tool, "-V", "1", file).CombinedOutput()
		switch {
		case broken[apex] && err == nil:
			t.Errorf("%s should not verify and does", apex)
		case !broken[apex] && err != nil:
			t.Errorf("%s: %v\n%s", apex, err, out)
		case broken[apex]:
			bad++
		default:
			good++
		}
	}
	t.Logf("ldns-verify-zone: %d zones accepted, %d refused as they should be, %d unsigned", good, bad, plain)
	if good < 100 || bad < len(broken)-1 || plain < 10 {
		t.Errorf("too few zones")
	}
}

// TestInteropDelv asks delv, which validates for itself from the lab's anchor,
// what the front says by construction.
func TestInteropDelv(t *testing.T) {
	tool := needTool(t, "delv")
	l := start(t, lab.Config{})
	anchor := anchorFile(t, l)
	counts := map[string]int{}
	for _, c := range l.Table() {
		for _, q := range questionsOf(c) {
			if q.Qtype == dns.TypeAAAA {
				continue // as the others, and each takes a process
			}
			ours := frontStatus(t, l.Front(), q)
			theirs := delvStatus(tool, l.Front(), anchor, q)
			if differs[q.Name] != "" && ours != theirs {
				t.Logf("%s: front says %s, delv says %s: %s", q.Name, ours, theirs, differs[q.Name])
				continue
			}
			counts[ours]++
			if ours != theirs && (ours == "secure" || ours == "insecure" || theirs != "failed") {
				t.Errorf("%s %s: front says %s, delv says %s", q.Name, dns.TypeToString[q.Qtype], ours, theirs)
			}
		}
	}
	t.Logf("front and delv: %v", counts)
	for status, floor := range map[string]int{"secure": 280, "insecure": 30, "bogus": 9, "servfail": 9} {
		if counts[status] < floor {
			t.Errorf("%d %s answers, at least %d wanted", counts[status], status, floor)
		}
	}
}

func anchorFile(t *testing.T, l *lab.Lab) string {
	f := strings.Fields(l.TrustAnchor()) // . 3600 IN DS tag alg type digest
	text := fmt.Sprintf("trust-anchors { . static-ds %s %s %s \"%s\"; };\n", f[4], f[5], f[6], strings.Join(f[7:], ""))
	name := filepath.Join(t.TempDir(), "anchor")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// frontStatus asks the front, and tells a bogus answer from a missing one by
// asking again with CD.
func frontStatus(t *testing.T, at netip.AddrPort, q dns.Question) string {
	t.Helper()
	in := exchange(t, at, q, true, false)
	switch {
	case in.Rcode == dns.RcodeServerFailure:
		if exchange(t, at, q, true, true).Rcode == dns.RcodeServerFailure {
			return "servfail"
		}
		return "bogus"
	case in.AuthenticatedData:
		return "secure"
	}
	return "insecure"
}

func delvStatus(tool string, at netip.AddrPort, anchor string, q dns.Question) string {
	cmd := exec.Command(tool, "@"+at.Addr().String(), "-p", fmt.Sprint(at.Port()), "-a", anchor, "+root=.", "+nomultiline",
		q.Name, dns.TypeToString[q.Qtype])
	cmd.WaitDelay = 20 * time.Second
	raw, _ := cmd.CombinedOutput()
	out := string(raw)
	switch {
	case strings.Contains(out, "resolution failed") && !strings.Contains(out, "ncache"):
		return "failed" // bogus or no answer: delv does not say which
	case strings.Contains(out, "; unsigned answer"), strings.Contains(out, "; negative response, unsigned answer"):
		return "insecure"
	case strings.Contains(out, "; fully validated"), strings.Contains(out, "; negative response, fully validated"):
		return "secure"
	}
	return "? " + out
}
