package tail

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"
)

const (
	// rotatedWait is how long a file that was rotated must not have grown.
	rotatedWait = 10 * time.Minute
	chunkBytes  = 256 << 10
	// maxGone bounds the rotations that are remembered.
	maxGone = 200
	// MaxFiles bounds the files that are read.
	MaxFiles = 1000
)

// Source is a path, or a pattern as of filepath.Match.
type Source struct {
	Pattern string
	// FromStart reads what is in the files at the pattern's first sight.
	FromStart bool
}

// Config is what Open needs.
type Config struct {
	Sources []Source
	MaxLine int // bytes
	Logger  *slog.Logger
}

// Saved is what is kept over restarts.
type Saved struct {
	At       int64      `json:"at"` // ms, when it was made
	Patterns []string   `json:"patterns"`
	Files    []Position `json:"files"`
	// Gone are rotations that were let go, the newest last.
	Gone []Position `json:"gone,omitempty"`
}

// Stats counts what did not become a line, and what was found of files.
type Stats struct {
	TooLong    uint64 `json:"too_long"`       // lines
	Unfinished uint64 `json:"unfinished"`     // last lines without an end, of files that are over
	Truncated  uint64 `json:"truncated"`      // files that began again
	Copies     uint64 `json:"copies"`         // of those, with a copy to read on in
	Lost       uint64 `json:"lost"`           // files that were not found again
	TooMany    uint64 `json:"too_many_files"` // files beyond MaxFiles
}

// Tailer reads. One goroutine uses it at a time.
type Tailer struct {
	cfg     Config
	sources []*source
	files   map[id]*File
	gone    []Position
	buf     []byte
	told    map[string]bool // what was logged once
	scanned time.Time       // the last Scan, before the first one when the state was kept
	Stats   Stats
}

type source struct {
	Source
	fresh bool // it was not looked at yet
}

// Open finds the files of saved again.
func Open(c Config, saved Saved, now time.Time) *Tailer {
	t := &Tailer{cfg: c, files: map[id]*File{}, buf: make([]byte, chunkBytes), told: map[string]bool{}, scanned: now, gone: saved.Gone}
	if saved.At > 0 {
		t.scanned = time.UnixMilli(saved.At)
	}
	for _, s := range c.Sources {
		t.sources = append(t.sources, &source{Source: s, fresh: !slices.Contains(saved.Patterns, s.Pattern)})
	}
	for _, p := range saved.Files {
		t.reopen(p, now)
	}
	return t
}

// Saved returns what Open needs to go on from here.
func (t *Tailer) Saved(now time.Time) Saved {
	s := Saved{At: now.UnixMilli(), Gone: slices.Clone(t.gone)}
	for _, src := range t.sources {
		if !src.fresh {
			s.Patterns = append(s.Patterns, src.Pattern)
		}
	}
	for _, f := range t.files {
		s.Files = append(s.Files, f.Position)
	}
	return s
}

// Fresh reports whether a pattern was never looked at.
func (t *Tailer) Fresh() bool {
	return slices.ContainsFunc(t.sources, func(s *source) bool { return s.fresh })
}

// Files is how many files are read.
func (t *Tailer) Files() int { return len(t.files) }

// Read gives the next lines of the file that is the farthest behind, some
// hundred KiB of them; it returns false if all was read. A line is good until
// give returns.
func (t *Tailer) Read(now time.Time, give func(f *File, line []byte)) bool {
	f := t.behind()
	if f == nil {
		return false
	}
	from := f.Offset + f.skipped
	n, err := f.file.ReadAt(t.buf, from)
	if err != nil && !errors.Is(err, io.EOF) {
		t.once("read access log", f.Path, err)
		f.seen = f.size
		return true
	}
	if !f.isHead(f.file) {
		t.truncated(f, now)
		return true
	}
	f.seen = from + int64(n)
	if n == 0 {
		f.seen = f.size // shorter than it was: Scan will see
	}
	t.give(f, t.buf[:n], give)
	f.learnHead()
	return true
}

// behind returns the file with lines to read whose last one is the oldest.
func (t *Tailer) behind() (oldest *File) {
	for _, f := range t.files {
		if f.more() && (oldest == nil || f.At.Before(oldest.At)) {
			oldest = f
		}
	}
	return oldest
}

// Behind returns the time of the last line of the file that is the farthest
// behind; zero if all was read.
func (t *Tailer) Behind() time.Time {
	var at time.Time
	for _, f := range t.files {
		if f.more() && !f.At.IsZero() && (at.IsZero() || f.At.Before(at)) {
			at = f.At
		}
	}
	return at
}

// give cuts what was read behind Offset + skipped into lines.
func (t *Tailer) give(f *File, b []byte, give func(*File, []byte)) {
	for {
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			if len(b) > t.cfg.MaxLine {
				f.skipped += int64(len(b))
			}
			return
		}
		line := b[:end]
		b = b[end+1:]
		tooLong := f.skipped > 0 || len(line) > t.cfg.MaxLine
		f.Offset += f.skipped + int64(end) + 1
		f.skipped = 0
		if tooLong {
			t.Stats.TooLong++
			continue
		}
		// Behind a truncation a server that does not append leaves a hole.
		give(f, bytes.TrimLeft(line, "\x00"))
	}
}

// Close closes the files.
func (t *Tailer) Close() {
	for f := range maps.Values(t.files) {
		_ = f.file.Close() // they were only read
	}
}
