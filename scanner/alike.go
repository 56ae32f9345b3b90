package scanner

import (
	"fmt"
	"slices"
	"strings"

	"danescan/datasets/run"
)

// alike says what keeps two runs from being parts of one.
func alike(a, b run.Manifest) error {
	switch {
	case a.RunID == b.RunID:
		return fmt.Errorf("they are the same run, %s", a.RunID)
	case a.SchemaVersion != b.SchemaVersion:
		return fmt.Errorf("they are of schema versions %d and %d", a.SchemaVersion, b.SchemaVersion)
	case a.RulesVersion != b.RulesVersion:
		return fmt.Errorf("they were judged by rules %s and %s: bring both up to date with danescan rejudge", a.RulesVersion, b.RulesVersion)
	case a.List.SHA256 != b.List.SHA256 || a.List.ID != b.List.ID || a.List.Date != b.List.Date:
		return fmt.Errorf("their lists differ (%s and %s)", edition(a.List), edition(b.List))
	case a.Resolver.Mode != b.Resolver.Mode:
		return fmt.Errorf("their resolver modes differ (%s and %s)", a.Resolver.Mode, b.Resolver.Mode)
	}
	for _, name := range decisive(a.Settings) {
		if a.Settings[name] != b.Settings[name] {
			return fmt.Errorf("--%s differs (%q and %q)", name, a.Settings[name], b.Settings[name])
		}
	}
	return nil
}

// edition names a list so that two can be told apart.
func edition(l run.List) string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %.12s", l.Source, l.ID, l.Date, l.SHA256)), " ")
}

// decisive are the settings that decide which domains a run has and what is asked
// of them, wherever it is done from.
func decisive(settings map[string]string) []string {
	names := []string{"at", "format", "group-column", "limit", "only-signed", "probe", "sample", "sha1", "smtp-port", "tlsa-always"}
	if settings["sample"] != "" {
		names = append(names, "seed") // which names are in the sample
	}
	return names
}

// complete says whether the runs are all shards of one split, each once.
func (job MergeJob) complete(runs []*run.Run) error {
	var dirs []string // by number
	for _, r := range runs {
		text := r.Manifest().Settings["shard"]
		s, err := ParseShard(text)
		if err != nil || text == "" {
			return fmt.Errorf("%s is no shard: it was not scanned with --shard", r.Dir())
		}
		if dirs == nil {
			dirs = make([]string, s.Of)
		}
		if s.Of != len(dirs) {
			return fmt.Errorf("%s is shard %s, and %s one of %d: they are of different splits", r.Dir(), text, runs[0].Dir(), len(dirs))
		}
		if other := dirs[s.Number-1]; other != "" {
			return fmt.Errorf("%s and %s are both shard %s", other, r.Dir(), text)
		}
		dirs[s.Number-1] = r.Dir()
	}
	if missing := slices.Index(dirs, ""); missing >= 0 && !job.Partial {
		return fmt.Errorf("shard %d/%d is missing: give it, too, or do without it by --partial", missing+1, len(dirs))
	}
	return nil
}
