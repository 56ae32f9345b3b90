package judge

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"strings"

	"danescan/scanner/dane"
)

// retiredCAs lists the intermediates of Let's Encrypt that no longer issue: its
// head says from where and when. It is read where a record is to be explained.
//
//go:embed retired-ca.tsv
var retiredCAs string

// RetiredCAs returns the date of the list of retired issuers, as YYYY-MM-DD.
func RetiredCAs() string {
	for line := range strings.Lines(retiredCAs) {
		if date, ok := strings.CutPrefix(line, "# date: "); ok {
			return strings.TrimSpace(date)
		}
	}
	return ""
}

// retiredCA returns the name of the retired intermediate whose certificate or key
// a record describes, whatever its fields say.
func retiredCA(r dane.Record) (name string, ok bool) {
	data := r.Data
	if r.MatchingType == dane.Full {
		sum := sha256.Sum256(r.Data)
		data = sum[:]
	}
	digest := hex.EncodeToString(data)
	if len(digest) != 2*sha256.Size && len(digest) != 4*sha256.Size {
		return "", false
	}
	for line := range strings.Lines(retiredCAs) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) == 4 && (fields[2] == digest || fields[3] == digest) {
			return fields[0], true
		}
	}
	return "", false
}
