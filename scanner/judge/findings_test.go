package judge

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"danescan/datasets/run"
)

// bench is what the cases of findings are put together on.
type bench struct {
	testing.TB
	certs                          store
	judge                          Judge
	ca, leaf, other, next, expired identity
}

func newBench(t testing.TB) *bench {
	b := &bench{TB: t, certs: store{}}
	b.ca = issue(t, nil, sheet{ca: true})
	b.leaf, b.other, b.next = issue(t, &b.ca, sheet{}), issue(t, nil, sheet{}), issue(t, nil, sheet{})
	b.expired = issue(t, &b.ca, sheet{from: noon.AddDate(-1, 0, 0), to: noon.AddDate(0, 0, -1)})
	return b
}

func (b *bench) record(usage, selector, matchingType uint8, id identity) run.TLSA {
	return tlsa(b, usage, selector, matchingType, id.der)
}

func (b *bench) shows(ids ...identity) run.Endpoint { return b.showsAt(first, ids...) }

func (b *bench) showsAt(address string, ids ...identity) run.Endpoint {
	var ders [][]byte
	for _, id := range ids {
		ders = append(ders, id.der)
	}
	return shown(address, run.KeyECDSA, b.certs.add(ders...))
}

// hostSet is a host with its sessions.
type hostSet struct {
	h    *run.Host
	ends []run.Endpoint
}

func set(h *run.Host, ends ...run.Endpoint) hostSet { return hostSet{h, ends} }

// good is a host about which there is next to nothing to say.
func (b *bench) good() hostSet {
	s := set(signedHost(b.record(3, 1, 1, b.leaf)), b.shows(b.leaf), b.showsAt(second, b.leaf))
	s.lookup().TTL = ptr(int64(1800))
	return s
}

func (s hostSet) lookup() *run.Lookup { return &s.h.TLSACandidates[0].Lookup }

// with changes the TLSA lookup of a host.
func (s hostSet) with(change func(l *run.Lookup)) hostSet {
	change(s.lookup())
	return s
}

func (s hostSet) but(change func(h *run.Host)) hostSet {
	change(s.h)
	return s
}

func insecurely(l *run.Lookup) { l.DNSSEC = run.Insecure }

// slip changes hex digits of a record.
func slip(r run.TLSA, changes ...byte) run.TLSA {
	r.RData = slices.Clone(r.RData)
	for i, c := range changes {
		r.RData[10+i] ^= c
	}
	return r
}

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// r3Key is the SHA-256 of the key of Let's Encrypt's R3.
const r3Key = "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d"

func fromHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// findingCase raises a finding of a host in one way and comes near it in another.
type findingCase struct {
	raise  func(b *bench) hostSet
	detail string // a part of the evidence
	calm   func(b *bench) hostSet
}

func hostFindingCases() map[string]findingCase {
	all := map[string]findingCase{}
	for _, group := range []map[string]findingCase{dnsCases(), starttlsCases(), contentCases(), mismatchCases(), anchorCases(), rolloverCases()} {
		for code, c := range group {
			all[code] = c
		}
	}
	return all
}

func dnsCases() map[string]findingCase {
	good := (*bench).good
	return map[string]findingCase{
		"address-insecure": {func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.A.DNSSEC, h.AAAA.DNSSEC = ins, ins })
		}, "_25._tcp.mx.example.net", func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.A.DNSSEC, h.AAAA.DNSSEC = ins, ins }).with(insecurely)
		}},
		"tlsa-insecure": {func(b *bench) hostSet { return b.good().with(insecurely) }, "_25._tcp.mx.example.net", func(b *bench) hostSet {
			return set(plainHost())
		}},
		"tlsa-lookup-error": {func(b *bench) hostSet {
			return b.good().with(func(l *run.Lookup) { *l = *lookup(run.NotImp, ind) })
		}, "notimp", func(b *bench) hostSet {
			return set(plainHost()).with(func(l *run.Lookup) { *l = *lookup(run.ServFail, ind) })
		}},
		"denial-broken": {func(b *bench) hostSet {
			return b.good().with(func(l *run.Lookup) { *l = *lookup(run.BogusAnswer, bog); l.Reason = "denial-missing" })
		}, "denial-missing", func(b *bench) hostSet {
			return b.good().with(func(l *run.Lookup) { *l = *lookup(run.BogusAnswer, bog); l.Reason = "signature-expired" })
		}},
		"ent-nxdomain": {func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.ENT = &run.ENT{QName: "_tcp." + mxName, Lookup: *lookup(run.NXDomain, sec)} })
		}, "_tcp.mx.example.net", func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.ENT = &run.ENT{QName: "_tcp." + mxName, Lookup: *lookup(run.NoData, sec)} })
		}},
		"tlsa-cname-broken": {func(b *bench) hostSet {
			return set(signedHost()).with(func(l *run.Lookup) { l.Chain = []run.Alias{alias("_25._tcp."+mxName, "gone.example", sec)} })
		}, "gone.example", func(b *bench) hostSet {
			return b.good().with(func(l *run.Lookup) { l.Chain = []run.Alias{alias("_25._tcp."+mxName, "tlsa.example", sec)} })
		}},
		"tlsa-wildcard": {func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.Wildcard = ptr(true) }) }, "_25._tcp.",
			func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.Wildcard = ptr(false) }) }},
		"dnssec-bogus": {func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) {
				h.AAAA = lookup(run.BogusAnswer, bog)
				h.AAAA.Reason = "signature-expired"
				h.AAAA.EDE = ptr(int32(7))
			})
		}, "mx.example.net AAAA: bogus (signature-expired), EDE 7", func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.AAAA = lookup(run.ServFail, ind) })
		}},
		"nsec3-iterations": {func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.AAAA.NSEC3Iterations = ptr(int32(10)) })
		},
			"10 extra iterations", func(b *bench) hostSet {
				return b.good().but(func(h *run.Host) { h.AAAA.NSEC3Iterations = ptr(int32(0)) })
			}},
		"dnssec-algorithm-weak": {func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.Algorithm = ptr(int32(7)) }) },
			"RSASHA1-NSEC3-SHA1", func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.Algorithm = ptr(int32(8)) }) }},
		"rrsig-expires-soon": {func(b *bench) hostSet {
			return b.good().with(func(l *run.Lookup) { l.RRSIGExpires = ptr(noon.Add(11 * time.Hour)) })
		}, "2026-06-01T23:00:00Z", func(b *bench) hostSet {
			return b.good().with(func(l *run.Lookup) { l.RRSIGExpires = ptr(noon.Add(13 * time.Hour)) })
		}},
		"tlsa-too-many": {func(b *bench) hostSet {
			s := b.good()
			for i := range byte(12) {
				s.h.TLSA = append(s.h.TLSA, raw(3, 1, 1, slices.Repeat([]byte{i}, 32)))
			}
			return s
		}, "13 records", func(b *bench) hostSet {
			s := b.good()
			for i := range byte(11) {
				s.h.TLSA = append(s.h.TLSA, raw(3, 1, 1, slices.Repeat([]byte{i}, 32)))
			}
			return s
		}},
		"tlsa-oversize": {func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.Size = ptr(int32(1233)) }) }, "1233 octets",
			func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.Size = ptr(int32(1232)) }) }},
		"tlsa-ttl-long": {func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.TTL = ptr(int64(3601)) }) }, "3601 s", good},
		"tlsa-ttl-short": {func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.TTL = ptr(int64(299)) }) }, "299 s",
			func(b *bench) hostSet { return b.good().with(func(l *run.Lookup) { l.TTL = ptr(int64(300)) }) }},
	}
}

func starttlsCases() map[string]findingCase {
	good := (*bench).good
	ended := func(ends ...run.Endpoint) func(*bench) hostSet {
		return func(b *bench) hostSet { return set(signedHost(b.record(3, 1, 1, b.leaf)), ends...) }
	}
	refused := halted(first, run.StageSTARTTLS, "code")
	refused.STARTTLS, refused.STARTTLSCode = ptr(true), ptr(int32(454))
	alert := halted(first, run.StageHandshake, "alert")
	alert.TLSAlert, alert.AlertFrom = ptr(int32(40)), "server"
	return map[string]findingCase{
		"starttls-missing": {ended(halted(first, run.StageEHLO, "not-offered")), "192.0.2.1: no-starttls:not-offered", ended(refused)},
		"starttls-refused": {ended(refused), "192.0.2.1: tls-error:starttls-4xx, code 454", ended(alert)},
		"starttls-selective": {func(b *bench) hostSet {
			return set(signedHost(b.record(3, 1, 1, b.leaf)), b.shows(b.leaf), halted(second, run.StageEHLO, "not-offered"))
		}, "2001:db8::1", ended(halted(first, run.StageEHLO, "not-offered"), halted(second, run.StageEHLO, "not-offered"))},
		"tls-handshake": {ended(alert), "192.0.2.1: tls-error:handshake, alert 40 from the server", ended(refused)},
		"tls-legacy-only": {func(b *bench) hostSet {
			e := b.shows(b.leaf)
			e.TLSVersion = "1.1"
			return set(signedHost(b.record(3, 1, 1, b.leaf)), e)
		}, "TLS 1.1", good},
		"flapping": {func(b *bench) hostSet {
			e := halted(first, run.StageConnect, "timeout")
			again := b.shows(b.leaf)
			again.Attempt = 2
			return set(signedHost(b.record(3, 1, 1, b.leaf)), e, again)
		}, "192.0.2.1: unreachable:timeout, then verified", func(b *bench) hostSet {
			skipped, again := notTried(first, run.ReasonNoRoute), b.shows(b.leaf)
			again.Attempt = 3
			twice := b.shows(b.leaf)
			twice.Attempt = 2
			return set(signedHost(b.record(3, 1, 1, b.leaf)), skipped, twice, again, b.showsAt(second, b.other))
		}},
	}
}

func contentCases() map[string]findingCase {
	good := (*bench).good
	plus := func(records ...run.TLSA) func(b *bench) hostSet {
		return func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.TLSA = append(h.TLSA, records...) })
		}
	}
	zeros := func(n int) []byte { return make([]byte, n) }
	return map[string]findingCase{
		"tlsa-pkix-usage":    {plus(raw(1, 1, 1, zeros(32))), "1 1 1 0000000000000000...", plus(raw(2, 1, 1, zeros(32)))},
		"tlsa-unknown-field": {plus(raw(3, 1, 3, zeros(32))), "3 1 3 0000000000000000...", plus(raw(3, 1, 2, zeros(64)))},
		"tlsa-bad-length":    {plus(raw(3, 1, 1, zeros(31)), run.TLSA{RData: []byte{3, 1, 1}}), "3 octets: 030101", plus(raw(3, 1, 1, zeros(32)))},
		"tlsa-bad-der": {plus(raw(3, 1, 0, []byte("not a key"))), "3 1 0 6e6f742061206b65...", func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.TLSA = append(h.TLSA, b.record(3, 1, 0, b.leaf)) })
		}},
		"tlsa-full-data": {func(b *bench) hostSet {
			return b.good().but(func(h *run.Host) { h.TLSA = append(h.TLSA, b.record(3, 0, 0, b.leaf)) })
		}, "3 0 0 30", plus(raw(3, 1, 0, []byte("not a key")))},
		"tlsa-empty-hash": {plus(raw(3, 1, 1, fromHex(emptySHA256))), "3 1 1 e3b0c44298fc1c14...", good},
		"tlsa-swapped-fields": {func(b *bench) hostSet {
			swapped := b.record(3, 1, 1, b.leaf)
			swapped.RData = slices.Clone(swapped.RData)
			swapped.RData[1] = 0
			return set(signedHost(swapped), b.shows(b.leaf))
		}, "should be 3 1 1", func(b *bench) hostSet { return set(signedHost(b.record(3, 1, 1, b.other)), b.shows(b.leaf)) }},
	}
}

func mismatchCases() map[string]findingCase {
	good := (*bench).good
	wrong := func(b *bench) hostSet { return set(signedHost(b.record(3, 1, 1, b.other)), b.shows(b.leaf)) }
	both := func(b *bench) hostSet {
		return set(signedHost(b.record(3, 1, 1, b.other), b.record(3, 1, 1, b.leaf)), b.shows(b.leaf))
	}
	return map[string]findingCase{
		"mismatch": {wrong, "192.0.2.1: would match 3 1 1 ", both},
		"mismatch-stale": {func(b *bench) hostSet {
			b.judge.Earlier = func(string) [][]byte { return [][]byte{b.other.der} }
			return wrong(b)
		}, "matches an earlier certificate, valid until 2027-01-01", func(b *bench) hostSet {
			b.judge.Earlier = func(string) [][]byte { return [][]byte{b.leaf.der} }
			return wrong(b)
		}},
		"mismatch-other-host": {func(b *bench) hostSet {
			b.judge.Run = NewIndex()
			e := b.shows(b.other)
			e.Host = "mx2.example.net"
			b.judge.Run.Add(&e.EndpointEvidence, b.certs)
			return wrong(b)
		}, "is of mx2.example.net", func(b *bench) hostSet {
			b.judge.Run = NewIndex()
			e := b.shows(b.other)
			b.judge.Run.Add(&e.EndpointEvidence, b.certs) // its own, at another address
			return wrong(b)
		}},
		"mismatch-retired-ca": {func(b *bench) hostSet {
			return set(signedHost(raw(2, 1, 1, fromHex(r3Key))), b.shows(b.leaf, b.ca))
		}, "is of Let's Encrypt R3", wrong},
		"mismatch-typo": {func(b *bench) hostSet {
			return set(signedHost(slip(b.record(3, 1, 1, b.leaf), 0x10, 0x01)), b.shows(b.leaf))
		}, "should be 3 1 1 ", func(b *bench) hostSet {
			return set(signedHost(slip(b.record(3, 1, 1, b.leaf), 0x10, 0x11)), b.shows(b.leaf))
		}},
		"some-addresses": {func(b *bench) hostSet {
			return set(signedHost(b.record(3, 1, 1, b.leaf)), b.shows(b.leaf), b.showsAt(second, b.other))
		}, "2001:db8::1: mismatch:no-match", good},
		"some-algorithms": {func(b *bench) hostSet {
			rsa := b.shows(b.other)
			rsa.Algorithm = run.KeyRSA
			return set(signedHost(b.record(3, 1, 1, b.leaf)), b.shows(b.leaf), rsa)
		}, "192.0.2.1: mismatch:no-match", func(b *bench) hostSet {
			rsa := b.shows(b.other)
			rsa.Algorithm = run.KeyRSA
			return set(signedHost(b.record(3, 1, 1, b.leaf), b.record(3, 1, 1, b.other)), b.shows(b.leaf), rsa)
		}},
	}
}

func anchorCases() map[string]findingCase {
	anchored := func(b *bench, chain ...identity) hostSet {
		return set(signedHost(b.record(2, 1, 1, b.ca)), b.shows(chain...))
	}
	sent := func(b *bench) hostSet { return anchored(b, b.leaf, b.ca) }
	return map[string]findingCase{
		"ta-not-sent": {func(b *bench) hostSet { return anchored(b, b.leaf) }, "192.0.2.1: mismatch:ta-not-served", sent},
		"ta-wrong-name": {func(b *bench) hostSet {
			return anchored(b, issue(b, &b.ca, sheet{names: []string{"a.example", "b.example"}}), b.ca)
		}, "has a.example, b.example", sent},
		"ta-expired": {func(b *bench) hostSet { return anchored(b, b.expired, b.ca) }, "mismatch:expired", sent},
		"ta-chain":   {func(b *bench) hostSet { return anchored(b, b.other, b.ca) }, "mismatch:chain", sent},
		"ta-depth-0": {func(b *bench) hostSet {
			return set(signedHost(b.record(2, 1, 1, b.leaf)), b.shows(b.leaf, b.ca))
		}, "2 1 1 ", sent},
	}
}

func rolloverCases() map[string]findingCase {
	good := (*bench).good
	records := func(list func(b *bench) []run.TLSA) func(b *bench) hostSet {
		return func(b *bench) hostSet { return set(signedHost(list(b)...), b.shows(b.leaf, b.ca)) }
	}
	return map[string]findingCase{
		"agility-dependent": {records(func(b *bench) []run.TLSA {
			return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 2, b.other)}
		}), "", records(func(b *bench) []run.TLSA { return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 0, 2, b.other)} })},
		"combination-uncovered": {records(func(b *bench) []run.TLSA {
			return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 0, 2, b.other), b.record(3, 0, 1, b.other)}
		}), "3 0 1; 3 0 2", records(func(b *bench) []run.TLSA { return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 1, b.other)} })},
		"rollover-current-next": {records(func(b *bench) []run.TLSA {
			return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 1, b.next)}
		}), "", good},
		"rollover-current-issuer": {records(func(b *bench) []run.TLSA {
			return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(2, 1, 1, b.ca)}
		}), "", good},
		"rollover-none": {good, "", records(func(b *bench) []run.TLSA {
			return []run.TLSA{b.record(3, 1, 1, b.leaf), b.record(3, 1, 1, b.next)}
		})},
		"certificate-expires-soon": {func(b *bench) hostSet {
			leaf := issue(b, &b.ca, sheet{from: noon.AddDate(0, 0, -85), to: noon.AddDate(0, 0, 5)})
			return set(signedHost(b.record(3, 0, 1, leaf)), b.shows(leaf))
		}, "valid until 2026-06-06T12:00:00Z", func(b *bench) hostSet {
			leaf := issue(b, &b.ca, sheet{from: noon.AddDate(0, 0, -85), to: noon.AddDate(0, 0, 5)})
			return set(signedHost(b.record(3, 1, 1, leaf)), b.shows(leaf))
		}},
		"shared-key": {func(b *bench) hostSet {
			b.judge.Run = NewIndex()
			for _, host := range []string{mxName, "mail.elsewhere.example"} {
				e := b.shows(b.leaf)
				e.Host = host
				b.judge.Run.Add(&e.EndpointEvidence, b.certs)
			}
			return b.good()
		}, "mail.elsewhere.example", func(b *bench) hostSet {
			b.judge.Run = NewIndex()
			for _, host := range []string{mxName, "mx2.example.net"} { // one operator
				e := b.shows(b.leaf)
				e.Host = host
				b.judge.Run.Add(&e.EndpointEvidence, b.certs)
			}
			return b.good()
		}},
	}
}

// TestHostFindings: every check of hosts is raised in its case, and not in one
// that comes near it.
func TestHostFindings(t *testing.T) {
	cases := hostFindingCases()
	for _, check := range Findings() {
		if check.Scope != "hosts" {
			continue
		}
		c, ok := cases[check.Code]
		if !ok {
			t.Errorf("%s has no case", check.Code)
			continue
		}
		delete(cases, check.Code)
		t.Run(check.Code, func(t *testing.T) {
			b := newBench(t)
			s := c.raise(b)
			judged(t, b.judge, s.h, b.certs, s.ends...)
			if detail, raised := detailOf(s.h.Findings, check.Code); !raised || !strings.Contains(detail, c.detail) {
				t.Errorf("raised %v with %q, want %q in it; all: %q", raised, detail, c.detail, codes(s.h.Findings))
			}
			b = newBench(t)
			s = c.calm(b)
			judged(t, b.judge, s.h, b.certs, s.ends...)
			if detail, raised := detailOf(s.h.Findings, check.Code); raised {
				t.Errorf("raised without need: %q", detail)
			}
		})
	}
	for code := range cases {
		t.Errorf("%s is no finding of hosts", code)
	}
}

func detailOf(findings []run.Finding, code string) (detail string, ok bool) {
	for _, f := range findings {
		if f.Code == code {
			return f.Detail, true
		}
	}
	return "", false
}

// TestNothingToSay: hosts that are as they should be carry no complaint.
func TestNothingToSay(t *testing.T) {
	b := newBench(t)
	ready := set(signedHost(b.record(3, 1, 1, b.leaf), b.record(3, 1, 1, b.next)), b.shows(b.leaf), b.showsAt(second, b.leaf))
	for name, c := range map[string]struct {
		s    hostSet
		want []string
	}{
		"ready":    {ready, []string{"rollover-current-next"}},
		"verified": {b.good(), []string{"rollover-none"}},
		"plain":    {set(plainHost()), nil},
	} {
		judged(t, b.judge, c.s.h, b.certs, c.s.ends...)
		if got := codes(c.s.h.Findings); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestDomainFindings does for domains what TestHostFindings does for hosts.
func TestDomainFindings(t *testing.T) {
	verified, plain, down := hostKinds['K'][0], hostKinds['B'][0], hostKinds['B'][3]
	unknown := hostKinds['U'][0]
	aliased := verified
	aliased.Alias = true
	mx := func(status run.DNSSEC, facts ...HostFacts) func() (*run.Domain, []HostFacts) {
		return func() (*run.Domain, []HostFacts) { return domainOf(run.MXFound, status, len(facts)), facts }
	}
	also := func(target string, preference int32, f HostFacts) func() (*run.Domain, []HostFacts) {
		return func() (*run.Domain, []HostFacts) {
			d := domainOf(run.MXFound, sec, 1)
			d.MX = append(d.MX, run.MX{Host: target, Preference: preference})
			return d, []HostFacts{f}
		}
	}
	changed := func(change func(d *run.Domain)) func() (*run.Domain, []HostFacts) {
		return func() (*run.Domain, []HostFacts) {
			d := domainOf(run.MXFound, sec, 1)
			change(d)
			return d, []HostFacts{verified}
		}
	}
	level := func(facts ...HostFacts) func() (*run.Domain, []HostFacts) {
		return func() (*run.Domain, []HostFacts) {
			d := domainOf(run.MXFound, sec, len(facts))
			for i := range d.MX {
				d.MX[i].Preference = 10
			}
			return d, facts
		}
	}
	null := func(preference int32) func() (*run.Domain, []HostFacts) {
		return func() (*run.Domain, []HostFacts) {
			d := domainOf(run.MXNull, sec, 0)
			d.NullPreference = &preference
			return d, nil
		}
	}
	cases := map[string]struct {
		raise  func() (*run.Domain, []HostFacts)
		detail string
		calm   func() (*run.Domain, []HostFacts)
	}{
		"mx-null-mixed":      {also(".", 5, verified), "5 .", null(0)},
		"mx-null-preference": {null(10), "10 .", null(0)},
		"mx-is-ip":           {also("192.0.2.1", 20, verified), "20 192.0.2.1", also(".", 20, verified)},
		"mx-is-cname":        {mx(sec, aliased), "0 mx0.example.net", mx(sec, verified)},
		"mx-unresolvable":    {mx(sec, verified, down), "10 mx1.example.net", mx(sec, verified, plain)},
		"mx-insecure":        {mx(ins, verified), "0 mx0.example.net", mx(ins, plain)},
		"partial-mx":         {level(verified, plain), "10 mx1.example.net", level(verified, down)},
		"primary-only":       {mx(sec, verified, plain), "10 mx1.example.net", mx(sec, verified, unknown)},
		"backup-only":        {mx(sec, plain, verified), "0 mx0.example.net", mx(sec, verified, plain)},
		"dnssec-bogus": {changed(func(d *run.Domain) { d.MXLookup = lookup(run.BogusAnswer, bog); d.MXLookup.Reason = "ds-mismatch" }),
			"example.org MX: bogus (ds-mismatch)", mx(sec, verified)},
		"nsec3-iterations": {changed(func(d *run.Domain) {
			d.FallbackAAAA = lookup(run.NoData, sec)
			d.FallbackAAAA.NSEC3Iterations = ptr(int32(1))
		}),
			"example.org AAAA: 1 extra", mx(sec, verified)},
		"dnssec-algorithm-weak": {changed(func(d *run.Domain) { d.DNSKEYAlgorithms = []int32{13, 5} }), "DNSKEY RSASHA1",
			changed(func(d *run.Domain) { d.DNSKEYAlgorithms, d.DS = []int32{13}, []run.DS{{KeyTag: 1, DigestType: 2}} })},
		"rrsig-expires-soon": {changed(func(d *run.Domain) { d.MXLookup.RRSIGExpires = ptr(noon.Add(time.Hour)) }), "2026-06-01T13:00:00Z",
			changed(func(d *run.Domain) { d.MXLookup.RRSIGExpires = ptr(noon.Add(48 * time.Hour)) })},
	}
	for _, check := range Findings() {
		if check.Scope != "domains" {
			continue
		}
		c, ok := cases[check.Code]
		if !ok {
			t.Errorf("%s has no case", check.Code)
			continue
		}
		delete(cases, check.Code)
		d, facts := c.raise()
		Domain(d, lookupFacts(facts))
		if detail, raised := detailOf(d.Findings, check.Code); !raised || !strings.Contains(detail, c.detail) {
			t.Errorf("%s: raised %v with %q, want %q in it; all: %q", check.Code, raised, detail, c.detail, codes(d.Findings))
		}
		d, facts = c.calm()
		Domain(d, lookupFacts(facts))
		if detail, raised := detailOf(d.Findings, check.Code); raised {
			t.Errorf("%s: raised without need: %q", check.Code, detail)
		}
	}
	for code := range cases {
		t.Errorf("%s is no finding of domains", code)
	}
}

// TestCheckTexts: every code of the vocabulary of findings is there, in one shape,
// with a text for whoever meets it.
func TestCheckTexts(t *testing.T) {
	const vocabulary = `mx-null-mixed mx-null-preference mx-is-ip mx-is-cname mx-unresolvable mx-insecure address-insecure
		tlsa-lookup-error denial-broken ent-nxdomain dnssec-bogus tlsa-insecure tlsa-cname-broken tlsa-wildcard nsec3-iterations
		dnssec-algorithm-weak rrsig-expires-soon partial-mx primary-only backup-only
		starttls-missing starttls-refused starttls-selective tls-handshake tls-legacy-only
		tlsa-pkix-usage tlsa-unknown-field tlsa-bad-length tlsa-bad-der tlsa-full-data tlsa-too-many tlsa-oversize tlsa-ttl-long
		tlsa-ttl-short tlsa-empty-hash tlsa-swapped-fields
		mismatch mismatch-stale mismatch-other-host mismatch-retired-ca mismatch-typo ta-not-sent ta-wrong-name ta-expired ta-chain
		ta-depth-0 some-addresses some-algorithms agility-dependent combination-uncovered
		rollover-current-next rollover-current-issuer rollover-none certificate-expires-soon shared-key flapping`
	missing := strings.Fields(vocabulary)
	seen := map[string]bool{}
	for _, c := range Findings() {
		if seen[c.Scope+c.Code] {
			t.Errorf("%s is there twice for %s", c.Code, c.Scope)
		}
		seen[c.Scope+c.Code] = true
		if !strings.Contains(vocabulary, c.Code) {
			t.Errorf("%s is not in the vocabulary", c.Code)
		}
		missing = slices.DeleteFunc(missing, func(code string) bool { return code == c.Code })
		if c.Title == "" || c.Meaning == "" || !strings.HasPrefix(c.RFC, "RFC ") || (c.Remedy == "") != (c.Severity == Good) {
			t.Errorf("%s: title %q, meaning %q, remedy %q, source %q", c.Code, c.Title, c.Meaning, c.Remedy, c.RFC)
		}
		if !slices.Contains([]Severity{Failure, Warning, Notice, Good}, c.Severity) {
			t.Errorf("%s: severity %q", c.Code, c.Severity)
		}
	}
	if len(missing) > 0 {
		t.Errorf("no check for %q", missing)
	}
}
