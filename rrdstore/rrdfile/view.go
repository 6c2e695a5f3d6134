package rrdfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// What a View cannot read, besides what is no round-robin file at all. All of
// them wrap ErrFormat.
var (
	ErrVersion      = fmt.Errorf("%w: version not supported", ErrFormat)
	ErrArchitecture = fmt.Errorf("%w: written on another architecture", ErrFormat)
	ErrTruncated    = fmt.Errorf("%w: shorter than its header says", ErrFormat)
	// ErrBeingWritten: another program was writing all the time.
	ErrBeingWritten = errors.New("being written by another program")
)

// viewTries and viewPause are how often and how far apart a View looks again
// when another program is writing: 100 ms in all.
const (
	viewTries = 50
	viewPause = 2 * time.Millisecond
)

// View is a file of another program, open for reading alone: any type of data
// source and any consolidation function may be in it, and its owner goes on to
// update it. It takes no lock, as that would make the owner's update fail.
type View struct {
	path   string
	schema *Schema
	rings  []ring
	live   int64
	rows   int64
	handle *os.File
}

// OpenView opens a file for reading and checks its header and size. Pipes and
// devices are refused without waiting for them.
func OpenView(path string) (*View, error) {
	h, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	v, err := newView(path, h)
	if err != nil {
		h.Close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return v, nil
}

func newView(path string, h *os.File) (*View, error) {
	info, err := h.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, formatError("not a regular file")
	}
	schema, err := viewSchema(h, info.Size())
	if err != nil {
		return nil, err
	}
	l := layoutOf(len(schema.DS), len(schema.RRA))
	return &View{path: path, schema: schema, rings: ringsOf(schema), live: l.live, rows: l.rows, handle: h}, nil
}

// Close closes the file.
func (v *View) Close() error { return v.handle.Close() }

// Schema is what the file is made of; the caller must not change it. Types and
// functions may be such as Schema.Validate refuses.
func (v *View) Schema() *Schema { return v.schema }

// viewSchema reads what stands before the header region. The memory it takes is
// bounded by size.
func viewSchema(r io.ReaderAt, size int64) (*Schema, error) {
	if size < statBytes {
		return nil, formatError("%d bytes", size)
	}
	stat := make([]byte, statBytes)
	if _, err := r.ReadAt(stat, 0); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	if err := checkViewStat(stat); err != nil {
		return nil, err
	}
	ds, rra := int(u64(stat, 24)), int(u64(stat, 32))
	l := layoutOf(ds, rra)
	if l.rows > size {
		return nil, fmt.Errorf("%w: header of %d bytes in a file of %d", ErrTruncated, l.rows, size)
	}
	head := make([]byte, l.live)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("read header: %w", err)
	}
	s := decodeSchema(head, ds, rra)
	return s, s.checkView(size)
}

// viewable tells whether files of a version can be read here. Those that can
// differ in what data sources and functions there may be, and in nothing that
// stands where (rrdtool-1.x src/rrd_format.h).
func viewable(v string) bool { return v == version || v == "0004\x00" || v == "0005\x00" }

func checkViewStat(b []byte) error {
	ds, rra := u64(b, 24), u64(b, 32)
	switch {
	case string(b[:4]) != cookie:
		return formatError("cookie %q", b[:4])
	case !viewable(string(b[4:9])):
		return fmt.Errorf("%w: %q", ErrVersion, text(b[4:9]))
	case f64(b, 16) != floatCookie:
		return ErrArchitecture
	case ds < 1 || ds > maxDS:
		return formatError("%d data sources", ds)
	case rra < 1 || rra > maxRRA:
		return formatError("%d archives", rra)
	}
	return nil
}

// checkView keeps every product of two fields within an int64, and the rows
// within the file.
func (s *Schema) checkView(size int64) error {
	if s.Step < 1 || s.Step > maxSeconds {
		return formatError("step %d s out of range", s.Step)
	}
	for i, r := range s.RRA {
		outside := r.Rows < 1 || r.Rows > maxRows || r.Steps < 1 || r.Steps > maxSeconds/s.Step
		if outside || r.Rows > maxLength/(r.Steps*s.Step) {
			return formatError("archive %d: %d rows of %d steps out of range", i, r.Rows, r.Steps)
		}
		if r.Rows > size/int64(8*len(s.DS)) {
			return fmt.Errorf("%w: archive %d: %d rows in a file of %d bytes", ErrTruncated, i, r.Rows, size)
		}
	}
	if want := s.FileBytes(); size < want {
		return fmt.Errorf("%w: %d bytes, want %d", ErrTruncated, size, want)
	}
	return nil
}

// Look is a file between two updates.
type Look struct {
	view    *View
	seconds int64
	newest  []int64 // index of the newest row of each archive
}

// Read calls read with the file as it is between two updates. When an update
// came in between, what read was given may be torn, so it is called again and
// must begin anew; its error then does not count. Of many updates in a row the
// last error is ErrBeingWritten.
//
// An update by librrd moves the pointer to an archive's newest row before it
// writes the row, and both before the time of the update, in mapped memory and
// under a lock on the whole file: so the lock must be free before and after, and
// the header the same.
func (v *View) Read(ctx context.Context, read func(*Look) error) error {
	for try := range viewTries {
		if err := pause(ctx, try); err != nil {
			return err
		}
		if locked(v.handle) {
			continue
		}
		before, err := v.header()
		if err != nil {
			return fmt.Errorf("read %s: %w", v.path, err)
		}
		l, err := v.look(before)
		if err == nil {
			err = read(l)
		}
		if locked(v.handle) {
			continue
		}
		after, errAfter := v.header()
		if errAfter != nil {
			return fmt.Errorf("read %s: %w", v.path, errAfter)
		}
		if !bytes.Equal(before, after) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", v.path, err)
		}
		return nil
	}
	return fmt.Errorf("read %s: %w", v.path, ErrBeingWritten)
}

// pause waits before a try that is not the first.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return ctx.Err()
	}
	t := time.NewTimer(viewPause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// locked tells whether anybody, this process included, holds the lock under
// which librrd updates. It takes none. File systems that know no locks say no.
func locked(f *os.File) bool {
	lock := unix.Flock_t{Type: unix.F_RDLCK}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock) == nil && lock.Type != unix.F_UNLCK
}

func (v *View) header() ([]byte, error) {
	b := make([]byte, v.rows-v.live)
	_, err := v.handle.ReadAt(b, v.live)
	return b, err
}

func (v *View) look(b []byte) (*Look, error) {
	l := &Look{view: v, seconds: i64(b, 0), newest: make([]int64, len(v.rings))}
	if l.seconds < 0 || l.seconds > maxSeconds {
		return nil, formatError("last update at %d s", l.seconds)
	}
	at := len(b) - pointerBytes*len(v.rings)
	for i := range l.newest {
		l.newest[i] = i64(b, at+pointerBytes*i)
		if l.newest[i] < 0 || l.newest[i] >= v.rings[i].rows {
			return nil, formatError("archive %d: newest row %d of %d", i, l.newest[i], v.rings[i].rows)
		}
	}
	return l, nil
}

// Last is the second of the newest update.
func (l *Look) Last() int64 { return l.seconds }

// Span is the length of an archive's rows in seconds.
func (l *Look) Span(rra int) int64 { return l.view.schema.Step * l.view.schema.RRA[rra].Steps }

// Newest is the end of an archive's newest row in unix seconds.
func (l *Look) Newest(rra int) int64 { return floor(l.seconds, l.Span(rra)) }

// Oldest is the begin of an archive's oldest row.
func (l *Look) Oldest(rra int) int64 {
	return l.Newest(rra) - l.view.rings[rra].rows*l.Span(rra)
}

// Rows gives the rows of an archive with from < end <= to (unix seconds).
func (l *Look) Rows(rra int, from, to int64) (Rows, error) {
	span, newest, ring := l.Span(rra), l.Newest(rra), l.view.rings[rra]
	to = min(floor(to, span), newest)
	from = floor(max(from, newest-ring.rows*span), span)
	out := Rows{RRA: rra, Step: span, End: to, DS: ring.width}
	n := (to - from) / span
	if from >= to {
		return out, nil
	}
	first := (l.newest[rra] - (newest-to)/span - (n - 1) + 2*ring.rows) % ring.rows
	var err error
	out.Values, err = ring.read(l.view.handle, first, n, make([]float64, 0, n*int64(ring.width)))
	return out, err
}
