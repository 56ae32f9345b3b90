package scanner

import (
	"time"

	"danescan/datasets/run"
	"danescan/scanner/dane"
)

// describe fills what can be read of a certificate's bytes.
func describe(c run.Certificate) run.Certificate {
	facts, err := dane.Inspect(c.DER)
	row := run.Certificate{SHA256: c.SHA256, DER: c.DER, ParseError: facts.ParseError}
	if err != nil {
		return row
	}
	row.SPKISHA256 = facts.SPKISHA256
	row.Subject, row.Issuer, row.Names, row.Serial = facts.Subject, facts.Issuer, facts.Names, facts.Serial
	row.NotBefore, row.NotAfter = moment(facts.NotBefore), moment(facts.NotAfter)
	row.KeyAlgorithm, row.SignatureAlgorithm = run.KeyAlgorithm(facts.KeyAlgorithm), facts.SignatureAlgorithm
	if facts.KeyBits > 0 {
		row.KeyBits = ptr(int32(facts.KeyBits))
	}
	row.IsCA, row.SelfSigned = ptr(facts.IsCA), ptr(facts.SelfSigned)
	return row
}

// moment is a time as the tables keep it; null where it could not be read.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return ptr(stamp(t))
}

// keyAlgorithm is the algorithm of a certificate's key; of one without a key to be
// found, "other".
func keyAlgorithm(der []byte) run.KeyAlgorithm {
	facts, err := dane.Inspect(der)
	if err != nil {
		return run.KeyOther
	}
	return run.KeyAlgorithm(facts.KeyAlgorithm)
}
