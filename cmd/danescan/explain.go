package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/miekg/dns"
	"github.com/spf13/pflag"

	"danescan/scanner"
)

func explainCommand() *command {
	return &command{
		name: "explain", args: "NAME TYPE", summary: "print the chain of trust of a lookup, link by link",
		about: "Shows how the answer is proven, or where and why the proof breaks.",
		examples: []example{
			{"danescan explain _25._tcp.mx.example.org TLSA", "is that TLSA record proven?"},
			{"danescan explain example.org MX --resolver 127.0.0.1", "as fetched through a resolver"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &lookupFlags{}
			f.declare(flags)
			configFlag(flags)
			return func(ctx context.Context, e *env, args []string) error {
				if err := wantArgs(args, 2, 2, "NAME and TYPE"); err != nil {
					return err
				}
				qtype, known := dns.StringToType[strings.ToUpper(args[1])]
				if !known {
					return &usageError{text: fmt.Sprintf("unknown record type %q", args[1])}
				}
				config, err := f.config()
				if err != nil {
					return err
				}
				x, err := scanner.Explain(ctx, config, args[0], qtype)
				if err != nil {
					return err
				}
				var text bytes.Buffer
				x.Write(&text)
				fmt.Fprint(e.stdout, printable(text.String()))
				return nil
			}
		},
	}
}
