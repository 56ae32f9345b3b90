package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"danescan/scanner"
	"danescan/scanner/dane"
)

func tlsaVerifyCommand() *command {
	return &command{
		name: "tlsa verify", args: "", summary: "judge a certificate chain by TLSA records, from files",
		about: `No network is touched. Exit status: 0 verified, 4 mismatch, 3 no usable record.

The names that a DANE-TA(2) certificate may carry are --name, the TLSA base domain,
and each --next-hop (RFC 7672, Section 3.2.2).`,
		examples: []example{
			{`danescan tlsa verify --chain fullchain.pem --record "3 1 1 0123..." --name mx.example.org`, "would senders accept it?"},
			{`danescan tlsa verify --chain fullchain.pem --record "2 1 1 0123..." --name mx.example.org --next-hop example.org --at 2027-01-01T00:00:00Z`, "and in the new year?"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &verifyFlags{}
			flags.StringVar(&f.chain, "chain", "", "PEM `FILE` with the certificates as the server sends them, leaf first")
			flags.StringArrayVar(&f.records, "record", nil, "`\"U S M DIGITS\"` of a TLSA record; may be repeated")
			flags.StringVar(&f.name, "name", "", "TLSA base domain: `HOST`")
			flags.StringArrayVar(&f.nextHops, "next-hop", nil, "`DOMAIN` that mail is for; may be repeated")
			flags.StringVar(&f.at, "at", "", "judge as of `TIME` (RFC 3339) instead of now")
			flags.BoolVar(&f.json, "json", false, "print the whole result as JSON")
			return f.run
		},
	}
}

type verifyFlags struct {
	chain, name, at   string
	records, nextHops []string
	json              bool
}

func (f *verifyFlags) run(_ context.Context, e *env, args []string) error {
	if err := wantArgs(args, 0, 0, ""); err != nil {
		return err
	}
	if f.chain == "" || len(f.records) == 0 || f.name == "" {
		return &usageError{text: "want --chain FILE, at least one --record, and --name HOST"}
	}
	at := time.Now()
	if f.at != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, f.at); err != nil {
			return &usageError{text: fmt.Sprintf("--at %q: want a time such as 2026-11-01T00:00:00Z", f.at)}
		}
	}
	var records []dane.Record
	for _, text := range f.records {
		r, err := scanner.ParseRecord(text)
		if err != nil {
			return &usageError{text: "--record: " + err.Error()}
		}
		records = append(records, r)
	}
	chain, err := scanner.ReadCertificates(f.chain)
	if err != nil {
		return err
	}
	names := dane.Names{strings.TrimSuffix(f.name, ".")}
	for _, hop := range f.nextHops {
		names = append(names, strings.TrimSuffix(hop, "."))
	}
	return f.print(e, dane.Verify(records, chain, names, at))
}

// Exit statuses of tlsa verify.
const (
	exitUnusable = 3
	exitMismatch = 4
)

// print shows the result and returns the verdict as exit status.
func (f *verifyFlags) print(e *env, r dane.Result) error {
	verdict, exit := "verified", error(nil)
	switch {
	case r.Reason == dane.NoUsable:
		verdict, exit = "unusable", exitError(exitUnusable)
	case !r.Verified:
		verdict, exit = "mismatch", exitError(exitMismatch)
	}
	if f.json {
		out := json.NewEncoder(e.stdout)
		out.SetIndent("", "  ")
		if err := out.Encode(jsonResult(verdict, r)); err != nil {
			return err
		}
		return exit
	}
	switch {
	case r.Verified:
		fmt.Fprintf(e.stdout, "verified by record %d at depth %d\n", r.Record+1, r.Depth)
	case r.Reason == dane.NoUsable:
		fmt.Fprintln(e.stdout, "unusable: no record can authenticate a mail server")
	default:
		fmt.Fprintf(e.stdout, "mismatch: %s%s\n", r.Reason, namesText(r))
	}
	return exit
}

func namesText(r dane.Result) string {
	if r.Reason != dane.Name {
		return ""
	}
	return printable(fmt.Sprintf(" (the certificate is for %s)", strings.Join(r.NamesSeen, ", ")))
}

// jsonResult has the words of the endpoints table.
func jsonResult(verdict string, r dane.Result) map[string]any {
	return map[string]any{
		"verdict": verdict, "reason": r.Reason, "record": r.Record, "matched_depth": r.Depth,
		"matched": r.Matched, "depths": r.Depths, "path_ok": r.PathOK, "name_matched": r.NameMatched, "names_seen": r.NamesSeen,
	}
}
