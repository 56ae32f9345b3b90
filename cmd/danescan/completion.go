package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

func completionCommand() *command {
	return &command{
		name: "completion", summary: "write bash completion to stdout",
		examples: []example{{"danescan completion > /etc/bash_completion.d/danescan", "for all users"}},
		prepare: func(*pflag.FlagSet) action {
			return func(_ context.Context, e *env, args []string) error {
				if err := wantArgs(args, 0, 0, ""); err != nil {
					return err
				}
				writeCompletion(e.stdout)
				return nil
			}
		},
	}
}

// writeCompletion completes commands, then the flags of the command, then files.
func writeCompletion(w io.Writer) {
	var names []string
	for _, c := range commands() {
		names = append(names, strings.Fields(c.name)[0])
	}
	names = slices.Compact(names)
	fmt.Fprintf(w, `_danescan() {
  local word=${COMP_WORDS[COMP_CWORD]} flags=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "%s" -- "$word"))
    return
  fi
  case ${COMP_WORDS[1]}-${COMP_WORDS[2]} in
`, strings.Join(names, " "))
	for _, c := range commands() {
		flags := []string{"--help"}
		flagsOf(c).VisitAll(func(f *pflag.Flag) { flags = append(flags, "--"+f.Name) })
		words := strings.Fields(c.name)
		pattern := words[0] + "-*"
		if len(words) > 1 {
			pattern = words[0] + "-" + words[1]
		}
		fmt.Fprintf(w, "    %s) flags=\"%s\" ;;\n", pattern, strings.Join(flags, " "))
	}
	fmt.Fprint(w, `  esac
  case $word in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _danescan danescan
`)
}
