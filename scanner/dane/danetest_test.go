package dane

import (
	"bufio"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vector is a block of OpenSSL's DANE test file.
type vector struct {
	line    int
	records []Record
	chain   Chain
	eeNames bool // names checked for DANE-EE too
	want    int  // X509_V_*
	depth   int
}

// Results of X509_verify_cert that the vectors name.
const (
	x509OK       = 0
	x509NoIssuer = 20
	x509Name     = 62
	x509NoMatch  = 65
)

// TestOpenSSLVectors runs the DANE vectors of OpenSSL: every *.in of the folder
// that DANESCAN_DANETEST_DIR names. They rank SHA2-256 above SHA2-512, and mean
// the time at which they are run, as OpenSSL's own program does.
func TestOpenSSLVectors(t *testing.T) {
	files := vectorFiles(t)
	var passed, failed, skipped int
	for _, file := range files {
		vectors, err := readVectors(file)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, v := range vectors {
			switch problem := v.run(); {
			case problem != "" && v.pkixMatches():
				skipped++
				t.Logf("%s:%d: skipped, a PKIX usage decides: %s", filepath.Base(file), v.line, problem)
			case problem != "":
				failed++
				t.Errorf("%s:%d: %s", filepath.Base(file), v.line, problem)
			default:
				passed++
			}
		}
	}
	if passed == 0 {
		t.Error("no vector passed: is the folder empty?")
	}
	fmt.Printf("danetest: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
}

func vectorFiles(t *testing.T) []string {
	dir := os.Getenv("DANESCAN_DANETEST_DIR")
	if dir == "" {
		if os.Getenv("DANESCAN_STRICT") == "1" {
			t.Fatal("DANESCAN_DANETEST_DIR is not set")
		}
		t.Skip("DANESCAN_DANETEST_DIR is not set: it names a folder with OpenSSL's test/danetest.in")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.in"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no *.in in %s (%v)", dir, err)
	}
	return files
}

// run says what is wrong, if anything. Blocks with PKIX usages alone are none of
// SMTP's (RFC 7672, Section 3.1.3): nothing must be usable. Names that OpenSSL
// was told to check for DANE-EE do not count (RFC 7672, Section 3.1.1).
func (v vector) run() string {
	verifier := Verifier{DigestOrder: []uint8{SHA256, SHA512}}
	r := verifier.Verify(v.records, v.chain, Names{"example.com"}, time.Now())
	if !anyOf(v.records, func(rec Record) bool { return rec.Usage == DANETA || rec.Usage == DANEEE }) {
		if r.Reason != NoUsable || r.Verified {
			return fmt.Sprintf("PKIX usages alone: %+v", r)
		}
		return ""
	}
	want := v.want
	if v.eeNames && want == x509Name && v.depth == 0 {
		want = x509OK
	}
	if !agrees(r, want) {
		return fmt.Sprintf("verified %t (%s), want result %d", r.Verified, r.Reason, want)
	}
	if r.Depth != v.depth {
		return fmt.Sprintf("depth %d, want %d", r.Depth, v.depth)
	}
	return ""
}

// agrees compares a result with X509_V_*. Where several things are wrong with a
// path, OpenSSL gives the first that it comes to and we the first in our order.
func agrees(r Result, want int) bool {
	switch want {
	case x509OK:
		return r.Verified
	case x509Name:
		return r.Reason == Name
	case x509NoMatch, x509NoIssuer:
		return r.Reason == NoMatch || r.Reason == TANotServed || r.Reason == BadChain && r.Depth == -1
	}
	return !r.Verified && r.Depth >= 0
}

// pkixMatches reports whether a record of a PKIX usage matches a certificate
// that was sent: OpenSSL goes by it, SMTP must not.
func (v vector) pkixMatches() bool {
	return anyOf(v.records, func(rec Record) bool {
		for i, der := range v.chain {
			if (rec.Usage == PKIXEE && i == 0 || rec.Usage == PKIXTA && i > 0) && rec.Matches(der) {
				return true
			}
		}
		return false
	})
}

// readVectors reads a file: a header, the records that it announces, then PEM
// certificates amid other text.
func readVectors(file string) ([]vector, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := &lineReader{scanner: bufio.NewScanner(f)}
	lines.scanner.Buffer(nil, 1<<20)
	var all []vector
	for {
		v, err := readVector(lines)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", lines.number, err)
		}
		all = append(all, v)
	}
}

type lineReader struct {
	scanner *bufio.Scanner
	number  int
}

func (l *lineReader) next() (string, error) {
	if !l.scanner.Scan() {
		return "", errors.Join(io.EOF, l.scanner.Err())
	}
	l.number++
	return strings.TrimSpace(l.scanner.Text()), nil
}

// nextLine passes over blank lines and comments.
func (l *lineReader) nextLine() (string, error) {
	for {
		line, err := l.next()
		if err != nil || line != "" && line[0] != '#' {
			return line, err
		}
	}
}

func readVector(l *lineReader) (vector, error) {
	header, err := l.nextLine()
	if err != nil {
		return vector{}, err
	}
	v := vector{line: l.number}
	var records, certificates, noNames int
	if _, err := fmt.Sscan(header, &records, &certificates, &noNames, &v.want, &v.depth); err != nil {
		return v, fmt.Errorf("header %q: %w", header, err)
	}
	v.eeNames = noNames == 0
	for range records {
		r, err := readRecord(l)
		if err != nil {
			return v, err
		}
		v.records = append(v.records, r)
	}
	for range certificates {
		der, err := readPEM(l)
		if err != nil {
			return v, err
		}
		v.chain = append(v.chain, der)
	}
	return v, nil
}

func readRecord(l *lineReader) (Record, error) {
	line, err := l.nextLine()
	if err != nil {
		return Record{}, fmt.Errorf("record: %w", err)
	}
	var r Record
	var data string
	if _, err := fmt.Sscan(line, &r.Usage, &r.Selector, &r.MatchingType, &data); err != nil {
		return r, fmt.Errorf("record: %w", err)
	}
	r.Data, err = hex.DecodeString(data)
	return r, err
}

func readPEM(l *lineReader) ([]byte, error) {
	var text strings.Builder
	for {
		line, err := l.next()
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		if text.Len() == 0 && !strings.HasPrefix(line, "-----BEGIN ") {
			continue
		}
		text.WriteString(line + "\n")
		if strings.HasPrefix(line, "-----END ") {
			block, _ := pem.Decode([]byte(text.String()))
			if block == nil {
				return nil, errors.New("certificate is not PEM")
			}
			return block.Bytes, nil
		}
	}
}
