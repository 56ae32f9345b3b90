package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/scanner"
)

func metricsCommand() *command {
	return &command{
		name: "metrics", summary: "show what the figures of a scan under way mean",
		about: `These are the names in the lines of --progress json: a label makes an object of a
figure, and a histogram is how many durations there were and their sum in seconds.
With --metrics they are served to Prometheus, with danescan_ before each, and beside
them what its client library says of the process (go_, process_).`,
		prepare: func(*pflag.FlagSet) action {
			return func(_ context.Context, e *env, args []string) error {
				if err := wantArgs(args, 0, 0, ""); err != nil {
					return err
				}
				fmt.Fprint(e.stdout, progressNames)
				return scanner.WriteMetrics(e.stdout)
			}
		},
	}
}

// progressNames are the names that only --progress json has.
const progressNames = `Each line of --progress json also has time, level (INFO), msg ("progress") and:
  elapsed_seconds     since this process began to scan
  names_per_second    domains looked up, since the line before
  queries_per_second  DNS queries, since the line before
  seconds_left        until all names and hosts are done, at the rates of late; null: not known

`
