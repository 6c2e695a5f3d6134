package sketch

import (
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/histogram"
)

// ErrHistogram marks a native histogram that no Sketch can hold.
var ErrHistogram = errors.New("not a histogram that a sketch can hold")

// ToHistogram returns s as a native histogram of schema 6, a gauge: it is of one
// interval. Its ReduceResolution merges the buckets for those who want fewer.
// What is lost: exact values, Min, Max and Stddev. Count, Sum and the counts of
// all buckets are the same.
func (s *Sketch) ToHistogram() *histogram.FloatHistogram {
	if !s.spilled {
		s = s.Clone()
		s.spill()
	}
	h := &histogram.FloatHistogram{
		CounterResetHint: histogram.GaugeType,
		Schema:           schema, ZeroThreshold: zeroThreshold,
		ZeroCount: s.zero, Count: s.count, Sum: s.sum,
	}
	h.PositiveSpans, h.PositiveBuckets = s.pos.spans()
	if s.neg != nil {
		h.NegativeSpans, h.NegativeBuckets = s.neg.spans()
	}
	return h
}

// spans returns the buckets that hold something.
func (b *bins) spans() (spans []histogram.Span, buckets []float64) {
	next := int32(0) // behind the last bucket
	for i, n := range b.all {
		if len(spans) == 0 || i != next {
			spans = append(spans, histogram.Span{Offset: i - next})
		}
		spans[len(spans)-1].Length++
		buckets = append(buckets, n)
		next = i + 1
	}
	return spans, buckets
}

// maxCount bounds what a histogram may have counted, so that the sum of as many as
// are ever merged is finite: an infinite one has no encoding.
const maxCount = 1e18

// FromHistogram returns a native histogram as a sketch. Each bucket counts as
// its geometric middle: so the error of quantiles is that of the histogram's
// schema, and at least ours, and Min, Max and Stddev are those of the middles.
// What lies in a zero bucket that is wider than ours is 0 from then on. Count is
// the sum of the buckets: it leaves out observations that were not a number.
// Custom buckets, counts that are negative or infinite, and more than maxCount
// observations are refused with ErrHistogram.
func FromHistogram(h *histogram.FloatHistogram) (*Sketch, error) {
	if h.UsesCustomBuckets() {
		return nil, fmt.Errorf("%w: custom buckets", ErrHistogram)
	}
	if err := h.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHistogram, err)
	}
	if h.Schema > schema {
		h = h.Copy()
		if err := h.ReduceResolution(schema); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHistogram, err)
		}
	}
	s := &Sketch{spilled: true}
	ok := s.takeBucket(0, h.ZeroCount) &&
		s.takeBuckets(-1, h.Schema, h.NegativeBucketIterator()) &&
		s.takeBuckets(1, h.Schema, h.PositiveBucketIterator())
	if !ok || !(s.count <= maxCount) || !finite(h.Sum) || s.count > 0 && !finite(h.Sum/s.count) {
		return nil, fmt.Errorf("%w: count %v, sum %v", ErrHistogram, h.Count, h.Sum)
	}
	if s.count == 0 {
		return new(Sketch), nil
	}
	s.sum, s.mean = h.Sum, h.Sum/s.count
	return s, nil
}

// Restore sets the least and the greatest observation and the standard deviation,
// which a native histogram does not have, and reports whether they can be so: an
// empty sketch, or numbers that make no sense, stay as they are.
func (s *Sketch) Restore(least, greatest, stddev float64) bool {
	m2 := stddev * stddev * s.count
	if s.count == 0 || !finite(least) || !finite(greatest) || !finite(m2) || least > greatest || stddev < 0 {
		return false
	}
	s.min, s.max, s.m2 = least, greatest, m2
	return true
}

// takeBuckets counts the buckets of one side, whose sign is given.
func (s *Sketch) takeBuckets(sign float64, from int32, it histogram.BucketIterator[float64]) bool {
	finer := int64(1) << (schema - from) // of our buckets in one of theirs
	for it.Next() {
		b := it.At()
		i := (int64(b.Index)-1)*finer + (finer+1)/2 // in the middle of it
		v := 0.0
		switch {
		case i > 1024*perOctave && b.Count != 0:
			return false // infinite observations
		case i > -1100*perOctave && i <= 1024*perOctave:
			v = sign * middle(int32(i))
		}
		if !s.takeBucket(v, b.Count) {
			return false
		}
	}
	return true
}

func (s *Sketch) takeBucket(v, n float64) bool {
	if !(n >= 0) || math.IsInf(n, 0) {
		return false
	}
	if n > 0 {
		s.add(v, n)
		s.bucket(v, n)
	}
	return true
}
