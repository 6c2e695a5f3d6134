package rrdfile

import "fmt"

// Update applies points, ascending and all after the last update. It stops at
// the first that is not legal and returns how many were applied: those are
// written even if err is not nil. If writing fails, none is applied.
//
// Syscalls: one or two pwrites for each archive that completed rows, then one
// pwrite of the header region.
func (f *File) Update(points []Point) (applied int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := f.take(&f.state)
	defer f.give(b)
	for _, p := range points {
		if err = b.machine.apply(p); err != nil {
			err = fmt.Errorf("update %s: %w", f.path, err)
			break
		}
		applied++
	}
	if applied == 0 {
		return 0, err
	}
	if werr := f.commit(b); werr != nil {
		f.recent.forget() // the oldest rows may be new ones by now
		return 0, fmt.Errorf("update %s: %w", f.path, werr)
	}
	return applied, err
}

// commit writes the staged rows and the machine's state, which become the
// file's only when all is written.
func (f *File) commit(b *bench) error {
	var err error
	next := &b.machine.state
	for i := range b.stages {
		if b.buf, err = b.stages[i].write(f.handle, next.row[i], b.buf); err != nil {
			return fmt.Errorf("archive %d: %w", i, err)
		}
	}
	b.buf = append(b.buf[:0], f.header...)
	next.encode(f.schema, b.buf)
	if _, err := f.handle.WriteAt(b.buf, f.live); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	copy(f.header, b.buf)
	f.state, b.machine.state = b.machine.state, f.state
	f.recent.extend(b.stages)
	return nil
}
