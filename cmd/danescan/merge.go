package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/pflag"

	"danescan/scanner"
)

func mergeCommand() *command {
	return &command{
		name: "merge", args: "RUN...", summary: "join the runs of several shards into one",
		about: `The runs must be all shards of one list (scan --shard I/N), scanned with the same
settings and judged by the same rules. What several shards saw, such as a host that
domains of both name, is in the new run once. The shards stay as they are.`,
		examples: []example{
			{"danescan merge runs/shard-1 runs/shard-2 runs/shard-3 -o runs/2026-11", "three shards"},
			{"danescan merge --partial runs/shard-1 runs/shard-3 -o runs/most", "one of them is lost"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			job := scanner.MergeJob{Version: version, Command: os.Args}
			flags.StringVarP(&job.Dir, "output", "o", "", "run `DIR` to write")
			flags.BoolVar(&job.Partial, "partial", false, "merge even if a shard is missing")
			previousFlag(flags, &job.Previous)
			return func(ctx context.Context, e *env, args []string) error {
				if err := wantArgs(args, 2, -1, "RUN directories: at least two shards"); err != nil {
					return err
				}
				if job.Dir == "" {
					return &usageError{text: "missing -o DIR: where the run is to be written"}
				}
				job.Sources = args
				summary, err := scanner.Merge(ctx, job)
				if err != nil {
					return hint(err)
				}
				writeSummary(e.stderr, summary)
				fmt.Fprintln(e.stdout, job.Dir)
				return nil
			}
		},
	}
}

// previousFlag declares --previous on commands that judge.
func previousFlag(flags *pflag.FlagSet, dir *string) {
	flags.StringVar(dir, "previous", "", "compare with the earlier `RUN`: is a record that of a certificate shown then? (none: no longer)")
}
