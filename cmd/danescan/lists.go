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
A list is a file, an http or https URL, or - for standard input. Compressed lists
(gzip, zip with one file, Zstandard) are opened as they are. Blank lines and
lines that begin with # or ; are passed over. A line without a usable name is
counted by reason and left out.

Umbrella cannot be told from Tranco by its content: --format umbrella folds each
name to its registrable domain, and of several names of one domain the first
stays. Without it they are scanned as they stand there.

Of a zone, all owners of NS records below the apex are taken; DS records that
stand next to them are kept, and --only-signed takes those that have any. Where
the file has no $ORIGIN and its names are relative, put that line before it.

--sample 1% takes the names for which the first 64 bits of the SHA-256 of
"SEED:NAME" lie below 1% of 2^64: anyone can draw the same sample.

Lists to begin with: 'danescan lab --domains 1000 --dir lab' writes a sample list,
lab/list.csv in Tranco's form, the truth about each of its names, lab/truth.csv, and
serves them on this machine. The Tranco million of today is at
https://tranco-list.eu/top-1m.csv.zip; for work that others shall repeat, take an
edition by its ID, https://tranco-list.eu/list/ID.

Several lists are read one after the other, as if they were one: lines are counted
on, and the manifest names each.

To cite a list, take the line "citation" from the run's manifest: it names the
edition, its date and SHA-256. They are found in the URL, in what the server
says, and in names such as tranco_K25GW.csv.zip; or pass --list-id and
--list-url to scan. Citing Tranco: the list ID (https://tranco-list.eu/list/ID) and
  Le Pochat, Van Goethem, Tajalizadehkhoob, Korczynski, Joosen: Tranco: A
  Research-Oriented Top Sites Ranking Hardened Against Manipulation. NDSS 2019.
`
