package spool

import (
	"fmt"
	"maps"
	"slices"
)

// Delivered says that all that was appended so far for instants up to boundary,
// in Unix ms, is safe in the store. Segments that hold nothing else are dropped.
// On an error what is safe may be replayed once more.
func (s *Spool) Delivered(boundary int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	for n, latest := range s.open {
		if latest <= boundary {
			s.open[n] = done
		}
	}
	if s.open[s.segment] == done && s.encoder.written >= worthRetelling*s.encoder.told {
		s.endSegmentLocked()
	}
	err := s.dropLocked()
	if err == nil && len(s.open) > 0 {
		err = s.markLocked(boundary)
	}
	if err != nil {
		return fmt.Errorf("note delivery up to %d: %w", boundary, err)
	}
	return nil
}

// worthRetelling is how many times its names a segment must hold before it is
// ended because all in it was delivered: the names will be written again.
const worthRetelling = 16

// markLocked writes what Delivered said, for a Replay of what is left.
func (s *Spool) markLocked(boundary int64) error {
	s.mark = appendMark(s.mark[:0], boundary)
	if err := s.makeRoomLocked(int64(len(s.mark))); err != nil {
		return err
	}
	segment := s.journal.Segment()
	if err := s.journal.Append(s.mark); err != nil {
		return err
	}
	s.noteLocked(segment, done)
	return nil
}

// dropLocked drops the oldest segments, as long as they are done.
func (s *Spool) dropLocked() error {
	for _, n := range s.segmentsLocked() {
		if s.open[n] != done || n == s.segment {
			return nil
		}
		if err := s.dropOneLocked(n); err != nil {
			return err
		}
	}
	return nil
}

// makeRoomLocked drops the oldest segments until a record of n bytes fits.
func (s *Spool) makeRoomLocked(n int64) error {
	if n > s.cfg.MaxBytes/recordShare {
		return fmt.Errorf("%w: %d bytes", ErrTooBig, n)
	}
	if s.journal.Bytes()+n+frameBytes <= s.cfg.MaxBytes {
		return nil
	}
	for _, oldest := range s.segmentsLocked() {
		if oldest == s.segment || s.journal.Bytes()+n+frameBytes <= s.cfg.MaxBytes {
			return nil
		}
		if s.open[oldest] != done {
			s.stats.Dropped++
		}
		if err := s.dropOneLocked(oldest); err != nil {
			return err
		}
	}
	return nil
}

func (s *Spool) dropOneLocked(oldest uint64) error {
	if err := s.journal.DropBelow(oldest + 1); err != nil {
		return err
	}
	delete(s.open, oldest)
	return nil
}

// segmentsLocked returns the numbers of the segments on disk, oldest first.
func (s *Spool) segmentsLocked() []uint64 { return slices.Sorted(maps.Keys(s.open)) }
