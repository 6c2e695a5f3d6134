package durable

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// File is an open file that grows at its end.
type File interface {
	io.Writer
	io.Closer
	Sync() error
	Truncate(size int64) error
}

// FS is what this package and its users need of a file system; tests put one in
// its place that fails.
type FS interface {
	// Create makes a file that must not exist, for appending.
	Create(name string) (File, error)
	ReadFile(name string) ([]byte, error)
	// ReadAt fills b from an offset on, as io.ReaderAt does.
	ReadAt(name string, b []byte, offset int64) (int, error)
	ReadDir(name string) ([]os.DirEntry, error)
	Stat(name string) (os.FileInfo, error)
	MkdirAll(name string) error
	Rename(from, to string) error
	// CopyFile makes the file to, which must not exist, with the content of from.
	// It does not sync.
	CopyFile(from, to string) error
	Remove(name string) error
	Truncate(name string, size int64) error
	// Preallocate makes a file of so many bytes, which then are taken on the
	// disk. A file that is there is replaced; on an error none is left.
	Preallocate(name string, bytes int64) error
	// SyncDir makes renames, creations and removals in a directory durable.
	SyncDir(name string) error
	// OpenVolume opens the file system of a directory, to sync it as a whole.
	OpenVolume(dir string) (Volume, error)
}

// Volume is a file system that is kept open: it tells of each write that the
// kernel could not bring to the disk since it was opened, or since the sync
// before. One opened for a single sync would not hear of earlier ones.
//
// BUG(durable): before Linux 5.8, syncfs does not report such writes at all.
type Volume interface {
	// SyncAll makes all that was written on the file system durable.
	SyncAll() error
	// FreeBytes is how much this process could still write.
	FreeBytes() (int64, error)
	io.Closer
}

// Disk is the FS of the operating system.
type Disk struct{}

// Create implements FS.
func (Disk) Create(name string) (File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o644)
}

// ReadFile implements FS.
func (Disk) ReadFile(name string) ([]byte, error) { return os.ReadFile(name) }

// ReadAt implements FS.
func (Disk) ReadAt(name string, b []byte, offset int64) (int, error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(b, offset)
}

// ReadDir implements FS.
func (Disk) ReadDir(name string) ([]os.DirEntry, error) { return os.ReadDir(name) }

// Stat implements FS.
func (Disk) Stat(name string) (os.FileInfo, error) { return os.Stat(name) }

// MkdirAll implements FS.
func (Disk) MkdirAll(name string) error { return os.MkdirAll(name, 0o755) }

// Rename implements FS.
func (Disk) Rename(from, to string) error { return os.Rename(from, to) }

// CopyFile implements FS. The kernel copies, or where the file system can, shares
// the blocks.
func (Disk) CopyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// Remove implements FS.
func (Disk) Remove(name string) error { return os.Remove(name) }

// Truncate implements FS.
func (Disk) Truncate(name string, size int64) error { return os.Truncate(name, size) }

// Preallocate implements FS.
func (Disk) Preallocate(name string, bytes int64) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	err = unix.Fallocate(int(f.Fd()), 0, 0, bytes)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("take %d bytes for %s: %w", bytes, name, errors.Join(err, os.Remove(name)))
	}
	return nil
}

// SyncDir implements FS.
func (Disk) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// OpenVolume implements FS.
func (Disk) OpenVolume(dir string) (Volume, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	return volume{d}, nil
}

type volume struct{ dir *os.File }

func (v volume) SyncAll() error {
	if err := unix.Syncfs(int(v.dir.Fd())); err != nil {
		return fmt.Errorf("sync the file system of %s: %w", v.dir.Name(), err)
	}
	return nil
}

func (v volume) FreeBytes() (int64, error) {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(v.dir.Fd()), &s); err != nil {
		return 0, fmt.Errorf("free room on the file system of %s: %w", v.dir.Name(), err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}

func (v volume) Close() error { return v.dir.Close() }

// WriteFile replaces the file name by data: after a crash it holds either what
// it held before or all of data.
//
//	create name.tmp · write · fsync · rename to name · fsync directory
func WriteFile(fs FS, name string, data []byte) error {
	tmp := name + ".tmp"
	if err := writeNew(fs, tmp, data); err != nil {
		_ = fs.Remove(tmp) // leaves no half file to take room; it is ignored anyway
		return err
	}
	if err := fs.Rename(tmp, name); err != nil {
		return fmt.Errorf("replace %s: %w", name, err)
	}
	if err := fs.SyncDir(filepath.Dir(name)); err != nil {
		return fmt.Errorf("sync directory of %s: %w", name, err)
	}
	return nil
}

// writeNew writes and syncs a new file, over the rest of an earlier attempt.
func writeNew(fs FS, name string, data []byte) error {
	if err := fs.Remove(name); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("remove old %s: %w", name, err)
	}
	f, err := fs.Create(name)
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
