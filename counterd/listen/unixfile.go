package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// socketFile is the file of a Unix socket that we listen on. A nil one is that of
// a socket without a file.
type socketFile struct {
	path     string
	info     fs.FileInfo // as it was bound: another one under the name is not ours
	borrowed atomic.Bool // inherited, and Run did not begin: it is still the process before's
	handed   atomic.Bool // it is the next process's
	shared   atomic.Bool // inherited, and the process before may read it still
}

func newSocketFile(path string, inherited bool) *socketFile {
	info, err := os.Lstat(path)
	if err != nil {
		info = nil // somebody removed it already
	}
	f := &socketFile{path: path, info: info}
	f.borrowed.Store(inherited)
	f.shared.Store(inherited)
	return f
}

// own makes the file ours: we read what comes.
func (f *socketFile) own() {
	if f != nil {
		f.borrowed.Store(false)
	}
}

func (f *socketFile) handOver() {
	if f != nil {
		f.handed.Store(true)
	}
}

func (f *socketFile) alone() {
	if f != nil {
		f.shared.Store(false)
	}
}

// isOurs tells whether no other process reads the socket.
func (f *socketFile) isOurs() bool { return f != nil && !f.handed.Load() && !f.shared.Load() }

// remove removes the file unless another process reads the socket, or it is another
// file by now.
func (f *socketFile) remove() {
	if f == nil || f.info == nil || f.borrowed.Load() || f.handed.Load() {
		return
	}
	if now, err := os.Lstat(f.path); err == nil && os.SameFile(now, f.info) {
		_ = os.Remove(f.path)
	}
}

// bindUnix binds a path, having removed what a process that is gone left there.
func bindUnix[T interface{ Close() error }](a address, mode string, bind func() (T, error)) (T, error) {
	var none T
	perm, err := parseMode(mode)
	if err != nil {
		return none, err
	}
	if err := removeStale(a); err != nil {
		return none, err
	}
	l, err := bind()
	if err != nil {
		return none, err
	}
	if err := os.Chmod(a.at, perm); err != nil {
		_ = l.Close()
		return none, err
	}
	return l, nil
}

// staleTimeout is how long a listener on a Unix socket may take to answer.
const staleTimeout = time.Second

// removeStale removes a socket that nobody listens on. It leaves all other files.
func removeStale(a address) error {
	info, err := os.Lstat(a.at)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode()&fs.ModeSocket == 0 {
		return fmt.Errorf("%s is there and is no socket: move it away", a.at)
	}
	for _, network := range []string{unixgram, unixSock} {
		c, err := net.DialTimeout(network, a.at, staleTimeout)
		if err == nil {
			_ = c.Close()
		}
		if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.EPROTOTYPE) {
			return fmt.Errorf("somebody listens on %s", a.at)
		}
	}
	return os.Remove(a.at)
}
