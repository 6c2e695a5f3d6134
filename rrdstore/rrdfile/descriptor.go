package rrdfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// descriptor is a regular file that is open. An os.File costs two more calls of
// the system and a finalizer: it tries to have the file polled.
type descriptor struct {
	path string

	mu sync.RWMutex // held for reading during each call, so that no number is used after Close
	fd int          // -1 after Close
}

func openDescriptor(path string, flags int) (*descriptor, error) {
	for {
		fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if err == nil {
			return &descriptor{path: path, fd: fd}, nil
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, &fs.PathError{Op: "open", Path: path, Err: err}
		}
	}
}

func (d *descriptor) size() (int64, error) {
	var st unix.Stat_t
	err := d.use("stat", func(fd int) error { return unix.Fstat(fd, &st) })
	return st.Size, err
}

// ReadAt implements io.ReaderAt.
func (d *descriptor) ReadAt(b []byte, at int64) (n int, err error) {
	return d.all("read", b, at, unix.Pread)
}

// WriteAt implements io.WriterAt.
func (d *descriptor) WriteAt(b []byte, at int64) (n int, err error) {
	return d.all("write", b, at, unix.Pwrite)
}

// all calls do until all of b was read or written.
func (d *descriptor) all(op string, b []byte, at int64, do func(fd int, b []byte, at int64) (int, error)) (n int, err error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for n < len(b) {
		if d.fd < 0 {
			return n, d.error(op, os.ErrClosed)
		}
		m, err := do(d.fd, b[n:], at+int64(n))
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return n, d.error(op, err)
		case m == 0 && op == "read":
			return n, io.EOF
		case m == 0:
			return n, d.error(op, io.ErrUnexpectedEOF)
		default:
			n += m
		}
	}
	return n, nil
}

// Sync brings what was written to the disk.
func (d *descriptor) Sync() error { return d.use("sync", unix.Fsync) }

func (d *descriptor) use(op string, do func(fd int) error) error {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.fd < 0 {
		return d.error(op, os.ErrClosed)
	}
	for {
		err := do(d.fd)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return d.error(op, err)
		}
	}
}

// Close waits for the calls that run.
func (d *descriptor) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return d.error("close", os.ErrClosed)
	}
	fd := d.fd
	d.fd = -1
	if err := unix.Close(fd); err != nil { // the number is free even so
		return d.error("close", err)
	}
	return nil
}

func (d *descriptor) error(op string, err error) error {
	return &fs.PathError{Op: op, Path: d.path, Err: err}
}
