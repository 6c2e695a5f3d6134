// Package durabletest has a file system that fails, to try what a crash or a
// full disk at the n-th operation does.
//
//	n-th changing operation ──► Fail:  that one fails, later ones work
//	                        ──► Full:  it and all later ones fail until Heal
//	                        ──► Crash: a write is torn; it and all later ones fail
package durabletest

import (
	"errors"
	"os"
	"sync"
	"syscall"

	"plimsoll/internal/durable"
)

// Mode says what happens at the chosen operation.
type Mode int

// The modes.
const (
	Fail Mode = iota
	Full
	Crash
)

// Modes lists all of them, for loops.
var Modes = map[string]Mode{"fail": Fail, "full": Full, "crash": Crash}

// ErrFault is what Fail and Crash return.
var ErrFault = errors.New("fault injected")

// FS passes through to Disk until its count is up. Operations that only read
// are neither counted nor failed, but after a Crash.
type FS struct {
	durable.Disk

	mu   sync.Mutex // guards what follows
	mode Mode
	left int64 // operations until the fault; < 0: none comes
	bad  bool  // operations fail now
	ops  int64
	dead bool // Heal does nothing
}

// New returns an FS whose n-th changing operation, from 1, has the fault; with
// n = 0 none has.
func New(mode Mode, n int64) *FS { return &FS{mode: mode, left: n - 1} }

// Ops returns how many changing operations there were.
func (f *FS) Ops() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ops
}

// Unhealable makes Heal do nothing, as after a crash.
func (f *FS) Unhealable() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = true
}

// Break begins the fault now, to last until Heal.
func (f *FS) Break() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bad = true
}

// Heal ends the fault.
func (f *FS) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return
	}
	f.bad, f.left = false, -1
}

// Op counts one changing operation and returns the error it is to fail with.
func (f *FS) Op() error {
	_, err := f.op()
	return err
}

// op also tells whether a write gets half way: not when the machine is gone.
func (f *FS) op() (torn bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ops++
	hit := f.left == 0
	f.left--
	if hit && f.mode != Fail {
		f.bad = true
	}
	if !hit && !f.bad {
		return false, nil
	}
	if f.mode == Full {
		return true, syscall.ENOSPC
	}
	return hit, ErrFault
}

// Create implements durable.FS.
func (f *FS) Create(name string) (durable.File, error) {
	if err := f.Op(); err != nil {
		return nil, err
	}
	file, err := f.Disk.Create(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{File: file, fs: f}, nil
}

// MkdirAll implements durable.FS.
func (f *FS) MkdirAll(name string) error {
	if err := f.Op(); err != nil {
		return err
	}
	return f.Disk.MkdirAll(name)
}

// Rename implements durable.FS.
func (f *FS) Rename(from, to string) error {
	if err := f.Op(); err != nil {
		return err
	}
	return f.Disk.Rename(from, to)
}

// CopyFile implements durable.FS.
func (f *FS) CopyFile(from, to string) error {
	if err := f.Op(); err != nil {
		return err
	}
	return f.Disk.CopyFile(from, to)
}

// Remove implements durable.FS; a full disk can still remove.
func (f *FS) Remove(name string) error {
	if err := f.Op(); err != nil && f.mode != Full {
		return err
	}
	return f.Disk.Remove(name)
}

// Truncate implements durable.FS.
func (f *FS) Truncate(name string, size int64) error {
	if err := f.Op(); err != nil {
		return err
	}
	return os.Truncate(name, size)
}

// Preallocate implements durable.FS.
func (f *FS) Preallocate(name string, bytes int64) error {
	if err := f.Op(); err != nil {
		return err
	}
	return f.Disk.Preallocate(name, bytes)
}

// SyncDir implements durable.FS.
func (f *FS) SyncDir(name string) error {
	if err := f.Op(); err != nil {
		return err
	}
	return f.Disk.SyncDir(name)
}

// OpenVolume implements durable.FS.
func (f *FS) OpenVolume(dir string) (durable.Volume, error) {
	v, err := f.Disk.OpenVolume(dir)
	return faultyVolume{v, f}, err
}

// faultyVolume does no work: tests crash no machine.
type faultyVolume struct {
	durable.Volume
	fs *FS
}

func (v faultyVolume) SyncAll() error { return v.fs.Op() }

type faultyFile struct {
	durable.File
	fs *FS
}

// Write tears: half of the bytes arrive before the error.
func (f *faultyFile) Write(b []byte) (int, error) {
	torn, err := f.fs.op()
	switch {
	case torn:
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	case err != nil:
		return 0, err
	}
	return f.File.Write(b)
}

func (f *faultyFile) Sync() error { return f.fs.Op() }

func (f *faultyFile) Truncate(size int64) error {
	if err := f.fs.Op(); err != nil {
		return err
	}
	return f.File.Truncate(size)
}
