package main

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/pflag"
)

func versionCommand() *command {
	return &command{
		name: "version", summary: "show the version",
		prepare: func(*pflag.FlagSet) action {
			return func(_ context.Context, e *env, args []string) error {
				if err := wantArgs(args, 0, 0, ""); err != nil {
					return err
				}
				fmt.Fprintf(e.stdout, "danescan %s, %s, %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return nil
			}
		},
	}
}
