package tail

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// reopen finds the file of a position again: by its path, or beside it.
func (t *Tailer) reopen(p Position, now time.Time) {
	s := t.sourceOf(p.Pattern)
	if s == nil {
		return // it is no longer configured
	}
	if info, err := os.Stat(p.Path); err == nil && idOf(info) == p.id() && t.resume(s, p.Path, p, now) {
		return
	}
	for _, path := range inDirectory(p.Path) {
		if info, err := os.Stat(path); err == nil && idOf(info) == p.id() && t.resume(s, path, p, now) {
			return
		}
	}
	if t.resumeCopy(s, p, now) {
		return
	}
	t.Stats.Lost++
	t.cfg.Logger.Warn("an access log was not found again: what was not read of it is lost", "path", p.Path, "offset", p.Offset)
}

func (t *Tailer) sourceOf(pattern string) *source {
	for _, s := range t.sources {
		if s.Pattern == pattern {
			return s
		}
	}
	return nil
}

// resume reads a file from a position on, if it is that file. One that has the
// inode but another head, or is too short, was truncated or is another.
func (t *Tailer) resume(s *source, path string, p Position, now time.Time) bool {
	f := t.open(s, path, now)
	if f == nil {
		return false
	}
	if !p.isHead(f.file) || f.size < p.Offset {
		delete(t.files, f.id())
		_ = f.file.Close()
		return false
	}
	p.Path, p.Device, p.Inode = path, f.Device, f.Inode
	f.Position, f.seen = p, p.Offset
	return true
}

// truncated reads a file from its begin on, and its copy, if there is one, from
// where the file was left.
func (t *Tailer) truncated(f *File, now time.Time) {
	t.Stats.Truncated++
	if t.resumeCopy(f.source, f.Position, now) {
		t.Stats.Copies++
	}
	f.begin()
	t.strays(f.source, t.scanned, now)
}

// resumeCopy reads on in the copy of a file that was truncated.
func (t *Tailer) resumeCopy(s *source, p Position, now time.Time) bool {
	if p.HeadBytes == 0 {
		return false
	}
	for _, path := range beside(p.Log) {
		info, err := os.Stat(path)
		if err != nil || idOf(info) == p.id() || !info.Mode().IsRegular() {
			continue
		}
		if known := t.files[idOf(info)]; known != nil {
			if known.isHead(known.file) && p.isHead(known.file) && known.Offset >= p.Offset && known.source == s {
				known.Offset, known.seen = p.Offset, p.Offset
				return true
			}
			continue
		}
		if t.resume(s, path, p, now) {
			return true
		}
	}
	return false
}

// isCopy reports whether a file that just came begins as one that is read.
func (t *Tailer) isCopy(f *File) bool {
	for _, g := range t.files {
		if g == f || g.size < leastHead || f.size < leastHead || !isRotation(g.Log, filepath.Base(f.Path)) {
			continue
		}
		if sameBegin(g.file, f.file, min(g.size, f.size, chunkBytes)) {
			return true
		}
	}
	return false
}

func sameBegin(a, b io.ReaderAt, n int64) bool {
	var first, second [8 << 10]byte
	for at := int64(0); at < n; at += int64(len(first)) {
		size := min(n-at, int64(len(first)))
		x, _ := a.ReadAt(first[:size], at)
		y, _ := b.ReadAt(second[:size], at)
		if x != y || int64(x) != size || !bytes.Equal(first[:size], second[:size]) {
			return false
		}
	}
	return true
}

// passOver leaves alone the rotations that are there when a source is first looked
// at.
func (t *Tailer) passOver(s *source, now time.Time) {
	for _, path := range t.logsOf(s) {
		for _, other := range beside(path) {
			info, err := os.Stat(other)
			if err == nil && now.Sub(info.ModTime()) < time.Minute && t.files[idOf(info)] == nil {
				key := idOf(info)
				t.remember(Position{Device: key.device, Inode: key.inode, Offset: info.Size()})
			}
		}
	}
}

// slack is by how much the times of files and of scans may differ.
const slack = 2 * time.Second

// strays reads rotations that nobody knows and that were written since: the log
// was rotated more than once.
func (t *Tailer) strays(s *source, since, now time.Time) {
	listed := map[string][]string{} // each directory once: it may hold a hundred logs
	for _, path := range t.logsOf(s) {
		dir := filepath.Dir(path)
		if _, known := listed[dir]; !known {
			listed[dir] = inDirectory(path)
		}
		for _, other := range rotations(path, listed[dir]) {
			info, err := os.Stat(other)
			if err != nil || info.ModTime().Before(since.Add(-slack)) || t.files[idOf(info)] != nil {
				continue
			}
			t.stray(s, path, other, now)
		}
	}
}

func (t *Tailer) stray(s *source, log, path string, now time.Time) {
	f := t.open(s, path, now)
	if f == nil {
		return
	}
	f.Log = log
	if at, was := t.letGoAt(f); was {
		f.Offset, f.seen = at, at
		f.learnHead()
	} else if t.isCopy(f) {
		f.Offset, f.seen = f.size, f.size
	}
}

// logsOf returns the paths of a source after which its rotations are named.
func (t *Tailer) logsOf(s *source) []string {
	paths, err := filepath.Glob(s.Pattern)
	if err != nil {
		return nil // Scan tells
	}
	if !strings.ContainsAny(s.Pattern, `*?[\`) {
		paths = append(paths, s.Pattern) // though it is not there now
	}
	for _, f := range t.files {
		if f.source == s {
			paths = append(paths, f.Log)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// letGoAt returns how far a file was read before it was let go, if it was: clocks
// of file systems may be wrong.
func (t *Tailer) letGoAt(f *File) (offset int64, was bool) {
	for i := range t.gone {
		if p := &t.gone[i]; p.id() == f.id() && p.Offset <= f.size && p.isHead(f.file) {
			return p.Offset, true
		}
	}
	return 0, false
}
