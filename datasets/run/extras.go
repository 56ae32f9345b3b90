package run

// What is measured beside DANE: the records of MTA-STS and TLSRPT, and what a
// second resolver said to the questions of a run.

// RecordState says what the TXT records of MTA-STS or TLSRPT at a domain come to. A
// sender goes by a valid one alone; none, invalid and several are alike to it (RFC
// 8461, Section 3.1; RFC 8460, Section 3). An error is none of these: it is not
// known what is there.
type RecordState string

const (
	RecordNone    RecordState = "none"    // no such record
	RecordValid   RecordState = "valid"   // one, as the grammar wants it
	RecordInvalid RecordState = "invalid" // one that is meant to be such, and is not
	RecordSeveral RecordState = "several" // more than one
	RecordError   RecordState = "error"   // the lookup failed
)

// MTASTS is the MTA-STS record of a domain (RFC 8461, Section 3.1). The policy that
// it announces is not fetched.
type MTASTS struct {
	Record string      `parquet:"record,optional"`
	Lookup *Lookup     `parquet:"lookup,optional"`
	State  RecordState `parquet:"state,optional,dict"`
	Reason string      `parquet:"reason,optional,dict"` // of RecordInvalid
	ID     string      `parquet:"id,optional"`          // of the policy, where the record is valid
}

// TLSRPT is the TLSRPT record of a domain (RFC 8460, Section 3).
type TLSRPT struct {
	Record string      `parquet:"record,optional"`
	Lookup *Lookup     `parquet:"lookup,optional"`
	State  RecordState `parquet:"state,optional,dict"`
	Reason string      `parquet:"reason,optional,dict"` // of RecordInvalid
	RUA    []string    `parquet:"rua,list"`             // where reports go, where the record is valid
}

// CrossOutcome says how two resolvers' answers to one question compare.
type CrossOutcome string

const (
	CrossAgree        CrossOutcome = "agree"         // the same status, outcome and records
	CrossStatus       CrossOutcome = "status"        // another status: secure, insecure or bogus
	CrossData         CrossOutcome = "data"          // the same status, and other records
	CrossTheirsFailed CrossOutcome = "theirs-failed" // an answer here, none there
	CrossOursFailed   CrossOutcome = "ours-failed"   // none here, an answer there
	CrossBothFailed   CrossOutcome = "both-failed"   // none on either side
	CrossNotAsked     CrossOutcome = "not-asked"     // the second resolver had too much to do
)

// Differs reports whether one of two answers must be wrong, or has changed between
// the questions. One that did not come is neither.
func (o CrossOutcome) Differs() bool { return o == CrossStatus || o == CrossData }

// CrossCheck is one question that was put to a second resolver, too.
type CrossCheck struct {
	Name    string       `parquet:"name"`
	Type    string       `parquet:"type,dict"` // MX, A, AAAA, TLSA
	Outcome CrossOutcome `parquet:"outcome,dict"`
	Ours    DNSSEC       `parquet:"ours,optional,dict"`
	Theirs  DNSSEC       `parquet:"theirs,optional,dict"` // null: not asked
	Detail  string       `parquet:"detail,optional"`      // what either said, where they differ
	Queries int32        `parquet:"queries"`
}

// CrossChecks is what a second resolver said to a share of a run's questions, in
// numbers.
type CrossChecks struct {
	Resolvers     []string        `json:"resolvers"`
	Share         string          `json:"share"`     // of the domains and of the hosts
	Questions     int64           `json:"questions"` // that were to be asked
	Queries       int64           `json:"queries"`   // sent for them
	Counts        []CrossCount    `json:"counts"`
	Disagreements []CrossDisagree `json:"disagreements"` // the first of them, domains before hosts
}

// CrossCount is how many questions came to the same end.
type CrossCount struct {
	Type      string       `json:"type"`
	Outcome   CrossOutcome `json:"outcome"`
	Ours      DNSSEC       `json:"ours"`
	Theirs    DNSSEC       `json:"theirs"`
	Questions int64        `json:"questions"`
}

// CrossDisagree is a question to which the answers differ.
type CrossDisagree struct {
	Name    string       `json:"name"`
	Type    string       `json:"type"`
	Outcome CrossOutcome `json:"outcome"`
	Ours    DNSSEC       `json:"ours"`
	Theirs  DNSSEC       `json:"theirs"`
	Detail  string       `json:"detail"`
}
