package tail

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Scan looks for files that are new, were rotated or have grown. Truncations come
// first: what a file was tells its copy from one that is new.
func (t *Tailer) Scan(now time.Time) {
	for _, f := range slices.Collect(maps.Values(t.files)) {
		t.check(f, now)
	}
	matched := map[id]bool{}
	for _, s := range t.sources {
		t.match(s, matched, now)
		if s.fresh {
			t.passOver(s, now)
		}
		t.strays(s, t.scanned, now) // rotated more than once since
		s.fresh = false
	}
	for key, f := range t.files {
		f.rotated = !matched[key]
		t.letGo(key, f, now)
	}
	t.scanned = now
}

// match looks at the paths of a pattern.
func (t *Tailer) match(s *source, matched map[id]bool, now time.Time) {
	paths, err := filepath.Glob(s.Pattern)
	if err != nil {
		t.once("bad pattern", s.Pattern, err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !compressed(path) {
			matched[idOf(info)] = true
			t.look(s, path, info, now)
		}
	}
}

// look takes a path of a pattern: of a known file its name, another to read.
func (t *Tailer) look(s *source, path string, info os.FileInfo, now time.Time) {
	if f := t.files[idOf(info)]; f != nil {
		f.Path = path
		return
	}
	f := t.open(s, path, now)
	if f == nil {
		return
	}
	f.First = s.fresh
	switch {
	case s.fresh && !s.FromStart:
		f.Offset = lastLine(f.file, f.size)
	case t.isCopy(f):
		f.Offset = f.size // until its original is truncated
	}
	f.seen = f.Offset
	f.learnHead()
}

// open begins to read a file at its begin. It returns nil if that cannot be.
func (t *Tailer) open(s *source, path string, now time.Time) *File {
	if len(t.files) >= MaxFiles {
		t.Stats.TooMany++
		t.once("too many files are read, this one is not", path, nil)
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		t.once("cannot read access log", path, err)
		return nil
	}
	info, err := file.Stat()
	if err != nil || t.files[idOf(info)] != nil {
		_ = file.Close()
		return nil
	}
	delete(t.told, path)
	key := idOf(info)
	f := &File{source: s, file: file, size: info.Size(), grown: now}
	f.Position = Position{Pattern: s.Pattern, Path: path, Log: path, Device: key.device, Inode: key.inode}
	t.files[key] = f
	return f
}

// check sees whether a file has grown, or begins again: what it holds then may be
// as long as before.
func (t *Tailer) check(f *File, now time.Time) {
	if err := f.stat(now); err != nil {
		t.once("stat access log", f.Path, err)
		return
	}
	if f.size < f.Offset || !f.isHead(f.file) {
		t.truncated(f, now)
	}
}

// letGo closes a file that is over.
func (t *Tailer) letGo(key id, f *File, now time.Time) {
	if !f.rotated || f.more() || now.Sub(f.grown) < rotatedWait {
		return
	}
	if f.size > f.Offset {
		t.Stats.Unfinished++
	}
	_ = f.file.Close() // it was only read
	delete(t.files, key)
	t.remember(f.Position)
}

func (t *Tailer) remember(p Position) {
	if t.gone = append(t.gone, p); len(t.gone) > maxGone {
		t.gone = t.gone[1:]
	}
}

// once logs what would else be logged each second.
func (t *Tailer) once(what, path string, err error) {
	if t.told[path] {
		return
	}
	if len(t.told) > MaxFiles {
		clear(t.told)
	}
	t.told[path] = true
	t.cfg.Logger.Warn(what, "path", path, "err", err)
}

func compressed(path string) bool {
	return slices.Contains([]string{".gz", ".bz2", ".xz", ".zst", ".lz4", ".tmp"}, strings.ToLower(filepath.Ext(path)))
}
