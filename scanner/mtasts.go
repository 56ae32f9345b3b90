package scanner

import (
	"danescan/datasets/run"
	"danescan/scanner/resolver"
)

// mtaSTSVersion begins an MTA-STS record (RFC 8461, Section 3.1).
const mtaSTSVersion = "v=STSv1"

// mtaSTS is what the TXT lookup at _mta-sts.<domain> says. A lookup that failed says
// nothing: neither that there is a record nor that there is none.
func mtaSTS(a resolver.Answer) *run.MTASTS {
	row := &run.MTASTS{Lookup: ptr(lookupRow(a)), State: run.RecordError}
	if a.Failed() {
		return row
	}
	text, state := choose(textsOf(a.Records), mtaSTSVersion)
	row.Record, row.State = kept(text, maxRecord), state
	switch state {
	case run.RecordInvalid:
		row.Reason = badVersion
	case run.RecordValid:
		if row.ID, row.Reason = parseMTASTS(text); row.Reason != "" {
			row.State = run.RecordInvalid
		}
	}
	return row
}

// parseMTASTS takes an MTA-STS record apart, by the grammar of RFC 8461, Section 3.1,
// and gives the id of the policy, or what is wrong. Of several ids the first counts,
// as Section 3.2 has it for the fields of a policy.
func parseMTASTS(text string) (id, reason string) {
	if !meantAs(text, mtaSTSVersion) {
		return "", badVersion
	}
	fields, ok := fieldsOf(text[len(mtaSTSVersion):])
	if !ok {
		return "", badSyntax
	}
	reason = noID
	for _, f := range fields {
		switch {
		case f.name == "id" && reason == noID:
			if id, reason = f.value, ""; !isID(id) {
				return "", badID
			}
		case !isFieldValue(f.value):
			return "", badSyntax
		}
	}
	return id, reason
}

// isID is the grammar of the value of sts-id.
func isID(s string) bool {
	for _, c := range []byte(s) {
		if !alphanumeric(c) {
			return false
		}
	}
	return len(s) >= 1 && len(s) <= 32
}
