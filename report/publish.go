package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
)

// maker makes one file of a site.
type maker struct {
	path string // below the site, with slashes
	make func() ([]byte, error)
}

// listPath is where a site says which files are its own.
const listPath = "data/site.json"

// siteList is that list. A site that is made again deletes what stands in it and is
// no longer made, such as the page of a provider that is gone, and nothing else.
type siteList struct {
	About string   `json:"about"`
	Files []string `json:"files"`
}

// ownName is what a file of a site may be called: a list that was meddled with
// cannot make a site delete anything else.
var ownName = regexp.MustCompile(`^([a-z0-9_-][a-z0-9._-]*/)*[a-z0-9_-][a-z0-9._-]*\.(html|csv|json|sql|md)$`)

// publish makes the files of a site, in order, each whole or not at all and only if
// it is not there as it should be. At any moment the list has every file that is
// the site's.
func publish(ctx context.Context, dir string, makers []maker) error {
	now := map[string]bool{listPath: true}
	for _, m := range makers {
		now[m.path] = true
	}
	before, err := readList(dir)
	if err != nil {
		return err
	}
	all := maps.Clone(now)
	for _, name := range before {
		all[name] = true
	}
	if err := writeList(dir, all); err != nil {
		return err
	}
	for _, m := range makers {
		if err := ctx.Err(); err != nil {
			return err
		}
		data, err := m.make()
		if err == nil {
			err = replace(filepath.Join(dir, filepath.FromSlash(m.path)), data)
		}
		if err != nil {
			return err
		}
	}
	if err := removeOwn(dir, slices.DeleteFunc(before, func(name string) bool { return now[name] })); err != nil {
		return err
	}
	return writeList(dir, now)
}

// readList gives the files that an earlier build made. A list that is not there or
// cannot be read has none.
func readList(dir string) ([]string, error) {
	var list siteList
	if err := readJSON(filepath.Join(dir, filepath.FromSlash(listPath)), &list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Files, func(name string) bool { return !ownName.MatchString(name) }), nil
}

func writeList(dir string, names map[string]bool) error {
	list := siteList{
		About: "The files of this site, by danescan report. It deletes those that it no longer makes, and no others.",
		Files: slices.Sorted(maps.Keys(names)),
	}
	return writeJSON(filepath.Join(dir, filepath.FromSlash(listPath)), list)
}

// removeOwn deletes files of a site, and the directories that they leave empty. No
// link leads out of the site.
func removeOwn(dir string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range names {
		if info, err := root.Lstat(name); err != nil || !info.Mode().IsRegular() {
			continue // gone already, or not what was written
		}
		if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			if root.Remove(up) != nil {
				break // not empty
			}
		}
	}
	return nil
}

// whole says whether all files of a site are there.
func whole(dir string) bool {
	names, err := readList(dir)
	if err != nil || len(names) == 0 {
		return false
	}
	for _, name := range names {
		if info, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name))); err != nil || !info.Mode().IsRegular() {
			return false
		}
	}
	return true
}

// replace writes a file whole or not at all, and only if it is another.
func replace(path string, data []byte) error {
	if known, err := os.ReadFile(path); err == nil && bytes.Equal(known, data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp := path + ".tmp"
	if err := os.WriteFile(tmp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// readJSON reads a file that may not be there. One that cannot be read is as good
// as none: it is made again.
func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && json.Unmarshal(data, v) != nil {
		return nil
	}
	return err
}

func writeJSON(path string, v any) error {
	data, err := encodeJSON(v)
	if err != nil {
		return err
	}
	return replace(path, data)
}

func encodeJSON(v any) ([]byte, error) {
	data, err := json.MarshalIndent(v, "", " ")
	return append(data, '\n'), err
}
