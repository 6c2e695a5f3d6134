package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// shelveChunk is how many series leave the index at a time: it is made anew then.
const shelveChunk = 4096

// errSnapshot holds off what would move files that are being copied.
var errSnapshot = errors.New("a snapshot is being made")

// leaving is a series on its way to the shelf.
type leaving struct {
	series *series
	last   int64
	base   string
	state  string
	moved  []string // paths of files, below archives/
	err    error
}

// shelve retires series. With force also what waits to be written is given up;
// without, a series that a sample came for stays.
func (s *Store) shelve(ctx context.Context, all []*series, force bool) (n int, err error) {
	var errs []error
	for len(all) > 0 && ctx.Err() == nil {
		chunk := all[:min(shelveChunk, len(all))]
		all = all[len(chunk):]
		done, err := s.shelveSome(ctx, chunk, force)
		n += done
		errs = append(errs, err)
	}
	return n, joinFew(append(compactErrors(errs), compactErrors([]error{ctx.Err()})...))
}

func compactErrors(errs []error) (out []error) {
	for _, err := range errs {
		if err != nil {
			out = append(out, err)
		}
	}
	return out
}

func (s *Store) shelveSome(ctx context.Context, all []*series, force bool) (int, error) {
	if err := s.beginFlush(ctx); err != nil {
		return 0, err
	}
	defer s.endFlush()
	if s.pinned > 0 {
		return 0, errSnapshot
	}
	if err := s.syncFiles(); err != nil { // no saved header must be put into a file that moved
		return 0, err
	}
	var errs []error
	var out []*leaving
	for _, sr := range all {
		l := &leaving{series: sr}
		if s.pack(l, force) {
			out = append(out, l)
		}
	}
	err := s.volume.SyncAll()
	n := s.leave(out, force, err)
	for _, l := range out {
		errs = append(errs, l.err)
	}
	return n, joinFew(compactErrors(append(errs, err)))
}

// pack writes the state of a series and moves its files. It returns false when
// there is nothing to be undone.
func (s *Store) pack(l *leaving, force bool) bool {
	sr := l.series
	s.mu.RLock()
	fit := sr.ref > 0 && s.index.series[sr.ref-1] == sr && (force || sr.quiet())
	var files []string
	for path, a := range s.paths(sr) {
		if a.exists || sr.before != nil && sr.before.exists {
			files = append(files, path)
		}
	}
	l.last = sr.last
	s.mu.RUnlock()
	if !fit {
		return false
	}
	l.base, _ = basePath(sr.labels)
	l.state = stateName(l.base, l.last/1000)
	if l.err = s.fs.MkdirAll(filepath.Dir(filepath.Join(s.cfg.Dir, l.state))); l.err != nil {
		return true
	}
	s.mu.RLock()
	l.err = s.writeState(l.state, sr)
	s.mu.RUnlock()
	for _, path := range files {
		if l.err != nil {
			break
		}
		l.err = s.move(path, shelved(path))
		if l.err == nil {
			l.moved = append(l.moved, path)
		}
	}
	return true
}

// quiet tells whether all that is known of a series is in its files and a state.
func (sr *series) quiet() bool {
	if sr.before != nil || sr.newest > 0 {
		return false
	}
	for i := range sr.archives {
		if sr.archives[i].pending.Len() > 0 {
			return false
		}
	}
	for i := 0; sr.isTiming() && i < len(sr.timer.open); i++ {
		if sr.timer.open[i].sketch != nil {
			return false
		}
	}
	return true
}

// move renames a file below the data directory; that it is gone already is none
// of its concern.
func (s *Store) move(from, to string) error {
	s.files.forget(from)
	err := s.fs.Rename(filepath.Join(s.cfg.Dir, from), filepath.Join(s.cfg.Dir, to))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// leave takes out of the index what was packed, and unpacks the rest.
func (s *Store) leave(out []*leaving, force bool, err error) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gone []*leaving
	for _, l := range out {
		if err == nil && l.err == nil && (force || l.series.quiet() && l.series.last == l.last) {
			gone = append(gone, l)
		} else {
			s.unpack(l)
		}
	}
	if len(gone) == 0 {
		return 0
	}
	if err := s.twice(encodeShelved(gone)); err != nil {
		for _, l := range gone {
			l.err = err
			s.unpack(l)
		}
		return 0
	}
	s.journal.Rotate() // all numbers change
	all := map[*series]bool{}
	for _, l := range gone {
		all[l.series] = true
		s.shelf.add(l.base, l.last/1000, len(l.moved))
	}
	s.dropLocked(all)
	return len(gone)
}

// unpack moves the files of a series back that stays.
func (s *Store) unpack(l *leaving) {
	for _, path := range l.moved {
		l.err = errors.Join(l.err, s.move(shelved(path), path))
	}
	if err := s.fs.Remove(filepath.Join(s.cfg.Dir, l.state)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.err = errors.Join(l.err, err)
	}
}

// dropLocked makes the index anew without some series.
func (s *Store) dropLocked(gone map[*series]bool) {
	old := s.index.series
	s.index, s.timings = newIndex(), nil
	s.quotas.reset()
	s.slots = make([][]uint32, len(s.slots))
	for _, sr := range old {
		if !gone[sr] {
			s.registerLocked(sr)
			continue
		}
		s.buffered -= sr.buffered()
		sr.ref = 0
		for i := range sr.archives {
			sr.archives[i].exists = false // for those who read it still
		}
	}
}

func encodeShelved(gone []*leaving) []byte {
	e := encoder{}
	e.byte(recordShelved)
	e.uint(uint64(len(gone)))
	for _, l := range gone {
		e.labels(l.series.labels)
	}
	return e.b
}

// shelved takes series out of the index. A file in the place of one of theirs
// belongs to a series that came later.
func (r *replayer) shelved(body []byte) error {
	d := newDecoder(body)
	gone := map[*series]bool{}
	for range d.Count() {
		l := d.Labels()
		if d.Err() != nil {
			return d.Err()
		}
		sr := r.store.index.lookup(l)
		if sr == nil {
			continue
		}
		gone[sr] = true
		for path, a := range r.store.paths(sr) {
			if a.exists || sr.before != nil && sr.before.exists {
				r.store.onDisk[path] = a.odd
			}
		}
	}
	if len(gone) > 0 {
		r.store.dropLocked(gone)
	}
	return d.Err()
}

// silent returns the series that are to be retired: those whose newest sample is
// older than age, by the clock or, if that is less, by the newest sample of all. A
// store that nothing comes to retires nothing.
func (s *Store) silent(now time.Time, age time.Duration) (found []*series) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	ms := min(now.UnixMilli(), s.newestSample)
	for _, sr := range s.index.series {
		if sr.newestRow() < ms-age.Milliseconds() && !s.sparedLocked(sr, ms) && sr.quiet() {
			found = append(found, sr)
		}
	}
	return found
}

func (s *Store) sparedLocked(sr *series, ms int64) bool {
	if len(s.shelf.spared) == 0 {
		return false
	}
	base, _ := basePath(sr.labels)
	return s.shelf.spared[s.shelf.key(base)] > ms
}

// sweep retires what was silent, and removes what was retired long ago.
func (s *Store) sweep(ctx context.Context, now time.Time) error {
	var errs []error
	if age := s.cfg.RetireAfter; age > 0 {
		found := s.silent(now, age)
		n, err := s.shelve(ctx, found, false)
		if n > 0 {
			s.cfg.Logger.Info("series retired, as they were silent; their files are in "+retiredDir+", and come back with their next sample",
				"series", n, "such_as", found[0].labels.String(), "silent_for", age)
		}
		errs = append(errs, err)
	}
	if s.cfg.RemoveAfter > 0 {
		errs = append(errs, s.removeOld(ctx, now))
	}
	return errors.Join(errs...)
}

// removeOld removes the files of series that were silent for RemoveAfter, and says
// which come next. None goes that an earlier round has not told of, as one that was
// retired late.
func (s *Store) removeOld(ctx context.Context, now time.Time) error {
	s.mu.RLock()
	ms := min(now.UnixMilli(), s.newestSample)
	s.mu.RUnlock()
	all, err := s.walkShelf()
	if err != nil {
		return err
	}
	limit := (ms - s.cfg.RemoveAfter.Milliseconds()) / 1000
	told, due := s.shelf.due, map[string]int64{}
	removed, next := 0, ""
	for _, r := range all {
		switch {
		case r.state == "" || ctx.Err() != nil || r.second >= limit+int64(day/time.Second):
		case r.second < limit && told[r.base] == r.second:
			if err := s.removeShelved(ctx, r); err != nil {
				return err
			}
			removed++
		default:
			if due[r.base] = r.second; next == "" {
				next = r.base
			}
		}
	}
	s.shelf.due = due
	if removed > 0 {
		s.cfg.Logger.Warn("files of retired series removed", "series", removed, "silent_for", s.cfg.RemoveAfter)
	}
	if len(due) > 0 {
		s.cfg.Logger.Warn("files of retired series will be removed within a day; plimsoll archive ls -due 24h lists them", "series", len(due), "such_as", next)
	}
	return ctx.Err()
}

// removeShelved removes the files of a retired series for good; its state goes
// last, so that what is left after an error can be removed again.
func (s *Store) removeShelved(ctx context.Context, r *retiredSeries) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	s.mu.Lock()
	second, is := s.shelf.last[s.shelf.key(r.base)]
	if is && second == r.second {
		s.shelf.remove(r.base, len(r.files))
	}
	s.mu.Unlock()
	if !is || second != r.second {
		return nil // a sample came for it
	}
	paths := r.older
	for _, path := range r.files {
		paths = append(paths, shelved(path))
	}
	for _, path := range append(paths, r.state) {
		if err := s.fs.Remove(filepath.Join(s.cfg.Dir, path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.mu.Lock()
			s.shelf.add(r.base, r.second, len(r.files))
			s.mu.Unlock()
			return fmt.Errorf("remove %s: %w", path, err)
		}
	}
	return s.tidyAfter(r.base)
}

// tidyAfter removes what else there was of a series that is removed for good: its
// side file and, below archives and retired, the directories that are empty now.
// The caller holds flushing, so no archive is made meanwhile; mu keeps one from
// being moved back into a directory that goes.
func (s *Store) tidyAfter(base string) error {
	if err := s.fs.Remove(filepath.Join(s.cfg.Dir, base+sideSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the labels of %s: %w", base, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, path := range []string{base, shelved(base)} {
		for dir := filepath.Dir(path); dir != archiveDir && dir != retiredDir; dir = filepath.Dir(dir) {
			if s.fs.Remove(filepath.Join(s.cfg.Dir, dir)) != nil {
				break // it is not empty, as a rule; one that stays does no harm
			}
		}
	}
	return nil
}

// Remove takes series, those that are active or those that are retired, with all
// their files and history. A later sample begins them anew.
func (s *Store) Remove(ctx context.Context, ms []*labels.Matcher, retired bool) (n int, err error) {
	if !retired {
		if n, err = s.removeActive(ctx, ms); err != nil {
			return n, err
		}
		return n, nil
	}
	all, err := s.retiredMatching(ms)
	if err != nil {
		return 0, err
	}
	for _, r := range all {
		if err := s.removeShelved(ctx, r.retiredSeries); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// removeActive retires series first: should it be broken off, they are on the
// shelf, or as they were.
func (s *Store) removeActive(ctx context.Context, ms []*labels.Matcher) (int, error) {
	found := s.matching(ms)
	bases := map[string]bool{}
	for _, sr := range found {
		base, _ := basePath(sr.labels)
		bases[base] = true
	}
	_, err := s.shelve(ctx, found, true)
	all, walkErr := s.walkShelf()
	if err = errors.Join(err, walkErr); err != nil {
		return 0, err
	}
	n := 0
	for _, r := range all {
		if !bases[r.base] || r.state == "" {
			continue
		}
		if err := s.removeShelved(ctx, r); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
