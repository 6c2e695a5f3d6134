package rrdfile

import (
	"errors"
	"fmt"
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
	// readOnly: it could not be opened for writing. That is tried again by each
	// write, so that all can be read meanwhile.
	readOnly bool
}

// openDescriptor opens a file for reading and writing, or, where it may only be
// read, for that.
func openDescriptor(path string) (*descriptor, error) {
	fd, err := openFD(path, unix.O_RDWR)
	readOnly := errors.Is(err, unix.EROFS) || errors.Is(err, fs.ErrPermission)
	if readOnly {
		fd, err = openFD(path, unix.O_RDONLY)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &descriptor{path: path, fd: fd, readOnly: readOnly}, nil
}

func openFD(path string, flags int) (fd int, err error) {
	for {
		fd, err = unix.Open(path, flags|unix.O_CLOEXEC, 0)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// writable opens the same file, whatever its name is now, for writing, if it is
// not.
func (d *descriptor) writable() error {
	d.mu.RLock()
	readOnly := d.readOnly
	d.mu.RUnlock()
	if !readOnly {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fd < 0 {
		return d.error("write", os.ErrClosed)
	}
	fd, err := openFD(fmt.Sprintf("/proc/self/fd/%d", d.fd), unix.O_RDWR)
	if err != nil {
		return d.error("open for writing", err)
	}
	_ = unix.Close(d.fd) // it was only read
	d.fd, d.readOnly = fd, false
	return nil
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
	if err := d.writable(); err != nil {
		return 0, err
	}
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
