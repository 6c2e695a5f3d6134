package foreign

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// found is what a walk found.
type found struct {
	files   []*file
	skipped map[string]int // by reason
	example string         // of what was skipped, with the reason
}

func (f *found) skip(reason, path string, err error) {
	if len(f.skipped) == 0 {
		f.example = path + ": " + reason
		if err != nil {
			f.example = path + ": " + err.Error()
		}
	}
	f.skipped[reason]++
}

// walk goes through a tree. Known are the files of the walk before, by path;
// those that are what they were are not opened again.
type walk struct {
	*found
	tree    *tree
	known   map[string]*file
	seen    map[identity]bool // shared by all trees
	entries int               // that may still be looked at
}

// entriesPerFile bounds a walk that a careless pattern leads all over the disk.
const entriesPerFile = 20

func (c *tree) walk(ctx context.Context, known map[string]*file, seen map[identity]bool) (*found, error) {
	w := &walk{
		found: &found{skipped: map[string]int{}}, tree: c, known: known, seen: seen,
		entries: entriesPerFile * max(c.given.MaxFiles, 1000),
	}
	err := w.level(ctx, c.root, c.below, nil)
	if errors.Is(err, errEnough) {
		w.skip("limit", c.given.Path, err)
		err = nil
	}
	return w.found, err
}

// errEnough ends a walk at its bounds.
var errEnough = errors.New("more than max_files, or too many other files beside them; what comes after is left out")

// level looks at what is in dir for the first of the components.
func (w *walk) level(ctx context.Context, dir string, below []component, vars variables) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if below[0].match == nil {
		return w.one(ctx, filepath.Join(dir, below[0].literal), below[1:], vars)
	}
	names, err := w.list(dir)
	if errors.Is(err, errEnough) {
		return err
	}
	if err != nil { // what was read of it is good all the same
		w.skip(reasonOf(err), dir, err)
	}
	for _, name := range names {
		if with, ok := below[0].variables(name, vars); ok {
			if err := w.one(ctx, filepath.Join(dir, name), below[1:], with); err != nil {
				return err
			}
		}
	}
	return nil
}

// one takes a file, or goes into a directory, when there are components left.
func (w *walk) one(ctx context.Context, path string, below []component, vars variables) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil // gone, or a link that leads nowhere
	case err != nil:
		w.skip(reasonOf(err), path, err)
		return nil
	case len(below) > 0 && info.IsDir():
		return w.level(ctx, path, below, vars)
	case len(below) > 0 || info.IsDir() || w.tree.exclude != nil && w.tree.exclude.MatchString(path):
		return nil
	case !info.Mode().IsRegular():
		w.skip("not a file", path, nil)
		return nil
	case len(w.files) >= w.tree.given.MaxFiles:
		return errEnough
	}
	w.take(path, info, vars)
	return nil
}

func (w *walk) take(path string, info fs.FileInfo, vars variables) {
	is := identityOf(info)
	if w.seen[is] {
		w.skip("seen by another path", path, nil)
		return
	}
	w.seen[is] = true
	f := w.known[path]
	same := f != nil && f.is == is && f.size == info.Size() && !f.moved.Load()
	if !same || f.reason != "" && !f.changed.Equal(info.ModTime()) {
		f = w.tree.open(&file{path: path, is: is, size: info.Size(), changed: info.ModTime()}, vars)
	}
	if f.reason != "" {
		w.skip(f.reason, path, f.err)
	}
	w.files = append(w.files, f)
}

// list returns the names in a directory in their order.
func (w *walk) list(dir string) ([]string, error) {
	d, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var names []string
	for {
		some, err := d.Readdirnames(1024)
		names = append(names, some...)
		if w.entries -= len(some); w.entries < 0 {
			return nil, errEnough
		}
		if err != nil {
			slices.Sort(names)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return names, err
		}
	}
}
