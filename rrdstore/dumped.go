package rrdstore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"plimsoll/rrdstore/rrdfile"
)

// dumped returns a series and its files while no archive is updated.
func (s *Store) dumped(ctx context.Context, sr *series) (d dumpedSeries, files [][]byte, err error) {
	if err := s.beginFlush(ctx); err != nil {
		return d, nil, err
	}
	defer s.endFlush()
	return s.dumpedLocked(sr)
}

func (s *Store) dumpedLocked(sr *series) (d dumpedSeries, files [][]byte, err error) {
	s.mu.RLock()
	state, err := s.encodeState(sr)
	d = newDumped(sr, state)
	changing := sr.before != nil
	s.mu.RUnlock()
	if err != nil || changing {
		return d, nil, errors.Join(err, ifTrue(changing, "its kind is changing; try again in some minutes"))
	}
	for _, path := range s.filesOf(sr) {
		if files, err = d.take(files, path, filepath.Join(s.cfg.Dir, path)); err != nil {
			return d, nil, err
		}
	}
	return d, files, nil
}

// dumpedRetired is dumped for a series on the shelf. One that a sample came for
// meanwhile is no longer there.
func (s *Store) dumpedRetired(ctx context.Context, r retiredMatch) (d dumpedSeries, files [][]byte, err error) {
	if err := s.beginFlush(ctx); err != nil {
		return d, nil, err
	}
	defer s.endFlush()
	_, state, err := s.readState(r.state)
	d = newDumped(r.series, state)
	d.Retired = true
	for _, path := range r.files {
		if err == nil {
			files, err = d.take(files, path, filepath.Join(s.cfg.Dir, shelved(path)))
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		s.mu.RLock()
		sr := s.index.lookup(r.series.labels)
		s.mu.RUnlock()
		if sr != nil {
			return s.dumpedLocked(sr)
		}
	}
	return d, files, err
}

func newDumped(sr *series, state []byte) dumpedSeries {
	return dumpedSeries{
		Version: dumpVersion, Labels: sr.labels.Map(), Kind: sr.kind.String(), Last: sr.last,
		State: state, SHA256: sumOf(state), Files: []dumpedFile{},
	}
}

// take reads the file name, whose place is path, behind the others.
func (d *dumpedSeries) take(files [][]byte, path, name string) ([][]byte, error) {
	content, err := dumpFile(name)
	if err != nil {
		return files, err
	}
	d.Files = append(d.Files, dumpedFile{path, sumOf(content)})
	return append(files, content), nil
}

func ifTrue(is bool, text string) error {
	if is {
		return errors.New(text)
	}
	return nil
}

func dumpFile(name string) ([]byte, error) {
	f, err := rrdfile.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	err = rrdfile.Dump(&b, f)
	return b.Bytes(), err
}
