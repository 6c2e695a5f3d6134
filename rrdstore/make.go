package rrdstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"plimsoll/rrdstore/rrdfile"
)

// openJob opens the archive's file, made if it is not there. A file that cannot
// be understood is set aside and a new one begun.
func (s *Store) openJob(j *job) error {
	a := j.archive
	if !j.exists {
		if err := s.createFile(j); err != nil {
			return err
		}
	}
	file, err := s.files.acquire(s.path(a))
	switch {
	case errors.Is(err, fs.ErrNotExist): // removed under us
		return s.takeBack(j)
	case errors.Is(err, rrdfile.ErrFormat):
		return s.replaceFile(j, err)
	case err != nil:
		return err
	}
	j.file = file
	j.odd = !a.layout().shapes(file.Schema())
	if !a.layout().fits(file.Schema()) {
		s.files.release(file)
		j.file = nil
		return s.replaceFile(j, errors.New("its step or its columns are not those of the series"))
	}
	return nil
}

// takeBack uses the file that could not be moved back when its series was not
// retired after all, or begins a new one.
func (s *Store) takeBack(j *job) error {
	path := s.path(j.archive)
	if !s.there(filepath.Join(s.cfg.Dir, shelved(path))) {
		return s.beginAnew(j)
	}
	if err := s.unshelve(path); err != nil {
		return err
	}
	file, err := s.files.acquire(path)
	j.file = file
	return err
}

// restart lets the new file begin with the step of the first waiting point.
func (j *job) restart(step int64) {
	first, _ := j.waiting.Ends()
	j.start = floorTo(first-1, step*1000)
}

func (s *Store) replaceFile(j *job, cause error) error {
	if err := s.setAside(s.path(j.archive), cause); err != nil {
		return errors.Join(cause, err)
	}
	return s.beginAnew(j)
}

// beginAnew makes a new file in the place of one that is gone; headers of the
// old one must not be put back into it.
func (s *Store) beginAnew(j *job) error {
	if err := s.twice(encodeAside(s.path(j.archive))); err != nil {
		return err
	}
	j.archive.logged = false
	j.restart(j.archive.layout().schema.Step)
	if err := s.createFile(j); err != nil {
		return err
	}
	file, err := s.files.acquire(s.path(j.archive))
	j.file = file
	return err
}

// setAside renames a file that cannot be understood. That takes history off line,
// so it is said aloud, once for each file.
func (s *Store) setAside(path string, cause error) error {
	err := s.renameAside(path, ".bad")
	if err == nil {
		s.stats.badFiles.Inc()
		s.cfg.Logger.Error("archive set aside as .bad: its history is not shown; a new one is begun", "file", path, "err", cause)
	}
	return err
}

// renameAside renames a file to path.bad, or path.bad.1 and so on, so that what
// is in it can still be looked at.
func (s *Store) renameAside(path, suffix string) error {
	s.files.forget(path)
	full := filepath.Join(s.cfg.Dir, path)
	i := 0
	for s.there(asideName(full, suffix, i)) {
		i++
	}
	if err := s.fs.Rename(full, asideName(full, suffix, i)); err != nil {
		return fmt.Errorf("set %s aside: %w", path, err)
	}
	return nil
}

func asideName(path, suffix string, i int) string {
	if i == 0 {
		return path + suffix
	}
	return fmt.Sprintf("%s%s.%d", path, suffix, i)
}

func (s *Store) there(name string) bool {
	_, err := s.fs.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// errReserved means that an archive has to wait, not its points.
var errReserved = errors.New("the disk is full; new archives wait until there is room")

func (s *Store) createFile(j *job) error {
	a := j.archive
	if s.reserve.full() {
		return errReserved
	}
	template, err := a.layout().empty()
	if err != nil {
		return fmt.Errorf("make template: %w", err)
	}
	full := filepath.Join(s.cfg.Dir, s.path(a))
	if err := s.fs.MkdirAll(filepath.Dir(full)); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	if base, long := basePath(a.series.labels); long {
		if err := s.writeSideFile(base, a.series.labels); err != nil {
			return err
		}
	}
	if !s.there(full) { // what somebody put there is history, too: openJob sees whether it fits
		if err := s.cfg.files.Create(full, template, j.start/1000); err != nil {
			return err
		}
	}
	s.mu.Lock()
	a.exists = true
	s.mu.Unlock()
	return nil
}
