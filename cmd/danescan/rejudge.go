package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/scanner"
)

func rejudgeCommand() *command {
	return &command{
		name: "rejudge", args: "RUN", summary: "apply the current rules to the stored evidence of a run",
		about: `Nothing is asked of any network: a verdict is as of the time of the session that
it rests on. The tables are replaced as a whole, or not at all.`,
		examples: []example{
			{"danescan rejudge runs/2026-11", "after an update of danescan, so that runs can be compared"},
			{"danescan rejudge --previous runs/2026-10 runs/2026-11", "find records that were not kept up with a renewal"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			var job scanner.RejudgeJob
			previousFlag(flags, &job.Previous)
			return func(ctx context.Context, e *env, args []string) error {
				if err := wantArgs(args, 1, 1, "the RUN directory"); err != nil {
					return err
				}
				job.Dir = args[0]
				summary, err := scanner.Rejudge(ctx, job)
				if err != nil {
					return err
				}
				writeSummary(e.stderr, summary)
				fmt.Fprintln(e.stdout, args[0])
				return nil
			}
		},
	}
}
