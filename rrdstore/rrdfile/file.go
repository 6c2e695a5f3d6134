package rrdfile

import (
	"fmt"
	"io"
	"os"
	"sync"
)

// handle is what a File needs of an *os.File; tests put faults here.
type handle interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Close() error
}

// File is an open round-robin file. One writer and many readers may use it at
// once: Fetch, LastMillis, LastRow, MutableHeader and Reshape run together, Update,
// Backfill, RestoreHeader and Close alone, Sync beside all of them. Nothing else may write
// the file meanwhile, librrd included: the header is read once, at Open.
type File struct {
	*shape
	path   string
	handle handle
	recent recent

	mu     sync.RWMutex // guards all below, and the content of the file
	header []byte       // the header region as last written
	state  state        // the same, decoded
}

// Open opens one file as an Opener does.
func Open(path string) (*File, error) { return (*Opener)(nil).Open(path) }

// Inspect returns what a file is made of, and that its size is right. It looks at
// nothing that an update changes, so it may be called while somebody writes.
func Inspect(path string) (*Schema, error) {
	h, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	info, err := h.Stat()
	if err != nil {
		return nil, err
	}
	schema, _, err := readHeader(h, info.Size())
	if err != nil {
		return nil, fmt.Errorf("inspect %s: %w", path, err)
	}
	return schema, nil
}

// Close closes the file; it does not sync it.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.handle.Close()
}

// Sync makes all updates that have returned survive a crash of the machine. It
// takes no lock: a slow disk would hold up the writer, and it the readers.
func (f *File) Sync() error {
	if err := f.handle.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", f.path, err)
	}
	return nil
}

// Schema is what the file is made of; the caller must not change it.
func (f *File) Schema() *Schema { return f.schema }

// LastMillis is the time of the last update in unix milliseconds, rounded down.
func (f *File) LastMillis() int64 {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.state.sec*1000 + f.state.usec/1000
}

// MutableHeader is a copy of the header region, for RestoreHeader.
func (f *File) MutableHeader() []byte {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return append([]byte(nil), f.header...)
}

// RestoreHeader puts back what MutableHeader gave before an update. Applying
// the points of that update again then also puts the rows right.
func (f *File) RestoreHeader(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.recent.forget()
	if len(b) != len(f.header) {
		return fmt.Errorf("restore header of %s: %w", f.path, formatError("%d bytes, want %d", len(b), len(f.header)))
	}
	st, err := decodeState(f.schema, b)
	if err != nil {
		return fmt.Errorf("restore header of %s: %w", f.path, err)
	}
	if _, err := f.handle.WriteAt(b, f.live); err != nil {
		return fmt.Errorf("restore header of %s: %w", f.path, err)
	}
	f.state = st
	copy(f.header, b)
	return nil
}
