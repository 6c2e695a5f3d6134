package rrdstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// ErrExists means that a dump has series that the store has too.
var ErrExists = errors.New("series that are there already; -replace puts those of the dump in their place")

// Undump brings in the series of a dump, which open reads from its begin each
// time. First all of it is checked: a dump with damage, or without replace one
// with a series that there is, active or retired, changes nothing. A series comes
// in by way of the shelf: put there, then woken, unless it was retired.
func (s *Store) Undump(ctx context.Context, open func() (io.ReadCloser, error), replace bool) (n int, err error) {
	each := func(do func(*dumpedSeries, [][]byte) error) (int, error) {
		in, err := open()
		if err != nil {
			return 0, err
		}
		n, err := readDump(in, func(d *dumpedSeries, files [][]byte) error {
			return errors.Join(ctx.Err(), do(d, files))
		})
		return n, errors.Join(err, in.Close())
	}
	in, err := open()
	if err != nil {
		return 0, err
	}
	if err := errors.Join(checkSeal(in), in.Close()); err != nil {
		return 0, err
	}
	there, active, example := 0, 0, ""
	_, err = each(func(d *dumpedSeries, files [][]byte) error {
		sr, err := s.checkDumped(d, files)
		if err == nil && !d.Retired && !s.active(sr) {
			active++
		}
		if err == nil && s.has(sr) {
			if there++; example == "" {
				example = sr.labels.String()
			}
		}
		return err
	})
	switch {
	case err != nil:
		return 0, metric.Misasked(err)
	case there > 0 && !replace:
		return 0, metric.Misasked(fmt.Errorf("the dump has %d %w (such as %s)", there, ErrExists, example))
	case s.Stats().Series+active > s.cfg.MaxSeries:
		return 0, metric.Misasked(fmt.Errorf("the dump has %d new series, which is more than storage.max_series, %d, leaves room for", active, s.cfg.MaxSeries))
	}
	return each(func(d *dumpedSeries, files [][]byte) error { return s.bringIn(ctx, d, files) })
}

// UndumpFrom is Undump of what can be read once: it is kept in a file without a
// name meanwhile, on the disk that the archives are on.
func (s *Store) UndumpFrom(ctx context.Context, in io.Reader, replace bool) (int, error) {
	f, err := os.CreateTemp(s.cfg.Dir, "dump-*.tmp")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return 0, err
	}
	size, err := io.Copy(f, in)
	if err != nil {
		return 0, fmt.Errorf("take in the dump: %w", err)
	}
	return s.Undump(ctx, func() (io.ReadCloser, error) {
		return io.NopCloser(io.NewSectionReader(f, 0, size)), nil
	}, replace)
}

// checkDumped returns the series of a dump if all of it can be read.
func (s *Store) checkDumped(d *dumpedSeries, files [][]byte) (*series, error) {
	sr, err := s.decodeState(d.State)
	if err != nil {
		return nil, fmt.Errorf("the state of %v: %w", d.Labels, err)
	}
	for i, f := range d.Files {
		if s.archiveAt(sr, f.Path) == nil {
			return nil, fmt.Errorf("%s holds a resolution that storage.tiers does not have for such a series: configure it, or a class that has it", f.Path)
		}
		if _, err := rrdfile.Restore(bytes.NewReader(files[i])); err != nil {
			return nil, fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	return sr, nil
}

// has tells whether a series is in the index or on the shelf.
func (s *Store) has(sr *series) bool {
	base, _ := basePath(sr.labels)
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, retired := s.shelf.last[s.shelf.key(base)]
	return retired || s.index.lookup(sr.labels) != nil
}

func (s *Store) active(sr *series) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.index.lookup(sr.labels) != nil
}

// bringIn puts a series in the place of the one that there may be.
func (s *Store) bringIn(ctx context.Context, d *dumpedSeries, files [][]byte) error {
	sr, err := s.checkDumped(d, files)
	if err != nil {
		return err
	}
	if err := s.clear(ctx, sr); err != nil {
		return err
	}
	if err := s.putOnShelf(ctx, sr, d, files); err != nil || d.Retired {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	woken, err := s.wakeLocked(sr.labels, (&batch{store: s}).clashes)
	if err == nil && woken == nil {
		err = errors.New("a sample came for it meanwhile, and began it anew")
	}
	if err != nil {
		return fmt.Errorf("bring in %s: %w", sr.labels, err)
	}
	return nil
}

// clear removes the series with the labels of sr.
func (s *Store) clear(ctx context.Context, sr *series) error {
	s.mu.RLock()
	old := s.index.lookup(sr.labels)
	s.mu.RUnlock()
	if old != nil {
		if _, err := s.shelve(ctx, []*series{old}, true); err != nil {
			return err
		}
	}
	base, _ := basePath(sr.labels)
	s.mu.RLock()
	second, is := s.shelf.last[s.shelf.key(base)]
	s.mu.RUnlock()
	if !is {
		return nil
	}
	r := &retiredSeries{base: base, second: second, state: stateName(base, second)}
	for path := range s.paths(sr) {
		r.files = append(r.files, path)
	}
	return s.removeShelved(ctx, r)
}

func (s *Store) putOnShelf(ctx context.Context, sr *series, d *dumpedSeries, files [][]byte) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	if s.pinned > 0 {
		return errSnapshot
	}
	base, long := basePath(sr.labels)
	for _, dir := range []string{base, shelved(base)} {
		if err := s.fs.MkdirAll(filepath.Dir(filepath.Join(s.cfg.Dir, dir))); err != nil {
			return err
		}
	}
	if long {
		if err := s.writeSideFile(base, sr.labels); err != nil {
			return err
		}
	}
	for i, f := range d.Files {
		content, err := rrdfile.Restore(bytes.NewReader(files[i]))
		if err == nil {
			err = s.cfg.files.Replace(filepath.Join(s.cfg.Dir, shelved(f.Path)), content)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, err)
		}
	}
	if err := s.writeState(stateName(base, sr.last/1000), sr); err != nil {
		return err
	}
	if err := s.volume.SyncAll(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shelf.add(base, sr.last/1000, len(d.Files))
	return nil
}
