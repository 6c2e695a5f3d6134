package rrdstore

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

const sideSuffix = ".labels"

// adoptArchives makes series of the archives that neither checkpoint nor
// journal knows: the file names are the index.
func (s *Store) adoptArchives() error {
	for path := range s.onDisk {
		if err := s.adopt(path); err != nil {
			s.stats.notAdopted.Inc()
			s.cfg.Logger.Error("archive left alone", "file", path, "err", err)
		}
	}
	s.onDisk = nil
	return nil
}

func (s *Store) adopt(path string) error {
	base, tier := splitPath(path)
	l, err := parseBase(base)
	if errors.Is(err, errHashed) {
		l, err = readSideFile(s.fs.ReadFile, s.cfg.Dir, base)
	}
	if err != nil {
		return err
	}
	kind, last, err := s.inspect(path, tier)
	if err != nil {
		return err
	}
	sr := s.newSeries(l, kind)
	a := s.archiveAt(sr, path)
	if a == nil {
		return fmt.Errorf("labels %s belong into %s", l, s.path(&sr.archives[0]))
	}
	if s.index.lookup(l) != nil {
		return fmt.Errorf("labels %s have another archive", l)
	}
	sr.last, sr.value = last, unknownValue
	a.last = last
	s.registerLocked(sr)
	if kind != metric.Gauge {
		return s.recount(sr)
	}
	return nil
}

// recount gives a series whose state is lost the total of what its archives still
// hold.
func (s *Store) recount(sr *series) error {
	held, err := s.held(sr, 0)
	if err != nil {
		return err
	}
	sr.raise(held)
	return nil
}

// inspect opens an archive to see what it holds and how far it goes.
func (s *Store) inspect(path, tier string) (metric.Kind, int64, error) {
	file, err := s.files.acquire(path)
	if errors.Is(err, rrdfile.ErrFormat) {
		return 0, 0, errors.Join(err, s.setAside(path, err))
	}
	if err != nil {
		return 0, 0, err
	}
	defer s.files.release(file)
	if tier != "" {
		return metric.Timing, file.LastMillis(), nil
	}
	switch file.Schema().DS[0].Name {
	case "value":
		return metric.Gauge, file.LastMillis(), nil
	case "rate":
		return metric.Counter, file.LastMillis(), nil
	}
	return 0, 0, fmt.Errorf("column %q is not ours", file.Schema().DS[0].Name)
}

// writeSideFile tells the labels of archives whose path holds a hash.
func (s *Store) writeSideFile(base string, l labels.Labels) error {
	name := filepath.Join(s.cfg.Dir, base+sideSuffix)
	if s.there(name) {
		return nil
	}
	data, err := l.MarshalJSON()
	if err != nil {
		return fmt.Errorf("write labels of %s: %w", base, err)
	}
	return durable.WriteFile(s.fs, name, data)
}

func readSideFile(read func(name string) ([]byte, error), dir, base string) (labels.Labels, error) {
	data, err := read(filepath.Join(dir, base+sideSuffix))
	if err != nil {
		return labels.EmptyLabels(), err
	}
	var l labels.Labels
	if err := l.UnmarshalJSON(data); err != nil {
		return l, fmt.Errorf("side file of %s: %w", base, err)
	}
	return l, nil
}
