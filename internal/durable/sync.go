package durable

import (
	"fmt"
)

// Sync makes all records so far durable against a crash of the machine. It does
// not hold up Append.
func (j *Journal) Sync() error {
	j.syncMu.Lock()
	defer j.syncMu.Unlock()
	j.mu.Lock()
	full, current := j.done, j.f
	j.done = nil
	if !j.dirty {
		current = nil
	}
	j.dirty = false
	j.mu.Unlock()
	return j.syncFiles(full, current)
}

// syncFiles closes the full segments after syncing them. A segment whose sync
// failed is not trusted with further records: the kernel may have dropped its
// pages and call them clean.
func (j *Journal) syncFiles(full []File, current File) error {
	var first error
	for _, f := range full {
		err := f.Sync()
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if first == nil {
			first = err
		}
	}
	if current == nil {
		return wrapSync(first)
	}
	if err := current.Sync(); err != nil {
		j.mu.Lock()
		if j.f == current {
			j.sealLocked()
		}
		j.mu.Unlock()
		if first == nil {
			first = err
		}
	}
	return wrapSync(first)
}

func wrapSync(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("sync journal: %w", err)
}
