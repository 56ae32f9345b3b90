package judge

import (
	"slices"

	"danescan/datasets/run"
)

// Severity says what a finding asks of the operator.
type Severity string

// The severities, worst first.
const (
	Failure Severity = "failure" // DANE senders refuse or defer, or would on another day
	Warning Severity = "warning" // works today; a known way to break, or a gap
	Notice  Severity = "notice"  // worth knowing
	Good    Severity = "good"    // as it should be
)

// Check is what a finding means: one row for each code that a Finding can carry.
type Check struct {
	Code     string
	Scope    string // the table that carries it: domains or hosts
	Severity Severity
	Title    string
	Meaning  string
	Remedy   string // empty: nothing is to be done
	RFC      string // what it rests on
}

// The scopes of checks.
const (
	scopeDomains = "domains"
	scopeHosts   = "hosts"
)

// hostCheck is a check of a host. Applies says whether the question makes sense;
// evidence gives what raises the finding, nothing if it is not raised.
type hostCheck struct {
	Check
	applies  func(c *hostCase) bool
	evidence func(c *hostCase) []string
}

// domainCheck is a check of a domain, in the same way.
type domainCheck struct {
	Check
	applies  func(c *domainCase) bool
	evidence func(c *domainCase) []string
}

// The checks, in the order in which they are reported.
var (
	hostChecks = slices.Concat(lookupChecks(), dnssecChecks(), startTLSChecks(), recordChecks(), mismatchChecks(),
		anchorChecks(), coverageChecks(), rolloverChecks())
	domainChecks = slices.Concat(mxChecks(), partChecks(), domainDNSSECChecks())
)

// Findings returns every check there is, those of domains first.
func Findings() []Check {
	var all []Check
	for _, c := range domainChecks {
		c.Scope = scopeDomains
		all = append(all, c.Check)
	}
	for _, c := range hostChecks {
		c.Scope = scopeHosts
		all = append(all, c.Check)
	}
	return all
}

func (c *hostCase) findings() []run.Finding {
	var found []run.Finding
	for _, check := range hostChecks {
		if check.applies(c) {
			found = appendFinding(found, check.Code, check.evidence(c))
		}
	}
	return found
}

func (c *domainCase) findings() []run.Finding {
	var found []run.Finding
	for _, check := range domainChecks {
		if check.applies(c) {
			found = appendFinding(found, check.Code, check.evidence(c))
		}
	}
	return found
}

// appendFinding adds a finding with its evidence, if there is any.
func appendFinding(found []run.Finding, code string, evidence []string) []run.Finding {
	if len(evidence) == 0 {
		return found
	}
	return append(found, run.Finding{Code: code, Detail: joinBounded(distinct(evidence), "; ")})
}
