package spool

import "plimsoll/internal/metric"

// repeatSpan is for how long at least, in milliseconds of the samples' own time,
// the last sample of a series is known. A caller that crashed comes again within
// seconds of the newest.
const repeatSpan = 60_000

// maxRepeats bounds the series of a span.
const maxRepeats = 200_000

// repeats knows the newest samples of series, by the hash of their labels, of
// the present span and the one before.
type repeats struct {
	now, before map[uint64]int64
	began       int64  // when the present span did
	segment     uint64 // in which that is, and
	since       uint64 // in which the one before began
}

// last returns the instant of the last sample of a series, 0 if it is not known.
func (r *repeats) last(hash uint64) int64 {
	if last, is := r.now[hash]; is {
		return last
	}
	return r.before[hash]
}

// note remembers a sample that is in a segment.
func (r *repeats) note(s *metric.Sample, hash, segment uint64) {
	away := s.At >= r.began+repeatSpan || s.At < r.began-repeatSpan // the latter of a clock that was set back
	if r.now == nil || away || len(r.now) >= maxRepeats {
		r.before, r.now = r.now, make(map[uint64]int64, len(r.now))
		r.began, r.since, r.segment = s.At, r.segment, segment
	}
	r.now[hash] = max(s.At, r.now[hash])
}
