package rrdstore

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/rrdstore/rrdfile"
)

var errTaken = errors.New("another series is read under a name of the retired one")

// wakeLocked brings the retired series with labels l back into the index, with
// all its history, and returns it; nil if there is none, or it cannot be now. It
// reads and renames a few files while nothing can be Put: that is rare.
//
// One that would be read under a name that another has stays.
func (s *Store) wakeLocked(l labels.Labels, clashes func(*series) bool) (*series, error) {
	if len(s.shelf.last) == 0 {
		return nil, nil
	}
	base, _ := basePath(l)
	second, is := s.shelf.last[s.shelf.key(base)]
	if !is {
		return nil, nil
	}
	name := stateName(base, second)
	sr, state, err := s.readState(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !labels.Equal(sr.labels, l) {
		return nil, nil // another path with that hash
	}
	if errors.Is(err, ErrDamaged) {
		return nil, s.forgetState(base, name, err)
	}
	if err != nil {
		return nil, err
	}
	if clashes(sr) {
		return nil, errTaken
	}
	files := 0
	for path, a := range s.paths(sr) {
		switch {
		case s.there(filepath.Join(s.cfg.Dir, path)): // moved by an attempt that failed
		case !s.there(filepath.Join(s.cfg.Dir, shelved(path))):
			continue
		default:
			if err := s.unshelve(path); err != nil {
				return nil, err
			}
		}
		a.exists = true
		a.odd = s.isOdd(path, a)
		files++
	}
	if err := s.twice(append([]byte{recordWoken}, state...)); err != nil {
		return nil, err
	}
	s.registerLocked(sr)
	s.buffered += sr.buffered()
	s.shelf.remove(base, files)
	return sr, s.fs.Remove(filepath.Join(s.cfg.Dir, name))
}

// wakeErrors notes why a series could not be woken, or what was left of it.
func (s *Store) wakeErrors(err error) {
	if err != nil {
		s.report("bring back a retired series", err)
	}
}

// isOdd tells whether a file has another shape than its class asks for, as when
// that changed while it was retired. Of one that cannot be read its next update
// tells.
func (s *Store) isOdd(path string, a *archive) bool {
	schema, err := rrdfile.Inspect(filepath.Join(s.cfg.Dir, path))
	return err == nil && !a.layout().shapes(schema)
}

// unshelve moves a file back to archives/. What is there stays.
func (s *Store) unshelve(path string) error {
	if err := s.fs.MkdirAll(filepath.Dir(filepath.Join(s.cfg.Dir, path))); err != nil {
		return err
	}
	return s.move(shelved(path), path)
}

// forgetState leaves a series on the shelf that cannot be brought back as it was:
// it begins anew, and its files stay where they are.
func (s *Store) forgetState(base, name string, cause error) error {
	s.shelf.remove(base, 0)
	s.stats.badFiles.Inc()
	s.cfg.Logger.Error("what was known of a retired series cannot be read; it begins anew, and its files stay in "+retiredDir, "file", name, "err", cause)
	full := filepath.Join(s.cfg.Dir, name)
	return s.fs.Rename(full, full+".bad")
}

// woken is what wakeLocked told.
func (r *replayer) woken(body []byte) error {
	sr, err := r.store.decodeState(body)
	if err != nil || r.store.index.lookup(sr.labels) != nil {
		return err
	}
	r.store.registerLocked(sr)
	r.store.buffered += sr.buffered()
	return nil
}

// tidyShelf ends what was under way when the process died, and notes what is on
// the shelf. It runs before archives without a series are adopted.
func (s *Store) tidyShelf() error {
	all, err := s.walkShelf()
	if err != nil {
		return err
	}
	for _, r := range all {
		l, err := s.labelsOf(r.base)
		if err != nil {
			s.cfg.Logger.Error("files of a retired series left alone", "file", shelved(r.base), "err", err)
			continue
		}
		if sr := s.index.lookup(l); sr != nil {
			err = s.bringBack(sr, r)
		} else if r.state != "" {
			err = s.putAway(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bringBack moves the files of a series that is in the index.
func (s *Store) bringBack(sr *series, r *retiredSeries) error {
	for path, a := range s.paths(sr) {
		if a.exists || !s.there(filepath.Join(s.cfg.Dir, shelved(path))) {
			continue
		}
		if err := s.unshelve(path); err != nil {
			return err
		}
		a.found()
		a.odd = s.isOdd(path, a)
	}
	if r.state == "" {
		return nil
	}
	for _, path := range append(r.older, r.state) {
		if err := s.fs.Remove(filepath.Join(s.cfg.Dir, path)); err != nil {
			return err
		}
	}
	return nil
}

// putAway notes a series that is on the shelf, with those of its files that were
// moved back too soon.
func (s *Store) putAway(r *retiredSeries) error {
	files := len(r.files)
	for path := range s.onDisk {
		if base, _ := splitPath(path); base != r.base {
			continue
		}
		if err := s.move(path, shelved(path)); err != nil {
			return err
		}
		delete(s.onDisk, path)
		files++
	}
	s.shelf.add(r.base, r.second, files)
	return nil
}

// retiredMatch is a retired series and what is known of it.
type retiredMatch struct {
	*retiredSeries
	series *series // no part of the store
}

// retiredMatching returns the retired series that match.
func (s *Store) retiredMatching(ms []*labels.Matcher) ([]retiredMatch, error) {
	all, err := s.walkShelf()
	if err != nil {
		return nil, err
	}
	var found []retiredMatch
	for _, r := range all {
		if r.state == "" {
			continue
		}
		sr, _, err := s.readState(r.state)
		if errors.Is(err, fs.ErrNotExist) {
			continue // woken meanwhile
		}
		if err != nil {
			return nil, err
		}
		if len(appendViews(nil, sr, ms)) > 0 || matchAll(sr.labels, ms) {
			found = append(found, retiredMatch{r, sr})
		}
	}
	return found, nil
}

// Restore brings retired series back that match, until they are silent again for
// as long as it takes to be retired, and at the most until the next start.
func (s *Store) Restore(ctx context.Context, ms []*labels.Matcher) (n int, err error) {
	all, err := s.retiredMatching(ms)
	if err != nil {
		return 0, err
	}
	for _, r := range all {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		s.mu.Lock()
		sr, err := s.wakeLocked(r.series.labels, (&batch{store: s}).clashes)
		if sr != nil {
			s.shelf.spared[s.shelf.key(r.base)] = s.cfg.Now().UnixMilli() + s.cfg.RetireAfter.Milliseconds()
			n++
		}
		s.mu.Unlock()
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// ListRetired is List for retired series; those among them that will be removed
// before due, if that is not zero.
func (s *Store) ListRetired(ctx context.Context, ms []*labels.Matcher, due time.Time, give func([]Listed)) error {
	all, err := s.retiredMatching(ms)
	if err != nil {
		return err
	}
	out := make([]Listed, 0, min(listChunk, len(all)))
	for _, r := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		l := s.listedRetired(r)
		if !due.IsZero() && (l.Removal == 0 || l.Removal > due.UnixMilli()) {
			continue
		}
		if out = append(out, l); len(out) == listChunk {
			give(out)
			out = out[:0]
		}
	}
	give(out)
	return nil
}

func (s *Store) listedRetired(r retiredMatch) Listed {
	l := Listed{
		Labels: r.series.labels.Map(), Kind: r.series.kind.String(), Class: r.series.class.name, State: stateRetired,
		Files: []string{}, First: firstOf(r.series), Last: r.series.last,
	}
	if s.cfg.RemoveAfter > 0 {
		l.Removal = r.series.last + s.cfg.RemoveAfter.Milliseconds()
	}
	for _, path := range r.files {
		path = retiredDir + strings.TrimPrefix(path, archiveDir)
		l.Files = append(l.Files, path)
		l.Bytes += s.sizeOf(path)
	}
	return l
}
