package tail

import (
	"errors"
	"hash/fnv"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// headBytes is how much of a file's begin tells it from others; leastHead is how
// much must be the same to take a file for a copy.
const (
	headBytes = 1024
	leastHead = 256
)

// id is an inode.
type id struct{ device, inode uint64 }

func idOf(info os.FileInfo) id {
	st := info.Sys().(*syscall.Stat_t) // of Linux it always is one
	return id{st.Dev, st.Ino}
}

// Position is where to go on reading a file.
type Position struct {
	Pattern string `json:"pattern"` // of the source that the file is of
	Path    string `json:"path"`
	Log     string `json:"log"` // the path it was first known by: rotations are named after it
	Device  uint64 `json:"device"`
	Inode   uint64 `json:"inode"`
	Offset  int64  `json:"offset"` // begin of the next line
	// Head is the FNV-1a checksum of the first HeadBytes bytes.
	Head      uint64 `json:"head"`
	HeadBytes int    `json:"head_bytes"`
	// Note is the reader's own: what it must know to go on in the middle.
	Note string `json:"note,omitempty"`
	// First says that the file was there when its pattern was first looked at.
	First bool `json:"first,omitempty"`
}

func (p Position) id() id { return id{p.Device, p.Inode} }

// File is one that is read.
type File struct {
	Position
	// At is the time of the last line, which the reader sets; those that are the
	// farthest behind are read first.
	At time.Time

	source  *source
	file    *os.File
	seen    int64 // how far it was read, a line without end included
	skipped int64 // of a line that is too long, behind Offset
	size    int64
	grown   time.Time // when it last was
	rotated bool      // no path of the pattern leads to it
}

// more reports whether there is something to read.
func (f *File) more() bool { return f.size > f.seen }

// stat learns the size.
func (f *File) stat(now time.Time) error {
	info, err := f.file.Stat()
	if err != nil {
		return err
	}
	if size := info.Size(); size != f.size {
		f.size, f.grown = size, now
	}
	return nil
}

// headOf returns the checksum of the first n bytes; ok is false if there are fewer.
func headOf(r io.ReaderAt, n int) (sum uint64, ok bool) {
	var buf [headBytes]byte
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, int64(n)), buf[:n]); err != nil {
		return 0, false
	}
	h := fnv.New64a()
	_, _ = h.Write(buf[:n]) // a hash never fails
	return h.Sum64(), true
}

// isHead reports whether r begins as the file of the position did.
func (p *Position) isHead(r io.ReaderAt) bool {
	if p.HeadBytes < 1 || p.HeadBytes > headBytes {
		return p.HeadBytes == 0
	}
	sum, ok := headOf(r, p.HeadBytes)
	return ok && sum == p.Head
}

// learnHead takes in as much of the head as was read.
func (f *File) learnHead() {
	n := int(min(headBytes, f.Offset))
	if n <= f.HeadBytes {
		return
	}
	if sum, ok := headOf(f.file, n); ok {
		f.Head, f.HeadBytes = sum, n
	}
}

// begin forgets where the file was read to: another content begins in it.
func (f *File) begin() {
	f.Offset, f.seen, f.skipped, f.Head, f.HeadBytes, f.First = 0, 0, 0, 0, 0, false
}

// lastLine returns the begin of the last line of a file of that size that may
// have no end yet.
func lastLine(r io.ReaderAt, size int64) int64 {
	buf := make([]byte, min(size, 64<<10))
	from := size - int64(len(buf))
	if _, err := r.ReadAt(buf, from); err != nil && !errors.Is(err, io.EOF) {
		return size
	}
	for i := len(buf) - 1; i >= 0; i-- {
		if buf[i] == '\n' {
			return from + int64(i) + 1
		}
	}
	return from
}

// Begin returns the lines that the file begins with, up to 16 KiB of them.
func (f *File) Begin() []string {
	buf := make([]byte, 16<<10)
	n, err := f.file.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil
	}
	lines := strings.Split(string(buf[:n]), "\n")
	return lines[:len(lines)-1] // the last may be cut
}
