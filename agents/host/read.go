package host

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// maxFile bounds what is read of one file of /proc and /sys.
const maxFile = 8 << 20

// reader reads small files into one buffer, without Go's poller: a tick reads
// hundreds of them, and an os.File costs more than the reading.
type reader struct {
	buf []byte
}

// read returns what a file holds; it is good until the next call.
func (r *reader) read(path string) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer func() { _ = unix.Close(fd) }() // read only: nothing can be lost
	if r.buf == nil {
		r.buf = make([]byte, 16<<10)
	}
	for n := 0; ; {
		got, err := retry(func() (int, error) { return unix.Read(fd, r.buf[n:]) })
		if err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if got == 0 {
			return r.buf[:n], nil
		}
		if n += got; n == len(r.buf) {
			if n >= maxFile {
				return nil, fmt.Errorf("%s holds more than %d bytes", path, maxFile)
			}
			r.buf = append(r.buf, make([]byte, n)...)
		}
	}
}

// retry calls again what a signal interrupted.
func retry(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}

// read returns a file of /proc; it is good until the next call of read, sys,
// word or number.
func (a *Agent) read(name string) ([]byte, error) {
	return a.files.read(filepath.Join(a.cfg.Proc, name))
}

// sys returns a file of /sys, as read does.
func (a *Agent) sys(name string) ([]byte, error) {
	return a.files.read(filepath.Join(a.cfg.Sys, name))
}

// word returns the trimmed text of a file of /sys, "" if it cannot be read: many
// of its files exist and answer with an error where the hardware lacks something.
func (a *Agent) word(name string) string {
	data, err := a.sys(name)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(data))
}

// number returns the number in a file of /sys, and whether there is one.
func (a *Agent) number(name string) (float64, bool) {
	data, err := a.sys(name)
	if err != nil {
		return 0, false
	}
	v, err := number(string(bytes.TrimSpace(data)))
	return v, err == nil
}

// listed is what a pattern matched.
type listed struct {
	paths []string
	at    int64 // the tick that looked, Unix milliseconds
}

// list returns the paths below /sys that match a pattern, as they were at most a
// minute ago; none is fs.ErrNotExist, so that the part is left out.
func (a *Agent) list(pattern string) ([]string, error) {
	old, known := a.lists[pattern]
	if age := a.at - old.at; !known || age < 0 || age >= rarely.Milliseconds() {
		found, err := filepath.Glob(filepath.Join(a.cfg.Sys, pattern))
		if err != nil {
			return nil, fmt.Errorf("list %q: %w", pattern, err)
		}
		for i := range found {
			if found[i], err = filepath.Rel(a.cfg.Sys, found[i]); err != nil {
				return nil, err
			}
		}
		old = listed{found[:min(len(found), a.cfg.MaxDevices)], a.at}
		a.lists[pattern] = old
	}
	if len(old.paths) == 0 {
		return nil, fs.ErrNotExist
	}
	return old.paths, nil
}
