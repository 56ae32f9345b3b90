//go:build interop

package dane

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clientTrials is how many cases go through a real handshake.
const clientTrials = 48

// TestInteropOpenSSLClient shows over TLS what TestInteropOpenSSL shows at
// length: openssl s_client and we agree on what a server on loopback sends.
func TestInteropOpenSSLClient(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		missing(t, "openssl (Debian: openssl)")
	}
	m, seed := newMaker(t)
	verified, failed := 0, 0
	o := startOpenSSL(t)
	for i := 0; verified+failed < clientTrials; i++ {
		tr := m.trial()
		tr.names = tr.names[:1] // s_client takes one name beside the records
		library, err := o.ask(tr)
		if err != nil {
			t.Fatal(err)
		}
		if library.result < 0 || partialWildcard(tr) {
			continue // s_client wants a record that it can use
		}
		theirs, err := runClient(t.Context(), tr)
		if err != nil {
			t.Fatalf("seed %d, case %d: %v", seed, i, err)
		}
		// After an error s_client goes on, so the last of several is its result.
		if (theirs.result == 0) != (library.result == 0) || theirs.result == 0 && theirs.depth != library.depth {
			t.Errorf("seed %d, case %d: s_client %+v, library %+v", seed, i, theirs, library)
		}
		ours := Verify(tr.records, tr.chain, tr.names, trialTime)
		if ours.Verified != (theirs.result == 0) || ours.Verified && ours.Depth != theirs.depth {
			class, err := divergence(o, tr, ours, library)
			if class == "" || err != nil {
				t.Errorf("seed %d, case %d: %v\n%s", seed, i, err, show(tr, ours, theirs))
			}
		}
		if ours.Verified {
			verified++
		} else {
			failed++
		}
	}
	t.Logf("seed %d: %d verified, %d not", seed, verified, failed)
	if verified < 10 || failed < 10 {
		t.Error("too few of either")
	}
}

// partialWildcard reports whether the leaf presents an asterisk for part of a
// label: s_client cannot be told to take none (RFC 7672, Section 3.2.3).
func partialWildcard(tr trial) bool {
	c, err := parseCertificate(tr.chain[0])
	return err == nil && slices.ContainsFunc(c.presented(), func(name string) bool {
		return strings.Contains(strings.TrimPrefix(name, "*."), "*")
	})
}

var (
	returnCode = regexp.MustCompile(`Verify return code: (\d+)`)
	atDepth    = regexp.MustCompile(`DANE TLSA .* at depth (\d+)`)
)

// runClient serves the trial's chain once and has s_client connect.
func runClient(ctx context.Context, tr trial) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return answer{}, err
	}
	served := make(chan error, 1)
	go func() { served <- serveOnce(ctx, listener, tr) }()
	args := []string{
		"s_client", "-connect", listener.Addr().String(), "-cipher", "DEFAULT@SECLEVEL=0", "-auth_level", "0",
		"-attime", strconv.FormatInt(trialTime.Unix(), 10), "-dane_tlsa_domain", tr.names[0], "-dane_ee_no_namechecks",
	}
	for _, r := range tr.records {
		if r.Usage > PKIXEE && len(r.Data) > 0 {
			args = append(args, "-dane_tlsa_rrdata", r.String())
		}
	}
	cmd := exec.CommandContext(ctx, "openssl", args...)
	out, _ := cmd.CombinedOutput() // the exit code speaks of other things too
	listener.Close()
	if err := <-served; err != nil {
		return answer{}, fmt.Errorf("server: %w\n%s", err, out)
	}
	code := returnCode.FindSubmatch(out)
	if code == nil {
		return answer{}, fmt.Errorf("s_client: no return code\n%s", out)
	}
	a := answer{depth: -1}
	a.result, err = strconv.Atoi(string(code[1]))
	if depth := atDepth.FindSubmatch(out); depth != nil {
		a.depth, err = strconv.Atoi(string(depth[1]))
	}
	return a, err
}

func serveOnce(ctx context.Context, listener net.Listener, tr trial) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	server := tls.Server(conn, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: tr.chain, PrivateKey: tr.key.private}},
	})
	if err := server.HandshakeContext(ctx); err != nil {
		return err
	}
	return server.CloseWrite()
}
