package run

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ManifestName is the file that makes a directory a run.
const ManifestName = "manifest.json"

// maxManifest bounds a manifest that is read. A thousand parts take 200 kB.
const maxManifest = 64 << 20

// Manifest says who made a run, when, from what and how: enough to cite it and
// to repeat it. Times are UTC.
type Manifest struct {
	RunID            string            `json:"run_id"`
	SchemaVersion    int               `json:"schema_version"`
	RulesVersion     string            `json:"rules_version"`
	Tool             Tool              `json:"tool"`
	Command          []string          `json:"command"`         // as typed, one argument each
	Settings         map[string]string `json:"settings"`        // effective, by the name of the flag
	List             List              `json:"list"`            // all together, where there were several
	Lists            []List            `json:"lists,omitempty"` // each of several, in order
	Resolver         Resolver          `json:"resolver"`
	DigestOrder      []string          `json:"digest_order"` // strongest first (RFC 7671, Section 9)
	PublicSuffixList string            `json:"public_suffix_list"`
	RetiredCAList    string            `json:"retired_ca_list"`
	Previous         string            `json:"previous,omitempty"` // run ID of the run compared with
	Sources          []string          `json:"sources,omitempty"`  // run IDs of the runs merged into this one
	Vantage          Vantage           `json:"vantage"`
	Started          time.Time         `json:"started"`
	Finished         *time.Time        `json:"finished"` // null: not yet
	Interruptions    []Interruption    `json:"interruptions"`
	Exclusions       Exclusions        `json:"exclusions"`
	Counts           Counts            `json:"counts"`
	CrossCheck       *CrossChecks      `json:"cross_check,omitempty"` // null: no second resolver was asked
	Parts            []PartInfo        `json:"parts"`
}

// Tool is the program that made the run.
type Tool struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	GoVersion string `json:"go_version"`
}

// List is the domain list that went in.
type List struct {
	Source   string           `json:"source"` // as given: file, URL or -
	ID       string           `json:"id"`     // the publisher's name for this edition
	URL      string           `json:"url"`
	Date     string           `json:"date"`             // of the edition, YYYY-MM-DD
	SHA256   string           `json:"sha256"`           // of the file as read, in hex; of several lists: of their digests in hex, each ended by a line feed
	Before   int64            `json:"before,omitempty"` // lines that count as before its first: the column line of the table domains goes on from there
	Rows     int64            `json:"rows"`             // lines read
	Taken    int64            `json:"taken"`            // domains scanned
	Folded   int64            `json:"folded,omitempty"` // of these, for a name below them
	Skipped  map[string]int64 `json:"skipped"`          // lines by reason
	Citation string           `json:"citation,omitempty"`
}

// Resolver is how the DNS was asked.
type Resolver struct {
	Mode         string   `json:"mode"`          // iterate, forward, trust-ad
	Addresses    []string `json:"addresses"`     // empty when iterating
	TrustAnchors []string `json:"trust_anchors"` // DS records in zone-file form
	SHA1         string   `json:"sha1"`          // policy for signatures and digests with SHA-1
}

// Vantage is where and as whom the run looked at the Internet.
type Vantage struct {
	Addresses []string `json:"addresses"`
	HostName  string   `json:"host_name"`
	EHLO      string   `json:"ehlo"`
	Contact   string   `json:"contact"`
}

// Interruption is a time in which the run stood still. Stopped is null where the
// program was given no time to say.
type Interruption struct {
	Stopped *time.Time `json:"stopped"`
	Resumed time.Time  `json:"resumed"`
}

// Exclusions counts what was left out by request. What it was is never named.
type Exclusions struct {
	Domains   int64 `json:"domains"`
	Hosts     int64 `json:"hosts"`
	Addresses int64 `json:"addresses"`
}

// Counts is the run in numbers.
type Counts struct {
	Rows      map[Table]int64   `json:"rows"`
	Domains   map[Verdict]int64 `json:"domains"`
	Hosts     map[Verdict]int64 `json:"hosts"`
	Endpoints map[Verdict]int64 `json:"endpoints"`
	Stages    map[Stage]int64   `json:"stages"`          // sessions by the stage at which they ended
	Again     *Again            `json:"again,omitempty"` // null: no domain was looked at again
}

// Again is what second looks at domains came to whose first look had failed.
type Again struct {
	Domains  int64 `json:"domains"`  // looked at once more
	Answered int64 `json:"answered"` // of these, domains whose second look did not fail
}

// NewRunID makes the identifier of a run from the time at which it begins and
// eight bytes of randomness: 20261121T120000Z-8f3a92c1d0b4e577.
func NewRunID(now time.Time, random io.Reader) (string, error) {
	var salt [8]byte
	if _, err := io.ReadFull(random, salt[:]); err != nil {
		return "", err
	}
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(salt[:]), nil
}

// Origin is what the parts of this run say of themselves.
func (m *Manifest) Origin() Origin {
	return Origin{
		SchemaVersion: m.SchemaVersion,
		RulesVersion:  m.RulesVersion,
		ToolVersion:   m.Tool.Version,
		RunID:         m.RunID,
		ListID:        m.List.ID,
	}
}

// ReadManifest reads the manifest of the run in dir. Errors wrap ErrNotRun,
// ErrVersion or ErrManifest.
func ReadManifest(dir string) (Manifest, error) {
	return readManifest(filepath.Join(dir, ManifestName))
}

func readManifest(path string) (Manifest, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("%s: %w: there is no %s", filepath.Dir(path), ErrNotRun, ManifestName)
	}
	if err != nil {
		return Manifest{}, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return Manifest{}, err
	}
	m, err := parseManifest(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// parseManifest reads a manifest strictly: a field that this program does not
// know would be lost on the next writing.
func parseManifest(data []byte) (Manifest, error) {
	if len(data) > maxManifest {
		return Manifest{}, fmt.Errorf("%w: over %d bytes", ErrManifest, maxManifest)
	}
	var version struct {
		SchemaVersion int `json:"schema_version"`
	}
	if err := json.Unmarshal(data, &version); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if version.SchemaVersion > SchemaVersion {
		return Manifest{}, fmt.Errorf("%w: schema version %d, this program knows %d", ErrVersion, version.SchemaVersion, SchemaVersion)
	}
	var m Manifest
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Manifest{}, fmt.Errorf("%w: more than one JSON value", ErrManifest)
	}
	return m, m.check()
}

// check says what makes a manifest unusable.
func (m *Manifest) check() error {
	switch {
	case m.SchemaVersion < 1:
		return fmt.Errorf("%w: schema version %d", ErrManifest, m.SchemaVersion)
	case m.RunID == "":
		return fmt.Errorf("%w: no run_id", ErrManifest)
	case m.Started.IsZero():
		return fmt.Errorf("%w: no time of start", ErrManifest)
	}
	for _, p := range m.Parts {
		if _, _, ok := p.split(); !ok || p.Rows < 0 || p.Bytes < 0 {
			return fmt.Errorf("%w: %q is no part of a table", ErrManifest, p.Name)
		}
	}
	return nil
}

// split takes the name of a part apart. A manifest may come from anywhere, so a
// name that points out of the run is none.
func (p PartInfo) split() (Table, int, bool) {
	dir, name, _ := strings.Cut(p.Name, "/")
	table, err := ParseTable(dir)
	if err != nil {
		return "", 0, false
	}
	n, ok := partNumber(name)
	return table, n, ok
}

// encode gives the manifest as it is stored.
func (m *Manifest) encode() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(m, "", "  ")
	return append(data, '\n'), err
}
