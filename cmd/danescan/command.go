package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/pflag"
)

// env is what a command writes to and was called with.
type env struct {
	stdout, stderr io.Writer
	flags          *pflag.FlagSet
	json           bool // what goes to stderr is JSON, an object a line: --log-format json
}

// action runs a command once its flags are parsed.
type action func(ctx context.Context, e *env, args []string) error

// command is one subcommand. Help, the man page and shell completion are made from
// the table of them, so that none can rot.
type command struct {
	name     string
	args     string // after the flags, as in a usage line
	summary  string // one line
	about    string // paragraphs
	examples []example
	prepare  func(flags *pflag.FlagSet) action // declares the flags
}

// example is a command line with what it is for.
type example struct{ line, about string }

// commands returns the table, in the order of the help.
func commands() []*command {
	return []*command{
		scanCommand(),
		checkCommand(),
		reportCommand(),
		exportCommand(),
		rejudgeCommand(),
		mergeCommand(),
		diffCommand(),
		probeCommand(),
		explainCommand(),
		tlsaGenerateCommand(),
		tlsaVerifyCommand(),
		labCommand(),
		listsCommand(),
		metricsCommand(),
		versionCommand(),
		helpCommand(),
		manCommand(),
		completionCommand(),
	}
}

// find returns the command that the first words name, and how many they are.
func find(words []string) (c *command, taken int) {
	for _, c := range commands() {
		name := strings.Fields(c.name)
		if len(words) >= len(name) && slices.Equal(words[:len(name)], name) {
			return c, len(name)
		}
	}
	return nil, 0
}

// wantArgs checks the number of arguments; most < 0 means any number.
func wantArgs(args []string, least, most int, what string) error {
	if len(args) < least {
		return &usageError{text: "missing " + what}
	}
	if most >= 0 && len(args) > most {
		return &usageError{text: fmt.Sprintf("unexpected argument %q", args[most])}
	}
	return nil
}

// printable makes text from outside safe for a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
