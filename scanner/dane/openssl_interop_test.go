//go:build interop

package dane

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// answer is what OpenSSL makes of a trial.
type answer struct {
	result int // X509_V_*, or one of the two below
	depth  int
	taken  []bool // records that it took
}

const (
	noneTaken  = -1 // no record: DANE is not in force
	notDecoded = -2 // it refuses one of the certificates
)

// openssl is the helper program, which answers trial by trial.
type openssl struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startOpenSSL(t *testing.T) *openssl {
	binary := filepath.Join(t.TempDir(), "danecheck")
	build := exec.CommandContext(t.Context(), "gcc", "-O1", "-Wall", "-Werror", "-o", binary, filepath.Join("testdata", "danecheck.c"), "-lssl", "-lcrypto")
	if out, err := build.CombinedOutput(); err != nil {
		missing(t, fmt.Sprintf("gcc with OpenSSL's headers (Debian: gcc, libssl-dev): %v\n%s", err, out))
	}
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Stderr = os.Stderr
	in, out := must(cmd.StdinPipe()), must(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Errorf("danecheck: %v", err)
		}
	})
	return &openssl{in: in, out: bufio.NewReader(out)}
}

// missing skips, or fails where nothing may be missing.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("DANESCAN_STRICT") == "1" {
		t.Fatal("missing: " + what)
	}
	t.Skip("missing: " + what)
}

func (o *openssl) ask(tr trial) (answer, error) {
	var b strings.Builder
	fmt.Fprintln(&b, trialTime.Unix(), len(tr.names), len(tr.records), len(tr.chain))
	for _, n := range tr.names {
		fmt.Fprintln(&b, n)
	}
	for _, r := range tr.records {
		fmt.Fprintln(&b, r.Usage, r.Selector, r.MatchingType, hexOrDash(r.Data))
	}
	for _, der := range tr.chain {
		fmt.Fprintln(&b, hexOrDash(der))
	}
	if _, err := io.WriteString(o.in, b.String()); err != nil {
		return answer{}, err
	}
	line, err := o.out.ReadString('\n')
	if err != nil {
		return answer{}, err
	}
	var a answer
	var taken string
	if _, err := fmt.Sscan(line, &a.result, &a.depth, &taken); err != nil {
		return answer{}, fmt.Errorf("%q: %w", line, err)
	}
	for _, c := range taken {
		a.taken = append(a.taken, c == '1')
	}
	return a, nil
}

func hexOrDash(b []byte) string {
	if len(b) == 0 {
		return "-"
	}
	return hex.EncodeToString(b)
}

// trialCount is how many random cases are judged by both.
const trialCount = 4000

// floors are how often each outcome must have been seen for the test to mean
// something.
var floors = map[Reason]int{OK: 600, NoUsable: 60, Name: 60, Expired: 60, BadChain: 60, TANotServed: 60, NoMatch: 200}

// tally is what a run of the differential test saw.
type tally struct {
	outcomes    map[Reason]int
	divergences map[string]int
	byTA        int
	unexplained int
}

// TestInteropOpenSSL judges random cases by OpenSSL and by us: same outcome and
// same depth, but for the divergences that divergence lists.
func TestInteropOpenSSL(t *testing.T) {
	m, seed := newMaker(t)
	o := startOpenSSL(t)
	seen := tally{outcomes: map[Reason]int{}, divergences: map[string]int{}}
	for i := range trialCount {
		tr := m.trial()
		problem, err := seen.judge(o, tr)
		if err != nil {
			t.Fatalf("seed %d, case %d: %v", seed, i, err)
		}
		if problem != "" && seen.unexplained <= 5 {
			t.Errorf("seed %d, case %d: %s", seed, i, problem)
		}
	}
	t.Logf("seed %d: %d cases, %d verified by DANE-TA, %d unexplained", seed, trialCount, seen.byTA, seen.unexplained)
	seen.report(t)
}

// newMaker seeds the trials: from DANESCAN_SEED if it is set.
func newMaker(t *testing.T) (*maker, uint64) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("DANESCAN_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	return &maker{Rand: rand.New(rand.NewPCG(seed, 1))}, seed
}

// judge judges one trial twice; problem is what nothing explains.
func (s *tally) judge(o *openssl, tr trial) (problem string, err error) {
	theirs, err := o.ask(tr)
	if err != nil {
		return "", err
	}
	ours := Verify(tr.records, tr.chain, tr.names, trialTime)
	s.outcomes[ours.Reason]++
	if ours.Verified && tr.records[ours.Record].Usage == DANETA {
		s.byTA++
	}
	if problem = compare(ours, theirs); problem == "" {
		return "", nil
	}
	class, err := divergence(o, tr, ours, theirs)
	if class != "" || err != nil {
		s.divergences[class]++
		return "", err
	}
	s.unexplained++
	return problem + "\n" + show(tr, ours, theirs), nil
}

func (s *tally) report(t *testing.T) {
	for _, reason := range slices.Sorted(maps.Keys(floors)) {
		t.Logf("  %-15q %d", reason, s.outcomes[reason])
		if s.outcomes[reason] < floors[reason] {
			t.Errorf("only %d cases of %q, want %d", s.outcomes[reason], reason, floors[reason])
		}
	}
	for _, class := range slices.Sorted(maps.Keys(s.divergences)) {
		t.Logf("  divergence %q: %d", class, s.divergences[class])
	}
	if s.byTA < 300 {
		t.Errorf("only %d cases verified by DANE-TA", s.byTA)
	}
}

// compare says where the two judgements differ; empty if nowhere.
func compare(ours Result, theirs answer) string {
	switch {
	case theirs.result == noneTaken:
		return unless(ours.Reason == NoUsable, "OpenSSL takes no record")
	case theirs.result == notDecoded:
		return "OpenSSL cannot decode a certificate"
	case ours.Verified != (theirs.result == 0):
		return fmt.Sprintf("verified: %t, OpenSSL: result %d", ours.Verified, theirs.result)
	case !ours.Verified && !reasonFits(ours, theirs.result):
		return fmt.Sprintf("reason %q, OpenSSL: result %d", ours.Reason, theirs.result)
	case ours.Depth != theirs.depth && (ours.Verified || ours.Depth >= 0):
		return fmt.Sprintf("depth %d, OpenSSL: %d", ours.Depth, theirs.depth)
	}
	return ""
}

func unless(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

// reasonFits compares a reason with X509_V_*. Of several faults OpenSSL gives
// the first that it comes to, in the order extensions, names, then signature and
// dates from the top down, then name constraints; ours have an order of their
// own.
func reasonFits(r Result, result int) bool {
	switch result {
	case 62: // host name mismatch
		return r.Reason == Name
	case 9, 10: // not yet valid, expired
		return r.Reason == Expired
	case 65: // no TLSA match
		return r.Reason == NoMatch || r.Reason == TANotServed || r.Reason == BadChain && r.Depth < 0
	case 7, 32: // signature, key usage of the issuer
		return r.Reason == BadChain || r.Reason == Expired
	}
	return r.Reason == BadChain || r.Depth >= 0 && (r.Reason == Expired || r.Reason == Name)
}

func show(tr trial, ours Result, theirs answer) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ours %+v\ntheirs %+v\nnames %v\n", ours, theirs, tr.names)
	for _, r := range tr.records {
		fmt.Fprintf(&b, "record %.100s\n", r)
	}
	for _, der := range tr.chain {
		facts, err := Inspect(der)
		fmt.Fprintf(&b, "%v < %v %s %s %v %s %v\n", facts.Subject, facts.Issuer, facts.KeyAlgorithm, facts.SignatureAlgorithm, facts.NotAfter, facts.ParseError, err)
	}
	return b.String()
}
