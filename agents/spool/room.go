package spool

import (
	"maps"
	"slices"
)

// frameBytes is what the journal puts before a record.
const frameBytes = 8

// makeRoomLocked drops the oldest segments until a record of n bytes fits.
func (s *Spool) makeRoomLocked(n int64) error {
	for s.journal.Bytes()+n+frameBytes > s.cfg.MaxBytes {
		oldest, complete := s.journal.Oldest()
		switch {
		case oldest < s.state.cursor.Segment && complete: // delivered, and kept for repeats only
			if err := s.dropLocked(oldest + 1); err != nil {
				return err
			}
		case !s.sacrificeLocked():
			return ErrFull
		default:
			if err := s.saveLocked(); err != nil {
				return err
			}
			if err := s.journal.Drop(s.victim); err != nil {
				return err
			}
			delete(s.ends, s.victim)
		}
	}
	return nil
}

// sacrificeLocked chooses the segment that goes, s.victim, and counts what of it
// was not sent. It reports false when there is none that may.
func (s *Spool) sacrificeLocked() bool {
	segments := slices.Sorted(maps.Keys(s.ends))
	i := slices.IndexFunc(segments, func(n uint64) bool { return s.ends[n] > s.state.first })
	if i < 0 {
		return false
	}
	current := s.journal.Segment()
	st := &s.state
	if !s.asked {
		s.victim = segments[i]
		if s.victim >= current {
			return false
		}
		st.dropped += s.ends[s.victim] - st.first
		st.first = s.ends[s.victim]
		st.fill()
		return true
	}
	// Whether those of the first one arrived is not known: the one behind it goes.
	if i++; i == len(segments) || segments[i] >= current {
		return false
	}
	s.victim = segments[i]
	edge := s.ends[segments[i-1]]
	if end, from := s.ends[s.victim], max(edge, st.hole.to); end > from {
		st.dropped += end - from
		st.hole = hole{edge, end}
	}
	return true
}
