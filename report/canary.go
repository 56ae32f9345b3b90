package report

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"danescan/datasets/run"
)

// maxCanaries bounds the lines of a file of canaries.
const maxCanaries = 10_000

// canaries compares the names of a file with what a run says of them. Each line
// is a name, a comma, and the verdict that the name must have; what begins with #
// is a comment. It returns what differs, one text for each name.
func canaries(file, dir string) ([]string, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var alarms []string
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, want, ok := strings.Cut(line, ",")
		if name, want = strings.TrimSpace(name), strings.TrimSpace(want); !ok || name == "" || want == "" {
			return nil, fmt.Errorf("%s:%d: not a name, a comma and a verdict", file, n)
		}
		if n > maxCanaries {
			return nil, fmt.Errorf("%s: over %d lines", file, maxCanaries)
		}
		alarm, err := canary(dir, name, want)
		if err != nil {
			return nil, err
		}
		if alarm != "" {
			alarms = append(alarms, alarm)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return alarms, nil
}

func canary(dir, name, want string) (string, error) {
	d, found, err := run.FindDomain(dir, strings.ToLower(strings.TrimSuffix(name, ".")))
	switch {
	case err != nil:
		return "", err
	case !found:
		return fmt.Sprintf("The canary %s is not in the run: it should be %s.", printable(name), printable(want)), nil
	case string(d.Verdict) != want:
		return fmt.Sprintf("The canary %s is %s: it should be %s.", printable(name), d.Verdict, printable(want)), nil
	}
	return "", nil
}

// onPage is what the page says of canaries: not their names, where those must not
// be told.
func onPage(alarms []string, redacted bool) []string {
	if !redacted || len(alarms) == 0 {
		return alarms
	}
	return []string{fmt.Sprintf("%d of the names with a known verdict do not have it.", len(alarms))}
}

// errorAlarm says whether the share of names without an answer in run i, which is
// e, is twice that of the run before, or more: then it was the measurement that
// changed.
func (x *series) errorAlarm(i int, e *entry) []string {
	if i == 0 {
		return nil
	}
	previous := x.runs[i-1]
	now, then := e.unanswered(), previous.unanswered()
	if now < minErrors || now*previous.of("names") < 2*then*e.of("names") {
		return nil
	}
	return []string{fmt.Sprintf("In the run of %s, %s of names hang on a lookup without an answer, in the one before it %s: the measurement itself may have changed.",
		date(e.Started), share(now, e.of("names")), share(then, previous.of("names")))}
}

// minErrors is how many names without an answer say anything at all.
const minErrors = 10

func (e *entry) unanswered() int64 { return e.of("dns_error") + e.of("undecided") }
