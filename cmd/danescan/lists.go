package main

import (
	"context"
	"fmt"

	"github.com/spf13/pflag"

	"danescan/datasets/list"
)

func listsCommand() *command {
	return &command{
		name: "lists", summary: "show the list formats understood, and how to cite a list",
		prepare: func(*pflag.FlagSet) action {
			return func(_ context.Context, e *env, args []string) error {
				if err := wantArgs(args, 0, 0, ""); err != nil {
					return err
				}
				fmt.Fprint(e.stdout, "Formats (found from the content; --format says otherwise):\n")
				for _, f := range list.Formats {
					fmt.Fprintf(e.stdout, "  %-10s%s\n", f.Name, f.Meaning)
				}
				fmt.Fprint(e.stdout, listNotes)
				return nil
			}
		},
	}
}

const listNotes = `
Compressed lists (gzip, zip with one file, Zstandard) are opened as they are.
Blank lines and lines that begin with # are passed over. A line without a usable
name is counted by reason and left out.

Citing Tranco: give the list ID (https://tranco-list.eu/list/ID) and date, and
  Le Pochat, Van Goethem, Tajalizadehkhoob, Korczynski, Joosen: Tranco: A
  Research-Oriented Top Sites Ranking Hardened Against Manipulation. NDSS 2019.
Pass --list-id ID to scan: it is kept in the run's manifest with the list's
SHA-256, and both stand on the report.
`
