package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

const intro = "danescan measures how far DANE for SMTP (RFC 7672) has been adopted, and how well."

func helpCommand() *command {
	return &command{
		name: "help", args: "[COMMAND]", summary: "show help",
		prepare: func(*pflag.FlagSet) action {
			return func(_ context.Context, e *env, args []string) error {
				if len(args) == 0 {
					writeOverview(e.stdout)
					return nil
				}
				c, words := find(args)
				if c == nil {
					return unknown(args)
				}
				if err := wantArgs(args, words, words, ""); err != nil {
					return err
				}
				writeHelp(e.stdout, c)
				return nil
			}
		},
	}
}

// writeOverview lists the commands.
func writeOverview(w io.Writer) {
	fmt.Fprintf(w, "%s\n\nUsage: danescan COMMAND [flags] [arguments]\n\nCommands:\n", intro)
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-15s%s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nRun 'danescan help COMMAND' for its flags and examples.\n"+
		"Each flag can also be set as DANESCAN_FLAG_NAME in the environment.\n")
}

// writeHelp shows one command in full, ending with its examples.
func writeHelp(w io.Writer, c *command) {
	fmt.Fprintf(w, "Usage: %s\n\n%s.\n", usageLine(c), sentence(c.summary))
	if c.about != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(c.about))
	}
	if flags := flagsOf(c); flags.HasFlags() {
		fmt.Fprintf(w, "\nFlags:\n%s", flags.FlagUsagesWrapped(100))
	}
	if len(c.examples) > 0 {
		fmt.Fprint(w, "\nExamples:\n")
		for _, ex := range c.examples {
			fmt.Fprintf(w, "  # %s\n  %s\n", ex.about, ex.line)
		}
	}
}

func usageLine(c *command) string {
	line := "danescan " + c.name
	if flagsOf(c).HasFlags() {
		line += " [flags]"
	}
	return strings.TrimSpace(line + " " + c.args)
}

func flagsOf(c *command) *pflag.FlagSet {
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	flags.SortFlags = false
	c.prepare(flags)
	return flags
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
