package scanner

import (
	"strings"

	"danescan/datasets/list"
	"danescan/datasets/run"
)

// citeLists puts into a manifest what is known of the lists once they are read:
// of all together, and where there are several, of each.
func (job Job) citeLists(m *run.Manifest, names *list.Lists) error {
	each := make([]run.List, len(names.Files))
	citations := make([]string, len(names.Files))
	for i, f := range names.Files {
		sum, err := f.SHA256()
		if err != nil {
			return err
		}
		from := f.Provenance
		if len(names.Files) == 1 {
			from = from.Override(job.ListID, job.ListURL)
		}
		citations[i] = from.Citation(f.Source, sum)
		each[i] = run.List{Source: f.Source, ID: from.ID, URL: from.URL, Date: from.Date, SHA256: sum, Before: names.Before(i), Citation: citations[i]}
		countList(&each[i], list.Counts{Rows: f.Rows, Taken: f.Taken, Folded: f.Folded, Skipped: f.Skipped})
	}
	sum, err := names.SHA256()
	if err != nil {
		return err
	}
	m.List.SHA256, m.List.Citation = sum, strings.Join(citations, " ")
	countList(&m.List, names.Counts())
	if len(each) > 1 {
		m.Lists = each
	}
	return nil
}

// countList notes how much of a list was read, taken and skipped.
func countList(l *run.List, n list.Counts) {
	l.Rows, l.Taken, l.Folded = n.Rows, n.Taken, n.Folded
	l.Skipped = map[string]int64{}
	for reason, lines := range n.Skipped {
		l.Skipped[string(reason)] = lines
	}
}
