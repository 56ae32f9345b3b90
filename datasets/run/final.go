package run

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// finalPart bounds the rows of one part of a final table.
const finalPart = 1 << 20

// Final writes the final tables of a run. Until Commit the tables that readers
// see are those of before, or none:
//
//	finish/domains/part-000000.parquet ...   written, each part durably
//	finish/datapackage.json                  written durably
//	finish/manifest.json                     written durably: from here on there is no way back
//	domains -> finish/old-domains            and so for each table
//	finish/domains -> domains
//	finish/datapackage.json -> datapackage.json
//	spool -> finish/old-spool
//	finish/manifest.json -> manifest.json    the run is finished
//	finish                                   removed
//
// What a crash cuts short before the manifest stands in finish is forgotten;
// after, the next Open completes it.
type Final struct {
	run          *Run
	Domains      *TableWriter[Domain]
	Hosts        *TableWriter[Host]
	Endpoints    *TableWriter[Endpoint]
	Certificates *TableWriter[Certificate]
}

// Final begins new final tables and takes the lock of the run. The parts carry
// the versions of the manifest m, which Commit is given again when it is complete.
func (r *Run) Final(m Manifest) (*Final, error) {
	return r.final(m, finalPart)
}

func (r *Run) final(m Manifest, rows int64) (*Final, error) {
	if err := r.acquire(); err != nil {
		return nil, err
	}
	if err := r.disk.removeAll(r.path(finishName)); err != nil {
		return nil, err
	}
	for _, t := range Tables() {
		if err := os.MkdirAll(r.staging(t), 0o755); err != nil {
			return nil, err
		}
	}
	m.RunID = r.manifest.RunID
	m.SchemaVersion = SchemaVersion
	o, shared := m.Origin(), &codecs{}
	return &Final{
		run:          r,
		Domains:      newTableWriter[Domain](r, o, rows, shared),
		Hosts:        newTableWriter[Host](r, o, rows, shared),
		Endpoints:    newTableWriter[Endpoint](r, o, rows, shared),
		Certificates: newTableWriter[Certificate](r, o, rows, shared),
	}, nil
}

func (r *Run) staging(t Table) string { return filepath.Join(r.path(finishName), string(t)) }

// Done says that a table has all its rows: what it has in memory is written now,
// not when all tables are.
func (f *Final) Done(t Table) error {
	_, err := map[Table]func() ([]PartInfo, error){
		TableDomains: f.Domains.close, TableHosts: f.Hosts.close, TableEndpoints: f.Endpoints.close, TableCertificates: f.Certificates.close,
	}[t]()
	return err
}

// Commit closes the tables and swaps them in with the manifest m, whose time of
// finishing the caller has set and whose parts Commit sets. The spool goes.
func (f *Final) Commit(m Manifest) error {
	r := f.run
	parts, err := f.close()
	if err != nil {
		return err
	}
	m.RunID, m.SchemaVersion, m.Parts = r.manifest.RunID, SchemaVersion, parts
	if m.Finished == nil {
		return errors.New("commit of a run without the time at which it finished")
	}
	data, err := m.encode()
	if err != nil {
		return err
	}
	for _, t := range Tables() {
		if err := r.disk.syncDir(r.staging(t)); err != nil {
			return err
		}
	}
	if err := r.disk.syncDir(r.dir); err != nil {
		return err
	}
	if err := r.writeDataPackage(m); err != nil {
		return err
	}
	if err := r.disk.writeFile(r.path(finishName+"/"+ManifestName), data); err != nil {
		return err
	}
	if err := r.swap(); err != nil {
		return err
	}
	r.manifest = m
	return nil
}

func (r *Run) writeDataPackage(m Manifest) error {
	var text bytes.Buffer
	if err := WriteDataPackage(&text, m); err != nil {
		return err
	}
	return r.disk.writeFile(r.path(finishName+"/"+DataPackageName), text.Bytes())
}

// close finishes the last part of each table and lists all parts.
func (f *Final) close() ([]PartInfo, error) {
	parts := []PartInfo{}
	for _, close := range []func() ([]PartInfo, error){
		f.Domains.close, f.Hosts.close, f.Endpoints.close, f.Certificates.close,
	} {
		more, err := close()
		if err != nil {
			return nil, err
		}
		parts = append(parts, more...)
	}
	return parts, nil
}

// Abort gives the new tables up. After Commit it does nothing.
func (f *Final) Abort() error {
	f.Domains.abort()
	f.Hosts.abort()
	f.Endpoints.abort()
	f.Certificates.abort()
	if _, err := os.Lstat(f.run.path(finishName + "/" + ManifestName)); err == nil {
		return nil // committed: the next Open completes it
	}
	return f.run.disk.removeAll(f.run.path(finishName))
}

// swap puts the tables that stand in finish in place. Each step may have been
// done before a crash.
func (r *Run) swap() error {
	for _, t := range Tables() {
		if err := r.swapIn(string(t), r.staging(t)); err != nil {
			return err
		}
	}
	if err := r.swapIn(DataPackageName, r.path(finishName+"/"+DataPackageName)); err != nil {
		return err
	}
	if err := r.swapOut(spoolName); err != nil {
		return err
	}
	if err := r.disk.rename(r.path(finishName+"/"+ManifestName), r.path(ManifestName)); err != nil {
		return err
	}
	return r.disk.removeAll(r.path(finishName))
}

func (r *Run) swapIn(name, from string) error {
	if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
		return nil // in place already
	}
	if err := r.swapOut(name); err != nil {
		return err
	}
	return r.disk.rename(from, r.path(name))
}

// swapOut moves what is replaced out of sight, to be removed at leisure.
func (r *Run) swapOut(name string) error {
	if _, err := os.Lstat(r.path(name)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return r.disk.rename(r.path(name), filepath.Join(r.path(finishName), "old-"+name))
}

// recover completes a swap that a crash cut short, and removes what another left
// behind that came to nothing or to its end.
func (r *Run) recover() error {
	_, err := os.Lstat(r.path(finishName + "/" + ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		r.tidy()
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.acquire(); err != nil {
		return err
	}
	return errors.Join(r.swap(), r.Close())
}

// tidy removes new tables that nobody is writing any more. Who cannot, because the
// run may only be read or somebody is at work on it, can do without.
func (r *Run) tidy() {
	if _, err := os.Lstat(r.path(finishName)); err != nil {
		return
	}
	if r.acquire() != nil {
		return
	}
	if _, err := os.Lstat(r.path(finishName + "/" + ManifestName)); errors.Is(err, fs.ErrNotExist) {
		_ = r.disk.removeAll(r.path(finishName))
	}
	_ = r.Close()
}
