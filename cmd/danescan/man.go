package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

func manCommand() *command {
	return &command{
		name: "man", summary: "write the man page to stdout",
		examples: []example{{"danescan man > danescan.1", "install it where man looks"}},
		prepare: func(*pflag.FlagSet) action {
			return func(_ context.Context, e *env, args []string) error {
				if err := wantArgs(args, 0, 0, ""); err != nil {
					return err
				}
				writeMan(e.stdout)
				return nil
			}
		},
	}
}

// writeMan writes all commands as one page in man(7) macros.
func writeMan(w io.Writer) {
	fmt.Fprintf(w, ".TH DANESCAN 1 \"\" \"danescan %s\"\n.SH NAME\ndanescan \\- measure DANE for SMTP\n", roff(version))
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B danescan\n.I COMMAND\n[flags] [arguments]\n.SH DESCRIPTION\n%s\n.SH COMMANDS\n", roff(intro))
	for _, c := range commands() {
		fmt.Fprintf(w, ".SS %s\n%s.\n", roff(usageLine(c)), roff(sentence(c.summary)))
		for paragraph := range strings.SplitSeq(strings.TrimSpace(c.about), "\n\n") {
			if paragraph != "" {
				fmt.Fprintf(w, ".PP\n%s\n", roff(paragraph))
			}
		}
		flagsOf(c).VisitAll(func(f *pflag.Flag) {
			fmt.Fprintf(w, ".TP\n\\fB%s\\fR\n%s\n", roff(flagName(f)), roff(flagText(f)))
		})
		for _, ex := range c.examples {
			fmt.Fprintf(w, ".PP\n%s:\n.PP\n.nf\n%s\n.fi\n", roff(sentence(ex.about)), roff(ex.line))
		}
	}
	fmt.Fprint(w, ".SH EXIT STATUS\n0 done, 1 error, 2 usage, 130 interrupted.\n")
}

func flagName(f *pflag.Flag) string {
	kind, _ := pflag.UnquoteUsage(f)
	name := "--" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", " + name
	}
	return strings.TrimSpace(name + " " + kind)
}

func flagText(f *pflag.Flag) string {
	_, usage := pflag.UnquoteUsage(f)
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
		usage += " (default " + f.DefValue + ")"
	}
	return usage
}

// roff escapes text for man(7): hyphens, backslashes, and dots at a line's start.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
