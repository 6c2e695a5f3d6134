package durable

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrLocked means that another process uses the directory.
var ErrLocked = errors.New("the directory is in use by another process")

// A Lock holds a directory for one process. The kernel takes it back when the
// process ends, however it ends.
type Lock struct{ f *os.File }

// LockDir takes the lock file DIR/lock, at once or not at all.
func LockDir(dir string) (*Lock, error) {
	name := filepath.Join(dir, "lock")
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", dir, ErrLocked)
		}
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return &Lock{f: f}, nil
}

// Unlock gives the directory free. The file stays: removing it would let two
// processes hold locks on two files of one name.
func (l *Lock) Unlock() error { return l.f.Close() }
