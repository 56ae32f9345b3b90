package scanner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"danescan/datasets/run"
)

// domainsOf are rows of domains, one a word: name=verdict, then hosts=verdict.
func domainsOf(lines ...string) (rows []any) {
	for i, line := range lines {
		d := run.Domain{DomainEvidence: run.DomainEvidence{Line: int64(i + 1), ScannedAt: noon}}
		for n, word := range strings.Fields(line) {
			name, verdict, _ := strings.Cut(word, "=")
			if n == 0 {
				d.Domain, d.Verdict = name, run.Verdict(verdict)
			} else {
				d.MX = append(d.MX, run.MX{Host: name, Verdict: run.Verdict(verdict)})
			}
		}
		rows = append(rows, d)
	}
	return rows
}

func TestDiff(t *testing.T) {
	old := finishedRun(t, func(*run.Manifest) {}, domainsOf(
		"lost.example=dane-verified", "same.example=not-dane", "works.example=dane-verified", "half.example=dane-partial",
		"fails.example=dane-failed", "bare.example=not-dane", "signed.example=dane-verified", "unknown.example=dns-error",
		"down.example=dane-verified", "also-lost.example=no-mail")...)
	now := finishedRun(t, func(*run.Manifest) {}, domainsOf(
		"new.example=dane-failed mx.new.example=mismatch", "fails.example=dane-verified mx.b.example=verified", "same.example=not-dane",
		"works.example=dane-failed mx.a.example=mismatch mx.b.example=verified", "half.example=dane-failed mx.a.example=mismatch mx.c.example=mixed",
		"bare.example=dane-unusable", "signed.example=half-dane", "unknown.example=not-dane", "down.example=dane-unreachable")...)
	var got []string
	diff, err := Diff(t.Context(), DiffJob{Old: old, New: now,
		Each: func(d Difference) error {
			got = append(got, fmt.Sprintf("%s %s %s>%s %v", d.Domain, d.Change, d.Old, d.New, d.Hosts))
			return nil
		},
		Warn: func(text string) { t.Errorf("warning %q", text) },
	})
	want := []string{
		"new.example new >dane-failed [mx.new.example]",
		"fails.example repaired dane-failed>dane-verified []",
		"works.example broken dane-verified>dane-failed [mx.a.example]",
		"half.example broken dane-partial>dane-failed [mx.a.example mx.c.example]",
		"bare.example started not-dane>dane-unusable []",
		"signed.example gave-up dane-verified>half-dane []",
		"unknown.example other dns-error>not-dane []",
		"down.example other dane-verified>dane-unreachable []",
		"lost.example lost dane-verified> []",
		"also-lost.example lost no-mail> []",
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if text := fmt.Sprint(diff.Same, diff.Counts, diff.Blame); text !=
		"1 map[broken:2 gave-up:1 lost:2 new:1 other:2 repaired:1 started:1] [{mx.a.example 2} {mx.c.example 1}]" {
		t.Error(text)
	}
}

// Every step between two verdicts has one name, and each name is a step of some.
func TestEveryStepHasAName(t *testing.T) {
	verdicts := []run.Verdict{run.NoMail, run.DNSError, run.NotDANE, run.HalfDANE, run.DANEFailed, run.DANEUndecided, run.DANEVerified,
		run.DANEPartial, run.DANEUnreachable, run.DANENotTested, run.DANEUnusable}
	steps := map[Change]int{}
	for _, a := range verdicts {
		for _, b := range verdicts {
			steps[changeOf(a, b)]++
		}
	}
	want := map[Change]int{"": 11, Broken: 2, Repaired: 2, Started: 18, GaveUp: 18, Other: 70}
	if fmt.Sprint(steps) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", steps, want)
	}
}

func TestDiffWarnsOfMethods(t *testing.T) {
	old := finishedRun(t, func(m *run.Manifest) { m.RulesVersion, m.Settings["probe"] = "0", "none" })
	now := finishedRun(t, func(m *run.Manifest) { m.Settings["probe"] = "dane" })
	var warnings []string
	job := DiffJob{Old: old, New: now, Warn: func(text string) { warnings = append(warnings, text[:36]) }}
	if _, err := Diff(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if want := []string{"the runs were judged by different ru", "the runs were probed differently (--"}; !slices.Equal(warnings, want) {
		t.Errorf("%q", warnings)
	}
}

func TestDiffEnds(t *testing.T) {
	unfinished := t.TempDir() + "/run"
	r, err := run.Create(unfinished, run.Manifest{RunID: "unfinished", Started: noon})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	one := finishedRun(t, func(*run.Manifest) {}, domainsOf("a.example=not-dane")...)
	none := finishedRun(t, func(*run.Manifest) {})
	if _, err := Diff(t.Context(), DiffJob{Old: one, New: unfinished}); !errors.Is(err, run.ErrUnfinished) {
		t.Errorf("unfinished: %v", err)
	}
	full := errors.New("disk full")
	for _, job := range []DiffJob{{Old: one, New: none}, {Old: none, New: one}} {
		job.Each = func(Difference) error { return full }
		if _, err := Diff(t.Context(), job); !errors.Is(err, full) {
			t.Errorf("error %v", err)
		}
	}
}
