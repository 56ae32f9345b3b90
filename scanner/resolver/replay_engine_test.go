package resolver

import (
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"danescan/scanner/dnssec"
)

// rplSample is a script in which every rule of the format is needed: %s stands
// for the final check.
const rplSample = `
; comment
server:
	val-override-date: "20070916134226"  # comment
	do-ip6: no
stub-zone:
	name: "."
	stub-addr: 193.0.14.129 # K.ROOT-SERVERS.NET.
CONFIG_END
SCENARIO_BEGIN a sample
RANGE_BEGIN 0 100
	ADDRESS 193.0.14.129
ENTRY_BEGIN
MATCH opcode subdomain
ADJUST copy_id copy_query
REPLY QR NOERROR
SECTION QUESTION
test. IN NS
SECTION AUTHORITY
test. NS ns.test.
SECTION ADDITIONAL
ns.test. A 1.2.3.4
ENTRY_END
RANGE_END
RANGE_BEGIN 0 100
	ADDRESS 1.2.3.4
	ADDRESS 1.2.3.5
ENTRY_BEGIN
MATCH opcode qtype qname TCP
REPLY QR AA NOERROR
SECTION QUESTION
big.test. IN TXT
SECTION ANSWER
big.test. 60 IN TXT "over TCP; with ; in it"
ENTRY_END
ENTRY_BEGIN
MATCH opcode qtype qname
REPLY QR TC NOERROR
SECTION QUESTION
big.test. IN TXT
ENTRY_END
ENTRY_BEGIN
MATCH opcode qtype
MATCH qname
REPLY QR AA NOERROR
SECTION QUESTION
www.test. IN A
SECTION ANSWER
www.test. 10 IN A 10.0.0.1
ENTRY_END
ENTRY_BEGIN
MATCH opcode qtype qname
REPLY QR AA NOERROR
SECTION QUESTION
www.test. IN A
SECTION ANSWER
www.test. 10 IN A 10.0.0.99 ; never reached: the entry before matches first
ENTRY_END
RANGE_END
RANGE_BEGIN 30 40
	ADDRESS 1.2.3.4
ENTRY_BEGIN
MATCH opcode qtype qname
REPLY QR AA NOERROR
SECTION QUESTION
www.test. IN A
SECTION ANSWER
www.test. 10 IN A 10.0.0.2
ENTRY_END
RANGE_END
STEP 1 QUERY
ENTRY_BEGIN
REPLY RD
SECTION QUESTION
www.test. IN A
ENTRY_END
STEP 2 CHECK_ANSWER
ENTRY_BEGIN
MATCH all
REPLY QR RD RA NOERROR
SECTION QUESTION
www.test. IN A
SECTION ANSWER
www.test. IN A 10.0.0.1
ENTRY_END
STEP 10 QUERY
ENTRY_BEGIN
REPLY RD
SECTION QUESTION
big.test. IN TXT
ENTRY_END
STEP 11 CHECK_ANSWER
ENTRY_BEGIN
MATCH all
REPLY QR RD RA NOERROR
SECTION QUESTION
big.test. IN TXT
SECTION ANSWER
big.test. IN TXT "over TCP; with ; in it"
ENTRY_END
STEP 25 TIME_PASSES ELAPSE 10.5
STEP 29 QUERY
ENTRY_BEGIN
REPLY RD DO
SECTION QUESTION
www.test. IN A
ENTRY_END
STEP 30 CHECK_ANSWER
ENTRY_BEGIN
MATCH all
REPLY %FLAGS%
SECTION QUESTION
www.test. IN A
SECTION ANSWER
%ANSWER%
ENTRY_END
SCENARIO_END
`

// TestReplayEngine shows that the engine tells right from wrong: each wrong
// expectation is found, and nothing else.
func TestReplayEngine(t *testing.T) {
	for _, tt := range []struct{ name, flags, answer, problem string }{
		{"as it is", "QR RD RA NOERROR", "www.test. IN A 10.0.0.2", ""},
		{"order and TTL do not matter", "QR RD RA NOERROR", "WWW.test. 7 IN A 10.0.0.2", ""},
		{"other rcode", "QR RD RA NXDOMAIN", "www.test. IN A 10.0.0.2", "rcode NOERROR, want NXDOMAIN"},
		{"failure expected", "QR RD RA SERVFAIL", "", "rcode NOERROR, want SERVFAIL"},
		{"secure expected", "QR RD RA AD NOERROR", "www.test. IN A 10.0.0.2", "secure false, want true"},
		{"other answer", "QR RD RA NOERROR", "www.test. IN A 10.0.0.1", "answer"},
		{"more in the answer", "QR RD RA NOERROR", "www.test. IN A 10.0.0.2\nwww.test. IN A 10.0.0.3", "answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.NewReplacer("%FLAGS%", tt.flags, "%ANSWER%", tt.answer).Replace(rplSample)
			script, err := parseReplay([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			p, err := newPlayer(script)
			if err != nil {
				t.Fatal(err)
			}
			problems := p.play()
			if tt.problem == "" && (len(problems) != 0 || p.checks != 3) {
				t.Errorf("%d checks, problems %q\n%s", p.checks, problems, p.world.tail())
			}
			if tt.problem != "" && (len(problems) != 1 || !strings.Contains(problems[0], tt.problem)) {
				t.Errorf("problems %q, want one with %q", problems, tt.problem)
			}
		})
	}
}

func TestReplayConfiguration(t *testing.T) {
	script, err := parseReplay([]byte(`
server:
	trust-anchor: "example.com. 3600 IN DS 2854 3 1 46e4ffc6e9a4793b488954bd3f0cc6af0dfb201b"
	trust-anchor: ". DS 19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5"
	domain-insecure: "sub.example.com"
	val-override-timestamp: "1442839270"
	val-nsec3-keysize-iterations: "1024 150 2048 500 4096 2500"
stub-zone:
	name: "sub.example.com"
	stub-addr: 1.2.3.6@53
	stub-host: ns.example.net
server:
	root-hints:
TEMPFILE_NAME h
TEMPFILE_CONTENTS h
. 3600 NS k.root-servers.net.
k.root-servers.net. 3600 IN A 193.0.14.129
TEMPFILE_END
CONFIG_END
SCENARIO_BEGIN x
SCENARIO_END
`))
	if err != nil {
		t.Fatal(err)
	}
	c, err := script.configure()
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Anchors) != 2 || c.Anchors[0].Name != "example.com." || c.Anchors[1].DS == nil {
		t.Errorf("anchors %+v", c.Anchors)
	}
	if len(c.Insecure) != 1 || c.Limits.NSEC3Iterations != 150 || c.Now.Unix() != 1442839270 {
		t.Errorf("%+v", c)
	}
	if len(c.Zones) != 2 || c.Zones[0].Name != "." || c.Zones[1].Name != "sub.example.com." || len(c.Zones[1].Servers) != 2 {
		t.Errorf("zones %+v", c.Zones)
	}
}

// TestReplaySkipsByContent shows what makes a script or a step none of ours.
func TestReplaySkipsByContent(t *testing.T) {
	script := func(config, step string) *rplScript {
		s, err := parseReplay([]byte("server:\n" + config + "\nCONFIG_END\nSCENARIO_BEGIN x\n" + step + "\nSCENARIO_END\n"))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for config, foreign := range map[string]bool{
		"harden-algo-downgrade: yes": false, "val-permissive-mode: yes": true,
		"serve-expired: yes": true, "auto-trust-anchor-file: x": true,
		`module-config: "respip validator iterator"`: true, `module-config: "validator iterator"`: false,
		"local-zone: test. static": true, "local-zone: test. nodefault": false,
		"val-override-date: \"-1\"": true, "val-override-date: \"20070916134226\"": false,
		"forward-zone:\nname: \".\"": false, "stub-zone:\nname: \"example.com\"": false,
	} {
		if got := script(config, "").notForUs() != ""; got != foreign {
			t.Errorf("%q: foreign %v, want %v", config, got, foreign)
		}
	}
	if script("", "STEP 1 CHECK_OUT_QUERY").notForUs() == "" {
		t.Error("a step into the resolver's insides is taken for ours")
	}
	for entry, foreign := range map[string]bool{
		"REPLY RD DO\nSECTION QUESTION\nx. IN A": false, "REPLY DO\nSECTION QUESTION\nx. IN A": true,
		"REPLY RD CD\nSECTION QUESTION\nx. IN A": true, "REPLY RD\nSECTION QUESTION\nx. IN ANY": true,
		"REPLY RD\nSECTION QUESTION\nx. IN RRSIG": true, "REPLY RD\nSECTION QUESTION\nx. CH A": true,
	} {
		s := script("", "STEP 1 QUERY\nENTRY_BEGIN\n"+entry+"\nENTRY_END")
		if got := s.Steps[0].notForUs() != ""; got != foreign {
			t.Errorf("%q: foreign %v, want %v", entry, got, foreign)
		}
	}
}

func TestReplayRecords(t *testing.T) {
	for text, want := range map[string]string{
		"x. A 192.0.2.1 ; comment":                                   "x.\t3600\tIN\tA\t192.0.2.1",
		"x. 7 IN A 192.0.2.1":                                        "x.\t7\tIN\tA\t192.0.2.1",
		"x. IN DNSKEY 256 3 RSASHA1 AAAA":                            "x.\t3600\tIN\tDNSKEY\t256 3 5 AAAA",
		"x. DNSKEY 256 3 253 UNUSABLE==":                             "x.\t3600\tIN\tDNSKEY\t256 3 253 UNUSABLE",
		"x. IN DS 1 RSASHA1 1 f7ed618f24d5e5202927e1d27bc2":          "x.\t3600\tIN\tDS\t1 5 1 F7ED618F24D5E5202927E1D27BC2",
		"x. NSEC y. TXT A NS":                                        "x.\t3600\tIN\tNSEC\ty. A NS TXT",
		"x. IN A \\# 2 0a0b":                                         "x.\t3600\tCLASS1\tTYPE1\t\\# 2 0a0b",
		"www IN CNAME mail":                                          "www.test.\t3600\tIN\tCNAME\tmail.test.",
		`x. IN TXT "a ; b" c`:                                        "x.\t3600\tIN\tTXT\t\"a ; b\" \"c\"",
		"x. SOA a. b. (1 2\n 3 4 5)":                                 "x.\t3600\tIN\tSOA\ta. b. 1 2 3 4 5",
		"x. RRSIG A 3 1 60 20070926134150 20070829134150 1 x. AAAAA": "x.\t3600\tIN\tRRSIG\tA 3 1 60 20070926134150 20070829134150 1 x. AAAA",
	} {
		rr, err := rplRecord(text, "test.", rplDefaultTTL)
		if err != nil || rr.String() != want {
			t.Errorf("%q: %v %v, want %q", text, rr, err, want)
		}
	}
	for _, text := range []string{"", "x.", "x. IN A 1.2.3", "x. NONSENSE y"} {
		if rr, err := rplRecord(text, ".", 1); err == nil {
			t.Errorf("%q is taken for %v", text, rr)
		}
	}
}

func TestReplayElapse(t *testing.T) {
	for args, want := range map[string]time.Duration{"ELAPSE 10": 10 * time.Second, "ELAPSE 0.25": 250 * time.Millisecond} {
		got, err := rplStep{Args: strings.Fields(args)}.elapse()
		if err != nil || got != want {
			t.Errorf("%q: %v %v", args, got, err)
		}
	}
	for _, args := range []string{"", "ELAPSE", "ELAPSE x", "ELAPSE -1", "ELAPSE NaN", "ELAPSE 1e300"} {
		if _, err := (rplStep{Args: strings.Fields(args)}).elapse(); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
}

// FuzzReplayParse feeds the parser bytes; what it takes must play to an end.
func FuzzReplayParse(f *testing.F) {
	f.Add([]byte(rplSample))
	f.Add([]byte("CONFIG_END\nSCENARIO_BEGIN\nSCENARIO_END"))
	f.Add([]byte("CONFIG_END\nSCENARIO_BEGIN\nRANGE_BEGIN 0 1\nENTRY_BEGIN\nHEX_ANSWER_BEGIN\n0001 ; x\nHEX_ANSWER_END\nENTRY_END\nRANGE_END\nSCENARIO_END"))
	f.Add([]byte("CONFIG_END\nSCENARIO_BEGIN\nSTEP 1 QUERY\nENTRY_BEGIN\nSECTION ANSWER\nx. IN A \\# 3 010203\nx. IN SOA a. b. (1\n2 3 4 5)\nENTRY_END\nSCENARIO_END"))
	f.Fuzz(func(t *testing.T, text []byte) {
		script, err := parseReplay(text)
		if err != nil || len(script.Steps) > 20 || script.notForUs() != "" {
			return
		}
		p, err := newPlayer(script)
		if err != nil {
			return
		}
		p.play()
		for _, a := range p.answers {
			if a.secure && len(p.script.Config) == 0 {
				t.Error("secure without an anchor")
			}
		}
		_, _ = rplQuestion(strings.Fields(string(text)), ".")
		_ = p.world.silentOn(dnssec.Question{Name: "x.", Type: dns.TypeA})
	})
}
