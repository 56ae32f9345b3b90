package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"

	"danescan/datasets/run"
	"danescan/scanner"
)

func diffCommand() *command {
	return &command{
		name: "diff", args: "OLD NEW", summary: "show what changed between two runs",
		about: `Domains are compared by name. A domain is broken where it was verified (or in part)
and a host fails now; the hosts to blame stand beside it. Not every change is the
operator's doing: a host may be out of reach for a while.`,
		examples: []example{
			{"danescan diff runs/2026-10 runs/2026-11", "numbers, hosts to blame, and the first of each kind"},
			{"danescan diff --csv runs/2026-10 runs/2026-11 > changes.csv", "all of them, for a spreadsheet"},
			{"danescan diff --json runs/2026-10 runs/2026-11", "an object per changed domain"},
		},
		prepare: func(flags *pflag.FlagSet) action {
			f := &diffFlags{}
			flags.BoolVar(&f.json, "json", false, "an object per changed domain on stdout")
			flags.BoolVar(&f.csv, "csv", false, "a line per changed domain on stdout")
			return f.diff
		},
	}
}

type diffFlags struct{ json, csv bool }

func (f *diffFlags) diff(ctx context.Context, e *env, args []string) error {
	if err := wantArgs(args, 2, 2, "the runs OLD and NEW"); err != nil {
		return err
	}
	if f.json && f.csv {
		return &usageError{text: "--json and --csv: one of them"}
	}
	out := f.writer(e.stdout)
	d, err := scanner.Diff(ctx, scanner.DiffJob{
		Old: args[0], New: args[1], Each: out.each,
		Warn: func(text string) { fmt.Fprintf(e.stderr, "Warning: %s.\n", printable(text)) },
	})
	if err != nil {
		return err
	}
	return out.end(d)
}

// diffWriter shows a comparison.
type diffWriter struct {
	each func(scanner.Difference) error
	end  func(scanner.Differences) error
}

func (f *diffFlags) writer(w io.Writer) diffWriter {
	switch {
	case f.json:
		lines := json.NewEncoder(w)
		return diffWriter{
			func(d scanner.Difference) error {
				if d.Hosts == nil {
					d.Hosts = []string{}
				}
				return lines.Encode(d)
			},
			func(scanner.Differences) error { return nil },
		}
	case f.csv:
		lines := csv.NewWriter(w)
		lines.Write([]string{"domain", "change", "old", "new", "hosts"}) // Flush says if that failed
		return diffWriter{
			func(d scanner.Difference) error {
				return lines.Write([]string{run.Cell(d.Domain), string(d.Change), string(d.Old), string(d.New), run.Cell(strings.Join(d.Hosts, " "))})
			},
			func(scanner.Differences) error {
				lines.Flush()
				return lines.Error()
			},
		}
	}
	return tableWriter(w)
}

// diffShown is how many domains of each kind, and how many hosts, the table names.
const diffShown = 20

// tableWriter shows numbers, hosts to blame, and the first domains of each kind.
func tableWriter(w io.Writer) diffWriter {
	first := map[scanner.Change][]scanner.Difference{}
	return diffWriter{
		func(d scanner.Difference) error {
			if known := first[d.Change]; len(known) < diffShown {
				d.Domain, d.Hosts = strings.Clone(d.Domain), append([]string(nil), d.Hosts...)
				first[d.Change] = append(known, d)
			}
			return nil
		},
		func(d scanner.Differences) error {
			var text strings.Builder
			writeDiff(&text, d, first)
			_, err := io.WriteString(w, printable(text.String()))
			return err
		},
	}
}

func writeDiff(w io.Writer, d scanner.Differences, first map[scanner.Change][]scanner.Difference) {
	fmt.Fprintf(w, "old %s\nnew %s\n\n", runText(d.Old), runText(d.New))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d\tunchanged\t\n", d.Same)
	for _, c := range scanner.Changes {
		fmt.Fprintf(table, "%d\t%s\t%s\n", d.Counts[c.Change], c.Change, "  "+c.Meaning)
	}
	table.Flush()
	if len(d.Blame) > 0 {
		fmt.Fprint(w, "\nhosts to blame, by the domains that they broke\n")
		for i, b := range d.Blame {
			if i == diffShown {
				fmt.Fprintf(w, "  and %d more\n", len(d.Blame)-i)
				break
			}
			fmt.Fprintf(w, "  %d %s\n", b.Domains, b.Host)
		}
	}
	for _, c := range scanner.Changes {
		writeChanges(w, c.Change, first[c.Change], d.Counts[c.Change])
	}
}

func writeChanges(w io.Writer, c scanner.Change, first []scanner.Difference, all int64) {
	if len(first) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\n", c)
	for _, d := range first {
		line := fmt.Sprintf("  %s  %s -> %s  %s", d.Domain, orNothing(d.Old), orNothing(d.New), strings.Join(d.Hosts, " "))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	if more := all - int64(len(first)); more > 0 {
		fmt.Fprintf(w, "  and %d more: see --csv or --json\n", more)
	}
}

func orNothing(v run.Verdict) string {
	if v == "" {
		return "(none)"
	}
	return string(v)
}

// runText names a run: its ID, when it began, and its list.
func runText(m run.Manifest) string {
	return fmt.Sprintf("%s of %s, list %s %s", m.RunID, m.Started.Format(time.DateOnly), m.List.Source, m.List.ID)
}
