package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// A gauge becomes a counter, or the other way round, when its sender tells more
// of it than could be guessed. The series begins anew, in a file of its own:
//
//	Put     the journal tells labels and new kind · an empty series takes the place
//	flush   old points to the old file · sync of all files, "synced" ·
//	        x.rrd to x.rrd.gauge · sync of the directory · journal "retired"
//	later   the new file is made
//
// Until "retired" the archive of the kind before is kept beside the new one, in
// the checkpoint too, and the kind cannot change again. A crash in between has
// the flush begin again: what it finds in the place of the old file tells how
// far it came.

// maxChanges bounds what senders that contradict each other leave on disk.
const maxChanges = 3

// ofKind returns the empty series that is to take the place of sr, nil when its
// kind may not change, or not now.
func (s *Store) ofKind(sr *series, kind metric.Kind) *series {
	if kind > metric.Counter || sr.isTiming() || sr.ref == 0 || sr.before != nil || sr.changes >= maxChanges {
		return nil
	}
	n := s.newSeries(sr.labels, kind)
	n.ref, n.last, n.newest, n.changes = sr.ref, sr.last, sr.newest, sr.changes+1
	return n
}

// replaceLocked puts a series into the place of the one before it.
func (s *Store) replaceLocked(n *series) {
	old := s.index.series[n.ref-1]
	n.last, n.before = old.last, &old.archives[0]
	s.index.series[n.ref-1] = n
}

// retiring is an archive whose kind changed and what was found at its path.
type retiring struct {
	archive, before *archive
	last            job  // of before: what waited for it
	there, fits     bool // there is a file, and it is one of the kind before
	aside           bool // all that waited is in a file that was set aside
}

// retire sets aside the files of the kinds before, with all that waited for
// them. It goes on after an error; that archive's turn comes again.
func (s *Store) retire(ctx context.Context, archives []*archive) error {
	due := s.retirements(archives)
	if len(due) == 0 || s.pinned > 0 { // a snapshot would have the one file and not the other
		return nil
	}
	var errs []error
	var jobs []*job
	for _, r := range due {
		if err := s.look(r); err != nil {
			errs = append(errs, err)
		} else if r.pending() {
			jobs = append(jobs, &r.last)
		}
	}
	if len(jobs) > 0 {
		errs = append(errs, s.flushJobs(ctx, jobs))
	}
	if err := errors.Join(s.syncFiles(), s.journal.Sync(), ctx.Err()); err != nil {
		return errors.Join(append(errs, err)...)
	}
	for _, r := range due {
		if r.last.err == nil && (!r.pending() || r.last.applied == r.last.waiting.Len()) {
			errs = append(errs, s.retireFile(r))
		}
	}
	return joinFew(errs)
}

func (s *Store) retirements(archives []*archive) []*retiring {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var due []*retiring
	for _, a := range archives {
		if old := a.series.before; old != nil {
			due = append(due, &retiring{archive: a, before: old, last: job{
				archive: old, waiting: old.pending.View(), start: old.start, exists: old.exists,
			}})
		}
	}
	return due
}

// look finds out what is at the path. A file that cannot be understood is taken
// for the old one.
func (s *Store) look(r *retiring) error {
	file, err := s.files.acquire(s.path(r.before))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.aside = s.isAside(r)
		if r.last.exists && r.last.waiting.Len() > 0 {
			r.last.restart(r.before.layout().schema.Step)
		}
		r.last.exists = false
	case errors.Is(err, rrdfile.ErrFormat):
		r.there, r.fits, r.last.exists = true, true, true
	case err != nil:
		r.last.err = fmt.Errorf("look at archive %s: %w", s.path(r.before), err)
	default:
		r.there, r.fits = true, r.before.layout().fits(file.Schema())
		r.last.exists = true
		s.files.release(file)
	}
	return r.last.err
}

// isAside tells whether a file that was set aside ends with what waits, as after
// a crash behind the renaming.
func (s *Store) isAside(r *retiring) bool {
	_, newest := r.last.waiting.Ends()
	for i := 0; newest > 0; i++ {
		path := asideName(s.path(r.before), "."+r.before.series.kind.String(), i)
		file, err := s.files.acquire(path)
		if err != nil {
			return false
		}
		ends := file.LastMillis()
		s.files.release(file)
		s.files.forget(path)
		if ends == newest {
			return true
		}
	}
	return false
}

// pending tells whether points wait for the old file: not when a new one is in
// its place, as it was set aside with all of them.
func (r *retiring) pending() bool {
	return r.last.waiting.Len() > 0 && !r.aside && (r.fits || !r.there)
}

func (s *Store) retireFile(r *retiring) error {
	from, to := r.before.series.kind, r.archive.series.kind
	if r.fits || r.pending() {
		if err := s.renameAside(s.path(r.before), "."+from.String()); err != nil {
			return err
		}
	}
	full := filepath.Join(s.cfg.Dir, s.path(r.before))
	if err := s.fs.SyncDir(filepath.Dir(full)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sync directory of %s: %w", full, err)
	}
	if err := s.twice(encodeRetired(r.archive.series.labels)); err != nil {
		return err
	}
	s.cfg.Logger.Warn("the kind of a series changed; it begins anew, and its archive was set aside", "file", full, "from", from, "to", to)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retiredLocked(r.archive.series, r.there && !r.fits)
	return nil
}

// retiredLocked forgets the archive of the kind before.
func (s *Store) retiredLocked(sr *series, exists bool) {
	s.buffered -= sr.before.pending.Bytes()
	sr.before, sr.archives[0].exists = nil, exists
}

func encodeRetired(l labels.Labels) []byte {
	e := encoder{}
	e.byte(recordRetired)
	e.labels(l)
	return e.b
}

// retired is what retireFile told. A file at the path is one of the new kind:
// it was listed after that.
func (r *replayer) retired(body []byte) error {
	d := newDecoder(body)
	l := d.Labels()
	if d.Err() != nil {
		return d.Err()
	}
	sr := r.store.index.lookup(l)
	if sr == nil || sr.before == nil {
		return nil
	}
	r.store.retiredLocked(sr, sr.before.exists)
	delete(r.headers, r.store.path(&sr.archives[0]))
	return nil
}
