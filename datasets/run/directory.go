package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
)

// Names in a run directory beside the tables and the manifest.
const (
	spoolName  = "spool"
	finishName = "finish" // final tables on their way in
)

// Run is a run directory. Reading it needs no lock; Spool and Final write, so
// they take the lock, which Close gives back.
type Run struct {
	dir      string
	manifest Manifest
	disk     disk
	lock     *os.File
}

// Create makes dir a run directory with a manifest and takes its lock. The
// directory may exist if it is empty. ErrExists: it holds another run.
func Create(dir string, m Manifest) (*Run, error) {
	return create(dir, m, disk{})
}

func create(dir string, m Manifest, d disk) (*Run, error) {
	if m.SchemaVersion == 0 {
		m.SchemaVersion = SchemaVersion
	}
	data, err := m.encode()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := checkFree(dir); err != nil {
		return nil, err
	}
	r := &Run{dir: dir, manifest: m, disk: d}
	if err := r.acquire(); err != nil {
		return nil, err
	}
	if err := d.writeFile(filepath.Join(dir, ManifestName), data); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, d.syncDir(filepath.Dir(filepath.Clean(dir)))
}

// checkFree says whether a run may begin in dir. What a Create that was killed
// left behind does not count.
func checkFree(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, ManifestName)); err == nil {
		return fmt.Errorf("%s: %w: continue it with --resume, or choose another directory with -o", dir, ErrExists)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != ManifestName+tempSuffix {
			return fmt.Errorf("%s: the directory is not empty (%s): choose another one with -o", dir, e.Name())
		}
	}
	return nil
}

// Open opens the run in dir. If a finish was cut short while it swapped tables
// in, Open completes it first.
func Open(dir string) (*Run, error) {
	return open(dir, disk{})
}

func open(dir string, d disk) (*Run, error) {
	r := &Run{dir: dir, disk: d}
	if err := r.recover(); err != nil {
		return nil, err
	}
	var err error
	r.manifest, err = ReadManifest(dir)
	return r, err
}

// Close gives the lock back, if it is held.
func (r *Run) Close() error {
	if r.lock == nil {
		return nil
	}
	err := r.lock.Close()
	r.lock = nil
	return err
}

// Dir is the run directory.
func (r *Run) Dir() string { return r.dir }

// Manifest is the manifest as it stands.
func (r *Run) Manifest() Manifest { return r.manifest }

// Finished says whether the final tables are there.
func (r *Run) Finished() bool { return r.manifest.Finished != nil }

// WriteManifest replaces the manifest. The run ID stays what it is.
func (r *Run) WriteManifest(m Manifest) error {
	if m.RunID != r.manifest.RunID {
		return fmt.Errorf("%w: run %q, not %q", ErrManifest, m.RunID, r.manifest.RunID)
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	if err := r.acquire(); err != nil {
		return err
	}
	if err := r.disk.writeFile(r.path(ManifestName), data); err != nil {
		return err
	}
	r.manifest = m
	return nil
}

// Spool opens the spool for collecting and takes the lock of the run.
func (r *Run) Spool() (*Spool, error) {
	if err := r.acquire(); err != nil {
		return nil, err
	}
	return openSpool(r.path(spoolName), r.manifest.Origin(), r.disk)
}

// HasSpool says whether there is evidence that is not in the final tables.
func (r *Run) HasSpool() (bool, error) {
	_, err := os.Stat(r.path(spoolName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (r *Run) path(name string) string { return filepath.Join(r.dir, filepath.FromSlash(name)) }

// Domains streams the final table domains by line.
func (r *Run) Domains() iter.Seq2[Domain, error] { return tableRows[Domain](r) }

// Hosts streams the final table hosts by name.
func (r *Run) Hosts() iter.Seq2[Host, error] { return tableRows[Host](r) }

// Endpoints streams the final table endpoints by base domain, address,
// algorithm and attempt.
func (r *Run) Endpoints() iter.Seq2[Endpoint, error] { return tableRows[Endpoint](r) }

// Certificates streams the final table certificates by SHA-256.
func (r *Run) Certificates() iter.Seq2[Certificate, error] { return tableRows[Certificate](r) }

// parts lists the parts of a final table as the manifest has them.
func (r *Run) parts(t Table) []PartInfo {
	var parts []PartInfo
	for _, p := range r.manifest.Parts {
		if table, _, _ := p.split(); table == t {
			parts = append(parts, p)
		}
	}
	return parts
}

func tableRows[T Row](r *Run) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if !r.Finished() {
			yield(none, fmt.Errorf("%s: %w", r.dir, ErrUnfinished))
			return
		}
		for _, p := range r.parts(layoutOf[T]().table) {
			for row, err := range rowsOf[T](r.path(p.Name), inManifest(r.manifest.RunID, p)) {
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
}

// Verify reads every part through and compares it with the manifest: that it is
// there, its size and its SHA-256.
func (r *Run) Verify(ctx context.Context) error {
	for _, p := range r.manifest.Parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.verify(r.path(p.Name)); err != nil {
			return &PartError{r.path(p.Name), plain(err)}
		}
	}
	return nil
}

func (p PartInfo) verify(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != p.Bytes {
		return fmt.Errorf("%w: %d bytes, the manifest says %d", ErrDamaged, info.Size(), p.Bytes)
	}
	return checkSum(p.SHA256, f)
}
