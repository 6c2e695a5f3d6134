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
	m := f.machine
	m.state.copyFrom(&f.state)
	for i := range f.stages {
		f.stages[i].values = f.stages[i].values[:0]
	}
	for _, p := range points {
		if err = m.apply(p); err != nil {
			err = fmt.Errorf("update %s: %w", f.path, err)
			break
		}
		applied++
	}
	if applied == 0 {
		return 0, err
	}
	if werr := f.commit(); werr != nil {
		return 0, fmt.Errorf("update %s: %w", f.path, werr)
	}
	return applied, err
}

// commit writes the staged rows and the machine's state, which become the
// file's only when all is written.
func (f *File) commit() error {
	var err error
	next := &f.machine.state
	for i := range f.stages {
		s := &f.stages[i]
		if f.buf, err = s.write(f.handle, next.row[i], f.buf); err != nil {
			return fmt.Errorf("archive %d: %w", i, err)
		}
	}
	f.buf = append(f.buf[:0], f.header...)
	next.encode(f.schema, f.buf)
	if _, err := f.handle.WriteAt(f.buf, f.live); err != nil {
		return fmt.Errorf("write header: %w", err)
	}
	copy(f.header, f.buf)
	f.state, f.machine.state = f.machine.state, f.state
	return nil
}
