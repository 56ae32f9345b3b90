// Danescan measures how far DANE for SMTP (RFC 7672) has been adopted, and how
// well, over lists of domain names.
//
// Results go to stdout and nothing else does; what is meant for people goes to
// stderr. Exit status: 0 done, 1 error, 2 usage, 130 interrupted; a command that
// answers a question has its own beside these, see its help.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/pflag"
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(program(os.Args[1:], os.Stdout, os.Stderr)) }

// program is main with what it needs as parameters. It returns the exit status.
func program(args []string, stdout, stderr io.Writer) int {
	ctx, stop := interruptible()
	defer stop()
	e := &env{stdout: stdout, stderr: stderr}
	return status(dispatch(ctx, e, args), e)
}

// interruptible returns a context that the first SIGINT or SIGTERM ends. The
// second one ends the process at once, whatever it is about.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		for range signals {
			if ctx.Err() != nil {
				os.Exit(statusInterrupted)
			}
			cancel(errInterrupted)
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel(nil) }
}

var errInterrupted = errors.New("interrupted")

// statusInterrupted is the exit status that shells give who dies of SIGINT.
const statusInterrupted = 130

// usageError is a command line that cannot be understood.
type usageError struct {
	command string // "" for the program itself
	text    string
}

func (e *usageError) Error() string { return e.text }

// exitError is an answer, not an error: it says nothing and sets the status.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// status tells the user what went wrong and returns the exit status for it.
func status(err error, e *env) int {
	var exit exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.Is(err, errInterrupted):
		return statusInterrupted
	}
	var usage *usageError
	wrong := errors.As(err, &usage)
	switch {
	case e.json:
		writeRecord(e.stderr, slog.LevelError, err.Error())
	case wrong:
		fmt.Fprintf(e.stderr, "danescan: %s\nRun 'danescan help%s' for usage.\n", printable(usage.text), spaced(usage.command))
	default:
		fmt.Fprintf(e.stderr, "danescan: %s\n", printable(err.Error()))
	}
	if wrong {
		return 2
	}
	return 1
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

// dispatch finds the command and runs it.
func dispatch(ctx context.Context, e *env, args []string) error {
	if len(args) == 0 {
		writeOverview(e.stderr)
		return exitError(2)
	}
	switch args[0] {
	case "-h", "--help":
		writeOverview(e.stdout)
		return nil
	case "--version":
		args[0] = "version"
	}
	c, words := find(args)
	if c == nil {
		return unknown(args)
	}
	flags := pflag.NewFlagSet(c.name, pflag.ContinueOnError)
	flags.SortFlags = false
	flags.Usage = func() {}
	help := flags.BoolP("help", "h", false, "show this help")
	action := c.prepare(flags)
	if err := flags.Parse(args[words:]); err != nil && !errors.Is(err, pflag.ErrHelp) {
		return &usageError{command: c.name, text: err.Error()}
	}
	if *help {
		writeHelp(e.stdout, c)
		return nil
	}
	if err := settle(flags, os.LookupEnv); err != nil {
		return &usageError{command: c.name, text: err.Error()}
	}
	e.flags = flags
	return inContext(ctx, c, action(ctx, e, flags.Args()))
}

// unknown says what stands where a command should.
func unknown(words []string) error {
	for _, c := range commands() {
		if first, _, several := strings.Cut(c.name, " "); several && first == words[0] {
			return &usageError{text: fmt.Sprintf("%s: generate or verify?", first)}
		}
	}
	return &usageError{text: fmt.Sprintf("unknown command %q", words[0])}
}

// inContext makes an error that an interrupt caused the interrupt itself, and
// gives usage errors the name of their command.
func inContext(ctx context.Context, c *command, err error) error {
	var usage *usageError
	if errors.As(err, &usage) && usage.command == "" {
		usage.command = c.name
	}
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		return errInterrupted
	}
	return err
}
