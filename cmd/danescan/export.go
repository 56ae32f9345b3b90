package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/datasets/run"
)

func exportCommand() *command {
	return &command{
		name: "export", args: "RUN TABLE", summary: "write a table of a run as CSV or JSON Lines to stdout",
		about: `TABLE is domains, hosts, endpoints or certificates. CSV is safe to open in a
spreadsheet: a cell that would be a formula is not one. In both, bytes are
hexadecimal and control characters are escaped.`,
		examples: []example{
			{"danescan export runs/2026-11 domains > domains.csv", "for a spreadsheet"},
			{"danescan export --format jsonl runs/2026-11 hosts", "an object per row"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			format := flags.StringP("format", "f", "csv", "`csv|jsonl`")
			return func(_ context.Context, e *env, args []string) error {
				if err := wantArgs(args, 2, 2, "the RUN directory and the TABLE"); err != nil {
					return err
				}
				table, err := run.ParseTable(args[1])
				if err != nil {
					return &usageError{text: err.Error()}
				}
				if *format != string(run.FormatCSV) && *format != string(run.FormatJSONL) {
					return &usageError{text: fmt.Sprintf("--format=%s: csv or jsonl", *format)}
				}
				r, err := run.Open(args[0])
				if err != nil {
					return err
				}
				defer r.Close()
				return r.Export(e.stdout, table, run.Format(*format))
			}
		},
	}
}
