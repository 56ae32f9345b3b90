package resolver

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// rplDirEnv names the directory with the scripts.
const rplDirEnv = "DANESCAN_RPL_DIR"

// rplSummary is the closing line of TestReplay.
var rplSummary string

// TestMain prints the closing line of TestReplay behind all that go test prints of
// its parts.
func TestMain(m *testing.M) {
	code := m.Run()
	if rplSummary != "" {
		fmt.Println(rplSummary)
	}
	os.Exit(code)
}

// TestReplay plays every script below DANESCAN_RPL_DIR against the resolver and
// the validator that scan; only exchange and clock are replaced.
func TestReplay(t *testing.T) {
	dir := os.Getenv(rplDirEnv)
	if dir == "" {
		if os.Getenv("DANESCAN_STRICT") == "1" {
			t.Fatalf("%s is not set", rplDirEnv)
		}
		t.Skipf("%s is not set: no scripts to replay", rplDirEnv)
	}
	var passed, failed, skipped int
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".rpl" {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var skip string
		ok := t.Run(filepath.ToSlash(name), func(t *testing.T) {
			if skip = playFile(t, filepath.ToSlash(name), text); skip != "" {
				t.Skip(skip)
			}
		})
		switch {
		case !ok:
			failed++
		case skip != "":
			skipped++
		default:
			passed++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if passed+failed+skipped == 0 {
		t.Errorf("no scripts in %s", dir)
	}
	rplSummary = fmt.Sprintf("rpl: %d passed, %d failed, %d skipped", passed, failed, skipped)
}

// playFile plays one script and returns why it was not judged, where it was not.
func playFile(t *testing.T, name string, text []byte) string {
	if reason, ok := rplExpected[name]; ok {
		return reason
	}
	script, err := parseReplay(text)
	if err != nil {
		t.Fatal(err)
	}
	if reason := script.notForUs(); reason != "" {
		return reason
	}
	p, err := newPlayer(script)
	if err != nil {
		t.Fatal(err)
	}
	problems := p.play()
	for _, problem := range problems {
		t.Error(problem)
	}
	if len(problems) > 0 {
		t.Logf("asked:\n%s", p.world.tail())
	}
	reasons := strings.Join(p.passedOver, "\n")
	if p.checks == 0 && len(problems) == 0 {
		return "no step that is for us:\n" + reasons
	}
	if reasons != "" {
		t.Logf("%d steps judged, not these:\n%s", p.checks, reasons)
	}
	return ""
}

// rplPlayer plays one script.
type rplPlayer struct {
	script  *rplScript
	world   *rplWorld
	lookup  func(q rplQuery) rplOutcome
	answers []rplOutcome // not checked yet, the oldest first

	minimises bool // the script is about shortened names

	checks     int      // answers compared
	passedOver []string // which were not, and why
}

// rplQuery is what a QUERY step asks.
type rplQuery struct {
	name  string
	qtype uint16
	AD    bool // the client wants to know, by AD or DO
}

// rplOutcome is our answer in the terms of a reply. One that is not for us has
// the reason in skip.
type rplOutcome struct {
	skip   string
	query  rplQuery
	silent bool // no server has a reply
	rcode  int
	secure bool
	answer []string // links and the final RRset, sorted
	note   string   // for messages
}

func newPlayer(s *rplScript) (*rplPlayer, error) {
	c, err := s.configure()
	if err != nil {
		return nil, err
	}
	p := &rplPlayer{script: s, world: &rplWorld{script: s, now: c.Now}, minimises: c.Minimises}
	now := func() time.Time { return p.world.now }
	if c.Anchors == nil {
		c.Anchors = []dnssec.Anchor{}
	}
	v, err := dnssec.New(dnssec.Config{
		Anchors: c.Anchors, Insecure: c.Insecure, Now: now, Limits: c.Limits, Skew: c.Skew,
		EveryAlgorithm: c.EveryAlgorithm, HonourSHA1DS: !c.EveryAlgorithm, // as Unbound couples them
		Algorithms: map[uint8]dnssec.Algorithm{dns.DSA: parseDSA, dns.DSANSEC3SHA1: parseDSA},
	})
	if err != nil {
		return nil, err
	}
	p.lookup, err = rplResolver(c, v, p.world)
	return p, err
}

// rplResolver makes the resolver that the configuration asks for, with the cache
// in front of it that the scanner has.
func rplResolver(c rplConfig, v *dnssec.Validator, w *rplWorld) (func(rplQuery) rplOutcome, error) {
	now := func() time.Time { return w.now }
	r, err := rplUncached(c, v, w)
	if err != nil {
		return nil, err
	}
	cached := NewCached(r, CacheConfig{MaxTTL: 24 * time.Hour, Now: now})
	return func(q rplQuery) rplOutcome {
		question := dnssec.Question{Name: dns.CanonicalName(q.name), Type: q.qtype}
		if _, known := cached.answers.get(question, now()); known || !w.silentOn(question) {
			return rplOutcomeOf(q, cached.Lookup(context.Background(), q.name, q.qtype))
		}
		// That nobody has an answer comes of a cache that we have not. What follows
		// from the silence must not be remembered: another resolver asks.
		other, err := rplUncached(c, v, w)
		if err != nil {
			return rplOutcome{query: q, note: err.Error()}
		}
		o := rplOutcomeOf(q, other.Lookup(context.Background(), q.name, q.qtype))
		o.silent = true
		return o
	}, nil
}

func rplUncached(c rplConfig, v *dnssec.Validator, w *rplWorld) (Resolver, error) {
	now := func() time.Time { return w.now }
	if len(c.Forward) == 0 {
		return NewIterate(IterateConfig{
			Exchanger: w, Validator: v, Zones: c.Zones, IPv4Only: c.IPv4Only, IPv6Only: c.IPv6Only,
			AllowPrivate: true, Now: now, Random: func() float64 { return 0.5 },
		})
	}
	var servers []netip.AddrPort
	for _, a := range c.Forward {
		servers = append(servers, netip.AddrPortFrom(a, 53))
	}
	return NewForward(ForwardConfig{Exchanger: w, Servers: servers, Validator: v, Now: now})
}

// rplOutcomeOf puts an answer in the terms of a reply.
func rplOutcomeOf(q rplQuery, a Answer) rplOutcome {
	o := rplOutcome{query: q, rcode: dns.RcodeServerFailure, secure: a.Status == dnssec.Secure,
		note: fmt.Sprintf("%v, %v %s", a.Outcome, a.Status, a.Reason)}
	switch a.Outcome {
	case Found:
		o.rcode = a.Rcode
	case NoData:
		o.rcode = dns.RcodeSuccess
	case NXDomain:
		o.rcode = dns.RcodeNameError
	default:
		return o
	}
	for _, l := range a.Links {
		o.answer = append(o.answer, strings.ToLower(l.Name)+" CNAME "+strings.ToLower(l.Target))
	}
	o.answer = append(o.answer, rplStrings(a.Records, q.qtype)...)
	slices.Sort(o.answer)
	o.answer = slices.Compact(o.answer)
	return o
}

// endOfChain leaves out the DNAME records that lie on the way: the CNAME that each
// means tells the same.
func endOfChain(answer []dns.RR, name string) []dns.RR {
	passed := map[string]bool{dns.CanonicalName(name): true}
	for _, rr := range answer {
		if rr.Header().Rrtype == dns.TypeCNAME {
			passed[dns.CanonicalName(rr.Header().Name)] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(answer), func(rr dns.RR) bool {
		owner := dns.CanonicalName(rr.Header().Name)
		for name := range passed {
			if rr.Header().Rrtype == dns.TypeDNAME && owner != name && dns.IsSubDomain(owner, name) {
				return true
			}
		}
		return false
	})
}

// rplStrings writes the aliases and the records of the type asked, without TTL,
// sorted.
func rplStrings(rrs []dns.RR, qtype uint16) []string {
	var out []string
	for _, rr := range rrs {
		h := rr.Header()
		if h.Rrtype != qtype && h.Rrtype != dns.TypeCNAME {
			continue
		}
		c := dns.Copy(rr)
		c.Header().Ttl = 0
		c.Header().Name = strings.ToLower(h.Name)
		data := strings.TrimPrefix(c.String(), c.Header().String())
		if h.Rrtype == dns.TypeCNAME || h.Rrtype == dns.TypeNS || h.Rrtype == dns.TypeMX || h.Rrtype == dns.TypeDNAME {
			data = strings.ToLower(data)
		}
		out = append(out, c.Header().Name+" "+dns.Type(h.Rrtype).String()+" "+data)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// play runs the steps and returns what went wrong.
func (p *rplPlayer) play() []string {
	var problems []string
	for i, st := range p.script.Steps {
		p.world.step, p.world.live = st.N, p.script.liveSteps(i)
		switch st.Kind {
		case "QUERY":
			p.answers = append(p.answers, p.query(st))
		case "CHECK_ANSWER":
			if problem := p.check(st); problem != "" {
				problems = append(problems, problem)
			}
		case "TIME_PASSES":
			d, err := st.elapse()
			if err != nil {
				problems = append(problems, err.Error())
			}
			p.world.now = p.world.now.Add(d)
		}
	}
	return problems
}

// liveSteps lists the steps whose ranges answer what is asked in one: the next,
// as in Unbound's player, where a question waits while nothing happens but the
// network; then the step itself, as in Deckard's.
func (s *rplScript) liveSteps(i int) []int {
	var out []int
	for _, st := range s.Steps[i+1:] {
		out = append(out, st.N)
		if st.Kind != "NOTHING" && st.Kind != "TRAFFIC" {
			break
		}
	}
	return append(out, s.Steps[i].N)
}

func (p *rplPlayer) query(st rplStep) rplOutcome {
	if reason := st.notForUs(); reason != "" {
		return rplOutcome{skip: reason}
	}
	m := st.Entry.Msg
	return p.lookup(rplQuery{
		name: m.Question[0].Name, qtype: m.Question[0].Qtype, AD: m.AuthenticatedData || st.Entry.DO,
	})
}

// check compares the oldest answer that was not checked with the one expected,
// in what the MATCH words name.
func (p *rplPlayer) check(st rplStep) string {
	if len(p.answers) == 0 || st.Entry == nil {
		return fmt.Sprintf("step %d: nothing to check", st.N)
	}
	got := p.answers[0]
	p.answers = p.answers[1:]
	if got.skip != "" {
		p.passOver(st, got.skip)
		return ""
	}
	problem := st.Entry.differs(st.N, got)
	if problem != "" {
		if reason := p.notOurs(got, st.Entry); reason != "" {
			p.passOver(st, reason)
			return ""
		}
	}
	p.checks++
	return problem
}

func (p *rplPlayer) passOver(st rplStep, reason string) {
	p.passedOver = append(p.passedOver, fmt.Sprintf("step %d: %s", st.N, reason))
}

// differs says how an outcome differs from the reply that an entry describes.
func (e *rplEntry) differs(step int, got rplOutcome) string {
	all := e.Match["all"] || e.Match["all_noedns"]
	where := fmt.Sprintf("step %d, %s %s (%s)", step, got.query.name, dns.TypeToString[got.query.qtype], got.note)
	if (all || e.Match["rcode"]) && got.rcode != e.Msg.Rcode {
		return fmt.Sprintf("%s: rcode %s, want %s", where, dns.RcodeToString[got.rcode], dns.RcodeToString[e.Msg.Rcode])
	}
	// Without AD or DO a client is not told.
	if (all || e.Match["flags"]) && got.query.AD && e.Msg.Rcode != dns.RcodeServerFailure &&
		got.secure != e.Msg.AuthenticatedData {
		return fmt.Sprintf("%s: secure %v, want %v", where, got.secure, e.Msg.AuthenticatedData)
	}
	if all || e.Match["answer"] {
		want := rplStrings(endOfChain(e.Msg.Answer, got.query.name), got.query.qtype)
		if e.Msg.Rcode == dns.RcodeServerFailure {
			want = nil
		}
		if !slices.Equal(got.answer, want) {
			return fmt.Sprintf("%s: answer\n%s\nwant\n%s", where, strings.Join(got.answer, "\n"), strings.Join(want, "\n"))
		}
	}
	return ""
}
