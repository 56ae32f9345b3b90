package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"danescan/scanner"
	"danescan/scanner/dane"
	"danescan/scanner/smtp"
)

func tlsaGenerateCommand() *command {
	return &command{
		name: "tlsa generate", args: "[FILE.pem]", summary: "print the TLSA records for a certificate, a key or a running server",
		about: `FILE.pem holds a certificate (with its issuers behind it, for --issuer) or a key.
The records are lines of a zone file. The default, 3 1 1, is what RFC 7672 asks for
first: it lives as long as the key, however often the certificate is renewed.

Publish the record of the next key (--next) before the key is used, or that of the
issuer's key (--issuer), so that a renewal never leaves senders without a match
(RFC 7671, Section 8).`,
		examples: []example{
			{"danescan tlsa generate --host mx.example.org fullchain.pem", "for the certificate in use"},
			{"danescan tlsa generate --host mx.example.org --next next-key.pem fullchain.pem", "for the key in use and the next one"},
			{"danescan tlsa generate --host mx.example.org --issuer fullchain.pem", "for the key in use and the issuer's"},
			{"danescan tlsa generate --host mx.example.org --connect 192.0.2.25:25", "for what a server shows"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &generateFlags{}
			flags.StringVar(&f.host, "host", "", "`NAME` of the MX host")
			flags.StringVar(&f.parameters, "parameters", "3 1 1", "`\"U S M\"`: usage, selector, matching type")
			flags.StringVar(&f.next, "next", "", "`FILE` with the next key or certificate: a second record")
			flags.BoolVar(&f.issuer, "issuer", false, "a second record, 2 1 1, for the last certificate of the chain")
			flags.StringVar(&f.connect, "connect", "", "`ADDR:PORT` of a running mail server to take the certificate from")
			return f.run
		},
	}
}

type generateFlags struct {
	host, parameters, next, connect string
	issuer                          bool
}

func (f *generateFlags) run(ctx context.Context, e *env, args []string) error {
	if err := wantArgs(args, 0, 1, ""); err != nil {
		return err
	}
	switch {
	case f.host == "":
		return &usageError{text: "missing --host NAME of the MX host"}
	case (len(args) == 0) == (f.connect == ""):
		return &usageError{text: "want either a FILE.pem or --connect ADDR:PORT"}
	}
	usage, err := parameters(f.parameters)
	if err != nil {
		return err
	}
	chain, err := f.source(ctx, args)
	if err != nil {
		return err
	}
	records := []recordOf{{usage, chain[0]}}
	if f.next != "" {
		der, err := scanner.ReadKey(f.next)
		if err != nil {
			return err
		}
		records = append(records, recordOf{usage, der})
	}
	if f.issuer {
		if len(chain) < 2 {
			return errors.New("--issuer: there is no issuer behind the certificate: give the full chain")
		}
		records = append(records, recordOf{[3]uint8{2, 1, 1}, chain[len(chain)-1]})
	}
	return f.print(e, records)
}

// recordOf is a record to make: parameters and what it is made of.
type recordOf struct {
	parameters [3]uint8
	der        []byte
}

func (f *generateFlags) print(e *env, records []recordOf) error {
	for _, r := range records {
		made, err := dane.Generate(r.parameters[0], r.parameters[1], r.parameters[2], r.der)
		if err != nil {
			return err
		}
		fmt.Fprintln(e.stdout, made.ZoneLine(f.host))
	}
	return nil
}

// source is the chain in the file or at the server, or a key alone.
func (f *generateFlags) source(ctx context.Context, args []string) (dane.Chain, error) {
	if f.connect != "" {
		server, err := netip.ParseAddrPort(f.connect)
		if err != nil {
			return nil, &usageError{text: fmt.Sprintf("--connect %q: want an address and a port such as 192.0.2.25:25", f.connect)}
		}
		name, _ := os.Hostname()
		return scanner.ShownBy(ctx, server, f.host, smtp.Config{EHLO: name})
	}
	if chain, err := scanner.ReadCertificates(args[0]); err == nil {
		return chain, nil
	}
	der, err := scanner.ReadKey(args[0])
	return dane.Chain{der}, err
}

// parameters reads usage, selector and matching type.
func parameters(text string) (p [3]uint8, err error) {
	fields := strings.Fields(text)
	if len(fields) == 3 {
		for i, field := range fields {
			n, e := strconv.ParseUint(field, 10, 8)
			if e != nil {
				break
			}
			if p[i] = uint8(n); i == 2 {
				return p, nil
			}
		}
	}
	return p, &usageError{text: fmt.Sprintf("--parameters %q: want three numbers such as \"3 1 1\"", text)}
}
