package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"

	"plimsoll/internal/durable"
)

// Replay calls fn for each second that was appended and is not covered by a
// later Delivered, in the order written. entries are valid during the call, what
// they refer to for ever. An error of fn ends the replay. What is torn at the
// end is dropped; what is damaged is set aside and counted.
func (s *Spool) Replay(fn func(at int64, entries []Entry) error) error {
	marks, found, err := s.readMarks()
	if err != nil {
		return fmt.Errorf("replay spool %s: %w", s.cfg.Dir, err)
	}
	r := replay{spool: s, marks: marks, fn: fn, latest: map[uint64]int64{}, refused: map[uint64]uint64{}}
	if _, err := s.journal.Replay(0, r.record); err != nil {
		return fmt.Errorf("replay spool %s: %w", s.cfg.Dir, err)
	}
	r.endSegment()
	if err := errors.Join(found.Unrepaired, s.keepRefused(r.refused)); err != nil {
		s.cfg.Logger.Error("damage of the spool cannot be put right", "dir", s.cfg.Dir, "error", err)
	}
	s.noteReplay(&r, found)
	return nil
}

// noteReplay learns what each segment holds.
func (s *Spool) noteReplay(r *replay, found durable.Replayed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, latest := range s.open {
		if latest != unknown {
			continue // of this process
		}
		s.open[n] = done
		if at, is := r.latest[n]; is {
			s.open[n] = at
		}
	}
	s.stats.Damaged += uint64(found.BadSegments)
	s.stats.TornBytes += uint64(found.TornBytes)
	s.stats.Orphans += r.orphans
	for _, n := range r.refused {
		s.stats.Refused += n
	}
}

// position is where a record stands.
type position struct {
	segment uint64
	index   int
}

func (p position) before(o position) bool {
	return p.segment < o.segment || p.segment == o.segment && p.index < o.index
}

// next returns the position of the record behind, in the given segment.
func (p position) next(segment uint64) position {
	if p.segment != segment {
		return position{segment: segment}
	}
	return position{segment, p.index + 1}
}

// mark is a Delivered. covers is the greatest boundary of it and all later ones.
type mark struct {
	position
	covers int64
}

// readMarks reads the journal for the first time, which also repairs it.
func (s *Spool) readMarks() ([]mark, durable.Replayed, error) {
	var marks []mark
	at := position{index: -1}
	found, err := s.journal.Replay(0, func(segment uint64, payload []byte) error {
		at = at.next(segment)
		if boundary, is := decodeMark(payload); is {
			marks = append(marks, mark{at, boundary})
		}
		return nil
	})
	for i := len(marks) - 2; i >= 0; i-- {
		marks[i].covers = max(marks[i].covers, marks[i+1].covers)
	}
	return marks, found, err
}

// replay reads the journal for the second time.
type replay struct {
	spool  *Spool
	marks  []mark // those that stand behind at
	at     position
	reader *reader // of the segment
	fn     func(at int64, entries []Entry) error

	latest  map[uint64]int64 // by segment: the latest second that is not covered
	refused map[uint64]uint64
	orphans uint64
}

func (r *replay) record(segment uint64, payload []byte) error {
	if r.reader == nil || segment != r.at.segment {
		r.endSegment()
		r.reader = newReader()
	}
	r.at = r.at.next(segment)
	if _, is := decodeMark(payload); is {
		return nil
	}
	at, entries, err := r.reader.second(payload)
	if err != nil {
		r.refused[segment]++
		return nil
	}
	if at <= r.covered() || len(entries) == 0 {
		return nil
	}
	if latest, is := r.latest[segment]; !is || at > latest {
		r.latest[segment] = at
	}
	return r.fn(at, entries)
}

// covered returns up to which instant what stands here is safe in the store.
func (r *replay) covered() int64 {
	for len(r.marks) > 0 && r.marks[0].before(r.at) {
		r.marks = r.marks[1:]
	}
	if len(r.marks) == 0 {
		return math.MinInt64
	}
	return r.marks[0].covers
}

func (r *replay) endSegment() {
	if r.reader != nil {
		r.orphans += r.reader.orphans
	}
}

// keepRefused keeps copies of segments with records that make no sense, beside
// which they will be dropped in time.
func (s *Spool) keepRefused(refused map[uint64]uint64) error {
	var errs []error
	for n := range refused {
		path := filepath.Join(s.cfg.Dir, segmentName(n))
		if _, err := s.cfg.FS.Stat(path + ".bad"); !errors.Is(err, fs.ErrNotExist) {
			continue // kept already
		}
		data, err := s.cfg.FS.ReadFile(path)
		if err == nil {
			err = durable.WriteFile(s.cfg.FS, path+".bad", data)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
