package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/report"
)

func reportCommand() *command {
	return &command{
		name: "report", args: "RUN", summary: "write the HTML page of a run",
		about:    "The page is one file, index.html: no script, and nothing is fetched from anywhere.",
		examples: []example{{"danescan report runs/2026-11 -o site", "the page of one run"}},
		prepare: func(flags *pflag.FlagSet) action {
			out := flags.StringP("output", "o", "", "`DIR` of the page")
			return func(ctx context.Context, e *env, args []string) error {
				if err := wantArgs(args, 1, 1, "the RUN directory"); err != nil {
					return err
				}
				if *out == "" {
					return &usageError{text: "missing -o DIR: where the page is to be written"}
				}
				made, err := report.Write(ctx, report.Config{Run: args[0], Out: *out})
				if err != nil {
					return err
				}
				h := made.Headline
				fmt.Fprintf(e.stderr, "%d names, %d with mail, %d with proven MX records, %d with DANE, %d verified, %d failed, %d undecided\n",
					h.Names, h.WithMail, h.SignedMX, h.DANE, h.Verified, h.Failed, h.Undecided)
				fmt.Fprintln(e.stdout, made.Path)
				return nil
			}
		},
	}
}
