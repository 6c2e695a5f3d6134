package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/rrdstore/backlog"
	"plimsoll/rrdstore/rrdfile"
)

// flushChunk is how many archives are updated behind one journal record and one
// sync of the journal. Their files are open meanwhile.
const flushChunk = 256

// flushWorkers update archives side by side, never two the same.
const flushWorkers = 2

// slotOf spreads series evenly over the seconds of the flush interval.
func slotOf(l labels.Labels, slots int) int { return int(l.Hash() % uint64(slots)) }

// job is the update of one archive.
type job struct {
	archive *archive
	waiting backlog.View // what was pending when the job was made
	start   int64
	exists  bool
	odd     bool // of the file
	file    *openFile
	err     error
	applied int // of waiting, those already in the file among them
}

// flushSlot updates the archives whose turn it is.
func (s *Store) flushSlot(ctx context.Context, slot int) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	s.mu.RLock()
	var due []*archive
	for _, ref := range s.slots[slot%len(s.slots)] {
		due = s.index.series[ref-1].appendArchives(due)
	}
	s.mu.RUnlock()
	return s.flushLocked(ctx, due)
}

// FlushAll updates all archives, so that rrdtool sees what was Put so far.
func (s *Store) FlushAll(ctx context.Context) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	return s.flushAllLocked(ctx)
}

func (s *Store) flushAllLocked(ctx context.Context) error {
	s.mu.RLock()
	var all []*archive
	for _, sr := range s.index.series {
		all = sr.appendArchives(all)
	}
	s.mu.RUnlock()
	return s.flushLocked(ctx, all)
}

func (sr *series) appendArchives(all []*archive) []*archive {
	for i := range sr.archives {
		all = append(all, &sr.archives[i])
	}
	return all
}

// flushLocked updates archives with what waits for them. It goes on after an
// error, and no further after the end of ctx; what was not written waits on.
func (s *Store) flushLocked(ctx context.Context, archives []*archive) error {
	var errs []error
	for len(archives) > 0 && ctx.Err() == nil {
		n := min(flushChunk, len(archives))
		errs = append(errs, s.retire(ctx, archives[:n]))
		if jobs := s.jobsFor(archives[:n]); len(jobs) > 0 {
			errs = append(errs, s.flushJobs(ctx, jobs))
		}
		archives = archives[n:]
	}
	return errors.Join(append(errs, ctx.Err())...)
}

// jobsFor copies what waits, so that no lock is held while files are written.
func (s *Store) jobsFor(archives []*archive) []*job {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var jobs []*job
	for _, a := range archives {
		if a.pending.Len() > 0 && a.series.before == nil {
			jobs = append(jobs, &job{archive: a, waiting: a.pending.View(), start: a.start, exists: a.exists, odd: a.odd})
		}
	}
	return jobs
}

// flushJobs: open files · journal their headers · sync the journal · write rows
// and headers · confirm. When ctx ends the rest of the files is left alone.
func (s *Store) flushJobs(ctx context.Context, jobs []*job) error {
	defer func() {
		for _, j := range jobs {
			if j.file != nil {
				s.files.release(j.file)
			}
		}
	}()
	for i, j := range jobs {
		if ctx.Err() != nil {
			jobs = jobs[:i]
			break
		}
		j.err = s.openJob(j)
	}
	if err := s.logHeaders(jobs); err != nil {
		s.stats.flushErrors.Add(float64(len(jobs)))
		return err
	}
	parallel(jobs, func(j *job) { j.update(ctx) })
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, j := range jobs {
		s.confirmLocked(j)
		if j.err != nil {
			errs = append(errs, fmt.Errorf("update archive %s: %w", s.path(j.archive), j.err))
		}
	}
	s.stats.flushErrors.Add(float64(len(errs)))
	return joinFew(errs)
}

// joinFew keeps the message short when a disk is full and every file fails.
func joinFew(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if len(errs) > 3 {
		errs = append(errs[:3:3], fmt.Errorf("and %d more archives", len(errs)-3))
	}
	return errors.Join(errs...)
}

func parallel(jobs []*job, do func(*job)) {
	var wg sync.WaitGroup
	for w := range flushWorkers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < len(jobs); i += flushWorkers {
				do(jobs[i])
			}
		}()
	}
	wg.Wait()
}

// logHeaders journals the headers of the files as they are before the first
// update since the last sync of the files.
func (s *Store) logHeaders(jobs []*job) error {
	saved := make([]savedHeader, 0, len(jobs))
	for _, j := range jobs {
		if j.err == nil && !j.archive.logged {
			saved = append(saved, savedHeader{j.file.path, j.file.MutableHeader()})
		}
	}
	if len(saved) > 0 {
		if err := s.journal.Append(s.headers.encode(saved)); err != nil {
			return fmt.Errorf("journal headers: %w", err)
		}
	}
	if err := s.journal.Sync(); err != nil {
		return err
	}
	for _, j := range jobs {
		if j.err == nil && !j.archive.logged {
			j.archive.logged = true
			s.logged = append(s.logged, j.archive)
		}
	}
	return nil
}

// update writes what the file does not have yet.
func (j *job) update(ctx context.Context) {
	if j.err != nil || ctx.Err() != nil {
		return
	}
	fresh := j.waiting.Since(j.file.LastMillis())
	old := j.waiting.Len() - len(fresh)
	j.applied = old
	for len(fresh) > 0 && j.err == nil {
		n, err := j.file.Update(fresh)
		if errors.Is(err, rrdfile.ErrNotNewer) {
			n++ // a point that no file takes must not hold up those behind it
			err = nil
		}
		j.applied += n
		fresh, j.err = fresh[n:], err
	}
}

// confirmLocked drops what the file has from what waits: only that.
func (s *Store) confirmLocked(j *job) {
	a := j.archive
	a.odd = j.odd
	if j.applied == 0 {
		return
	}
	before := a.pending.Bytes()
	a.pending.Drop(j.applied)
	s.buffered += a.pending.Bytes() - before
	s.stats.flushed.Add(float64(j.applied))
}
