package rrdstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"plimsoll/rrdstore/rrdfile"
)

// Archives that were made when their class had other resolutions get those of
// now, while all goes on:
//
//	update with what waits, as rows of an update that a crash broke off stand where
//	the oldest were · sync of all files, "synced", so that no saved header is put into the new file ·
//	x.rrd.tmp with the history of x.rrd · sync · read again and compared ·
//	x.rrd.tmp to x.rrd · sync of the directory
//
// A crash leaves the old file or the new one. Readers of the old one go on with it.

// reshapeChunk is how many archives are reshaped before updates get their turn.
const reshapeChunk = 64

// Reshaping is what Reshape did or, in a dry run, would do.
type Reshaping struct {
	Files       int           `json:"files"`   // looked at
	Changed     int           `json:"changed"` // given a new shape, or to be given one
	Failed      int           `json:"failed"`  // left as they are
	BytesBefore int64         `json:"bytes_before"`
	BytesAfter  int64         `json:"bytes_after"`
	Changes     []ShapeChange `json:"changes"` // those of most files first
}

// ShapeChange is what happens to files of one shape that get another.
type ShapeChange struct {
	Class     string   `json:"class"`
	Files     int      `json:"files"`
	Example   string   `json:"example"`
	Lost      []string `json:"lost"`                // what is then no longer kept
	Added     []string `json:"added"`               // what is then kept, filled as far as it can be
	Heartbeat string   `json:"heartbeat,omitempty"` // the one before and the new one
}

// Reshape gives archives the resolutions and heartbeats of their classes; with
// dry set it only tells. It goes on after an error. progress, if not nil, is
// called now and then with what was done so far.
func (s *Store) Reshape(ctx context.Context, dry bool, progress func(Reshaping)) (Reshaping, error) {
	var out Reshaping
	var errs []error
	all := s.existing()
	for len(all) > 0 && ctx.Err() == nil {
		n := min(reshapeChunk, len(all))
		errs = append(errs, s.reshapeChunk(ctx, all[:n], dry, &out))
		all = all[n:]
		if progress != nil {
			progress(out)
		}
	}
	slices.SortStableFunc(out.Changes, func(a, b ShapeChange) int { return cmp.Compare(b.Files, a.Files) })
	return out, errors.Join(joinFew(errs), ctx.Err())
}

// existing are the archives that have files.
func (s *Store) existing() []*archive {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var all []*archive
	for _, sr := range s.index.series {
		for i := range sr.archives {
			if a := &sr.archives[i]; a.exists && sr.before == nil {
				all = append(all, a)
			}
		}
	}
	return all
}

func (s *Store) reshapeChunk(ctx context.Context, archives []*archive, dry bool, out *Reshaping) error {
	if err := s.beginFlush(ctx); err != nil {
		return err
	}
	defer s.endFlush()
	var errs []error
	settled := sync.OnceValue(func() error {
		return errors.Join(s.flushLocked(ctx, archives), s.syncFiles())
	})
	for _, a := range archives {
		out.Files++
		odd, err := s.withOdd(a, func(f *openFile) error {
			out.plan(a, s.path(a), f.Schema())
			if dry {
				return nil
			}
			if err := settled(); err != nil {
				return err
			}
			return s.reshape(a, f)
		})
		if odd {
			out.Changed++
		}
		if err != nil {
			out.Failed++
			errs = append(errs, fmt.Errorf("reshape archive %s: %w", s.path(a), err))
		}
	}
	return joinFew(errs)
}

// withOdd calls do with the file of an archive if it is of another shape than
// its class asks for.
func (s *Store) withOdd(a *archive, do func(*openFile) error) (odd bool, err error) {
	f, err := s.files.acquire(s.path(a))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, rrdfile.ErrFormat) {
		return false, nil // its next update begins a new one
	}
	if err != nil {
		return false, err
	}
	defer s.files.release(f)
	l := a.layout()
	if !l.fits(f.Schema()) || l.shapes(f.Schema()) {
		return false, nil
	}
	return true, do(f)
}

// reshape replaces one file. The caller holds flushing, has updated the file and
// synced all.
func (s *Store) reshape(a *archive, f *openFile) error {
	template, err := a.layout().empty()
	if err != nil {
		return fmt.Errorf("make template: %w", err)
	}
	content, err := f.Reshape(template)
	if err != nil {
		return err
	}
	full := filepath.Join(s.cfg.Dir, f.path)
	next := full + ".tmp"
	if err := s.cfg.files.Replace(next, content); err != nil {
		return err
	}
	if err := s.verifyReshaped(f, next); err != nil {
		return errors.Join(err, s.fs.Remove(next))
	}
	if err := s.fs.Rename(next, full); err != nil {
		return errors.Join(err, s.fs.Remove(next))
	}
	s.files.forget(f.path)
	s.mu.Lock()
	a.odd = false
	s.mu.Unlock()
	return s.fs.SyncDir(filepath.Dir(full))
}

// verifyReshaped reads the new file and compares what it has in common with the
// old one, row by row.
func (s *Store) verifyReshaped(old *openFile, path string) error {
	next, err := s.cfg.files.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = next.Close() }() // it was only read
	if old.LastMillis() != next.LastMillis() {
		return fmt.Errorf("the last update would be at %d ms, not at %d", next.LastMillis(), old.LastMillis())
	}
	for i, r := range next.Schema().RRA {
		j := sharedRRA(next.Schema(), r, old.Schema())
		if j < 0 {
			continue
		}
		if err := sameRows(old, j, next, i); err != nil {
			return err
		}
	}
	return nil
}

// sharedRRA returns the archive of old that has the same rows as r of s, or -1.
func sharedRRA(s *rrdfile.Schema, r rrdfile.RRA, old *rrdfile.Schema) int {
	return slices.IndexFunc(old.RRA, func(o rrdfile.RRA) bool {
		return o.CF == r.CF && o.Steps*old.Step == r.Steps*s.Step
	})
}

// sameRows compares the rows that both archives reach back to.
func sameRows(old archiveFile, i int, next archiveFile, j int) error {
	a, b := old.Schema().RRA[i], next.Schema().RRA[j]
	end := old.LastRow(i, nil)
	from := end - min(a.Rows, b.Rows)*a.Steps*old.Schema().Step
	x, err := old.Fetch(i, from, end, nil)
	if err != nil {
		return err
	}
	y, err := next.Fetch(j, from, end, nil)
	if err != nil {
		return err
	}
	same := x.End == y.End && slices.EqualFunc(x.Values, y.Values, func(v, w float64) bool {
		return v == w || math.IsNaN(v) && math.IsNaN(w)
	})
	if !same {
		return fmt.Errorf("rows of %s each %d s differ behind %d", a.CF, x.Step, from)
	}
	return nil
}

// plan notes a file that is to get the shape of its class.
func (r *Reshaping) plan(a *archive, path string, old *rrdfile.Schema) {
	next := &a.layout().schema
	r.BytesBefore += old.FileBytes()
	r.BytesAfter += next.FileBytes()
	c := ShapeChange{Class: a.series.class.name, Files: 1, Example: path, Lost: beyond(old, next), Added: beyond(next, old)}
	if was, is := old.DS[0].Heartbeat, next.DS[0].Heartbeat; was != is {
		c.Heartbeat = fmt.Sprintf("%s to %s", time.Duration(was)*time.Second, time.Duration(is)*time.Second)
	}
	for i := range r.Changes {
		have := &r.Changes[i]
		if have.Class == c.Class && have.Heartbeat == c.Heartbeat && slices.Equal(have.Lost, c.Lost) && slices.Equal(have.Added, c.Added) {
			have.Files++
			return
		}
	}
	r.Changes = append(r.Changes, c)
}

// beyond tells what a keeps that b does not: rows at all, or the older ones.
func beyond(a, b *rrdfile.Schema) []string {
	out := []string{}
	for _, r := range a.RRA {
		step := time.Duration(r.Steps*a.Step) * time.Second
		keep, kept := time.Duration(r.Rows)*step, time.Duration(0)
		if i := sharedRRA(a, r, b); i >= 0 {
			kept = time.Duration(b.RRA[i].Rows) * step
		}
		switch {
		case kept == 0:
			out = append(out, fmt.Sprintf("%s each %s, for %s", r.CF, step, keep))
		case keep > kept:
			out = append(out, fmt.Sprintf("%s each %s, from %s on to %s", r.CF, step, kept, keep))
		}
	}
	return out
}
