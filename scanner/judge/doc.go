// Package judge says what a correct RFC 7672 sender would make of the evidence
// that a run has stored, and why.
//
// Everything in it is a pure function over rows: it knows no network and no
// clock. What the verdict of an endpoint depends on in time (the dates of a
// certificate) is judged as of the session's scanned_at, so that stored evidence
// judges the same for ever.
//
// Judging goes upwards. State reads the lookups of an MX host and says what DANE
// asks of it; Endpoint says what one session came to; Host folds the sessions of
// all addresses and certificates into one verdict; Domain joins the verdicts of
// its hosts. One thing flows down again: the names that a DANE-TA certificate
// may carry belong to the next-hop domain (RFC 7672, Section 3.2.2), so the
// join judges every session that failed by name alone once more. HostFacts is
// what the join needs of a host, small enough to hold every host of a large run.
//
// Beside the verdicts stand findings: things worth telling the operator. Each is
// a row of one table (Findings) with its text, its remedy and its evidence.
//
// Where the documents leave room:
//
//   - A session that timed out has the reason timeout at whatever stage; the
//     stage is a column of its own.
//   - The sessions of one attempt at an address count together: the last attempt
//     replaces all of the earlier ones there, whatever certificates they showed.
//   - A host of which some addresses were not tested is judged by the others, in
//     its verdict and in its policies.
//   - An MX target that is an address in text or the root cannot be connected to,
//     so senders skip it; its verdict is nevertheless none.
//   - With an implicit MX the original domain is a reference identifier even if
//     the absence of MX records is not proven: the sender, not the DNS, named it.
package judge

// RulesVersion changes whenever equal evidence may be judged differently.
const RulesVersion = "1"
