package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/pflag"
)

// TestMain lets the scripts run this test binary as danescan.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"danescan": func() { os.Exit(program(os.Args[1:], os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"jsonlines": jsonLines},
		Setup: func(e *testscript.Env) error {
			// The pacing of a lab, in plain sight: nothing is gentler by itself
			// because an address is loopback.
			// Whatever a script forgets, no question leaves this machine.
			hints := filepath.Join(e.WorkDir, "nowhere.hints")
			if err := os.WriteFile(hints, []byte(". 1 IN NS nowhere.\nnowhere. 1 IN A 127.255.255.254\n"), 0o600); err != nil {
				return err
			}
			for _, setting := range []string{
				"DANESCAN_ROOT_HINTS=" + hints, "DANESCAN_DNS_PORT=1",
				"DANESCAN_SMTP_GAP=0", "DANESCAN_RETRY_DELAY=10ms", "DANESCAN_CONFIRM=10ms", "DANESCAN_SMTP_RATE=0", "DANESCAN_DNS_RATE=0", "DANESCAN_DNS_RATE_PER_SERVER=0",
				// What answers may take its time, be this machine busy. The lab's tarpits
				// cost a greeting, and where a script iterates over the whole lab, its
				// silent name servers cost it about 16 time-outs.
				"DANESCAN_TIMEOUT=20s", "DANESCAN_RETRIES=0", "DANESCAN_DNS_CONCURRENCY=50", "DANESCAN_SMTP_CONCURRENCY=20",
				"DANESCAN_CONNECT_TIMEOUT=30s", "DANESCAN_GREETING_TIMEOUT=5s", "DANESCAN_COMMAND_TIMEOUT=30s", "DANESCAN_HANDSHAKE_TIMEOUT=30s",
			} {
				name, value, _ := strings.Cut(setting, "=")
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// jsonLines checks that each line of a file is a JSON object.
func jsonLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: jsonlines FILE")
	}
	lines := 0
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			ts.Fatalf("%q is no JSON object: %v", line, err)
		}
		lines++
	}
	if lines == 0 {
		ts.Fatalf("%s is empty", args[0])
	}
}

// Every error that a user can meet on the command line, as it is shown.
func TestUsageErrors(t *testing.T) {
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"frobnicate"}, `danescan: unknown command "frobnicate"`},
		{[]string{"scan"}, "danescan: missing the LIST"},
		{[]string{"scan", "--nonsense", "a"}, "danescan: unknown flag: --nonsense"},
		{[]string{"scan", "a"}, "danescan: missing -o DIR: where the run is to be written"},
		{[]string{"scan", "-o", "r", "--contact", "c", "--list-url", "u", "a", "b"}, "danescan: --list-id and --list-url are of one list, and several are given"},
		{[]string{"scan", "-o", "r", "a"}, "danescan: missing --contact TEXT: operators who see the scan must know whom to ask (not needed with --limit up to 1000 or --probe none)"},
		{[]string{"scan", "-o", "r", "-n", "1001", "a"}, "danescan: missing --contact TEXT: operators who see the scan must know whom to ask (not needed with --limit up to 1000 or --probe none)"},
		{[]string{"scan", "-o", "r", "-n", "1", "--trust-ad", "a"}, "danescan: --trust-ad needs exactly one --resolver to believe"},
		{[]string{"scan", "-o", "r", "-n", "1", "--resolver", "127.0.0.1", "--root-hints", "x", "a"}, "danescan: --root-hints is for iterating; with --resolver the resolver has its own"},
		{[]string{"scan", "-o", "r", "-n", "1", "--trust-ad", "--resolver", "127.0.0.1", "--trust-anchor", "x", "a"}, "danescan: --trust-anchor is for validating here; with --trust-ad the resolver has its own"},
		{[]string{"scan", "-o", "r", "-n", "1", "--trust-ad=yes", "--resolver", "127.0.0.1", "a"}, `danescan: --trust-ad=yes: it takes no value, or "insecure"`},
		{[]string{"scan", "-o", "r", "-n", "1", "--at", "yesterday", "a"}, `danescan: --at "yesterday": want a time such as 2026-11-01T00:00:00Z`},
		{[]string{"scan", "-o", "r", "-n", "1", "--sha1", "maybe", "a"}, "danescan: --sha1=maybe: validate or insecure"},
		{[]string{"scan", "-o", "r", "-n", "1", "--probe", "some", "a"}, "danescan: --probe=some: dane, all or none"},
		{[]string{"scan", "-o", "r", "-n", "1", "--ipv4-only", "--ipv6-only", "a"}, "danescan: --ipv4-only and --ipv6-only leave no address to connect to"},
		{[]string{"scan", "-o", "r", "-n", "1", "--smtp-concurrency", "0", "a"}, "danescan: --smtp-concurrency must be at least 1, and rates, limits and gaps cannot be negative"},
		{[]string{"scan", "-o", "r", "-n", "1", "--smtp-per-net", "-1", "a"}, "danescan: --smtp-concurrency must be at least 1, and rates, limits and gaps cannot be negative"},
		{[]string{"scan", "-o", "r", "-n", "1", "--infer", "maybe", "a"}, "danescan: --infer=maybe: auto or off"},
		{[]string{"scan", "-o", "r", "-n", "-1", "--contact", "c", "a"}, "danescan: --dns-concurrency must be at least 1, and rates and limits cannot be negative"},
		{[]string{"scan", "-o", "r", "-n", "1", "--progress", "loud", "a"}, "danescan: --progress=loud: auto, bar, plain, json or none"},
		{[]string{"tlsa"}, "danescan: tlsa: generate or verify?"},
		{[]string{"tlsa", "generate", "x.pem"}, "danescan: missing --host NAME of the MX host"},
		{[]string{"tlsa", "generate", "--host", "h"}, "danescan: want either a FILE.pem or --connect ADDR:PORT"},
		{[]string{"tlsa", "generate", "--host", "h", "--parameters", "3 1", "x.pem"}, `danescan: --parameters "3 1": want three numbers such as "3 1 1"`},
		{[]string{"tlsa", "verify", "--name", "h"}, "danescan: want --chain FILE, at least one --record, and --name HOST"},
		{[]string{"tlsa", "verify", "--name", "h", "--chain", "c", "--record", "3 1"}, `danescan: --record: record "3 1": want usage, selector, matching type and digits, such as "3 1 1 0123..."`},
		{[]string{"tlsa", "verify", "--name", "h", "--chain", "c", "--record", "3 1 1 xy"}, `danescan: --record: record "3 1 1 xy": the data are not hexadecimal digits`},
		{[]string{"report"}, "danescan: missing the RUN directory"},
		{[]string{"report", "r"}, "danescan: missing -o DIR: where the page is to be written"},
		{[]string{"version", "x"}, `danescan: unexpected argument "x"`},
		{[]string{"bad\x1b[31m"}, "danescan: unknown command \"bad\\x1b[31m\""},
	} {
		var stdout, stderr bytes.Buffer
		if got := program(tc.args, &stdout, &stderr); got != 2 {
			t.Errorf("%q: exit status %d, want 2", tc.args, got)
		}
		first, _, _ := strings.Cut(stderr.String(), "\n")
		if first != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.args, first, tc.want)
		}
		if stdout.Len() > 0 {
			t.Errorf("%q: stdout %q", tc.args, stdout.String())
		}
	}
}

func TestHelpNamesEveryFlagAndEndsWithExamples(t *testing.T) {
	for _, c := range commands() {
		var out bytes.Buffer
		writeHelp(&out, c)
		text := out.String()
		if !strings.HasPrefix(text, "Usage: danescan "+c.name) {
			t.Errorf("%s: %q", c.name, text)
		}
		flagsOf(c).VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, "--"+f.Name) || f.Usage == "" {
				t.Errorf("%s: --%s is not explained", c.name, f.Name)
			}
		})
		if n := len(c.examples); n > 0 && !strings.HasSuffix(text, c.examples[n-1].line+"\n") {
			t.Errorf("%s: the help does not end with its examples", c.name)
		}
	}
}

func TestManPageAndCompletionKnowEveryCommand(t *testing.T) {
	var man, completion bytes.Buffer
	writeMan(&man)
	writeCompletion(&completion)
	for _, c := range commands() {
		if !strings.Contains(man.String(), ".SS danescan "+c.name) {
			t.Errorf("man page without %s", c.name)
		}
		if !strings.Contains(completion.String(), "    "+strings.ReplaceAll(c.name, " ", "-")) {
			t.Errorf("completion without %s", c.name)
		}
	}
}

func TestSettingsPrecedence(t *testing.T) {
	config := t.TempDir() + "/config.toml"
	if err := os.WriteFile(config, []byte("dns-rate = 7\nretries = 7\ntimeout = \"7s\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := flagsOf(scanCommand())
	if err := flags.Parse([]string{"--config", config, "--dns-rate", "9"}); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"DANESCAN_DNS_RATE": "8", "DANESCAN_RETRIES": "8"}
	err := settle(flags, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"dns-rate": "9", "retries": "8", "timeout": "7s", "smtp-gap": "3s"} {
		if got := flags.Lookup(name).Value.String(); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
}

func TestSettingsErrors(t *testing.T) {
	dir := t.TempDir()
	os.WriteFile(dir+"/unknown.toml", []byte("frob = 1\n"), 0o600)
	os.WriteFile(dir+"/value.toml", []byte("retries = \"many\"\n"), 0o600)
	for file, want := range map[string]string{
		"unknown.toml": `"frob" is no setting of this command`, "value.toml": "retries", "absent.toml": "no such file",
	} {
		flags := flagsOf(scanCommand())
		flags.Parse([]string{"--config", dir + "/" + file})
		err := settle(flags, func(string) (string, bool) { return "", false })
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", file, err, want)
		}
	}
}

func TestStatus(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want int
		text string
	}{
		{nil, 0, ""},
		{exitError(4), 4, ""},
		{errInterrupted, 130, ""},
		{errors.New("bad\x1b[2J peer"), 1, "danescan: bad\ufffd[2J peer\n"},
		{fmt.Errorf("wrapped: %w", io.ErrUnexpectedEOF), 1, "danescan: wrapped: unexpected EOF\n"},
	} {
		var out bytes.Buffer
		if got := status(tc.err, &env{stderr: &out}); got != tc.want || out.String() != tc.text {
			t.Errorf("%v: %d, %q", tc.err, got, out.String())
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"plain-1.csv": "plain-1.csv", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "$x": "'$x'",
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}
