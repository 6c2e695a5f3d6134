package sketch

import (
	"math"
	"slices"
)

// Sketch is a mergeable distribution; its zero value is empty and ready.
type Sketch struct {
	moments

	exact   []entry // different values, in no order; unused once spilled
	spilled bool
	zero    float64
	pos     bins
	neg     *bins // by magnitude; nil until the first negative value
}

// Add counts the observation v weight times.
func (s *Sketch) Add(v, weight float64) {
	if !(weight > 0) || math.IsInf(weight, 0) || math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	s.add(v, weight)
	s.place(v, weight)
}

// AddAll counts each of the values once, for less than as many calls of Add: the
// moments of a batch need no division for each value.
func (s *Sketch) AddAll(values []float64) {
	sum := total(values)
	if len(values) == 0 || !finite(sum) { // some may be none that Add takes
		for _, v := range values {
			s.Add(v, 1)
		}
		return
	}
	n := float64(len(values))
	m := moments{count: n, sum: sum, mean: sum / n, min: values[0], max: values[0]}
	left := 0.0 // by the rounding of the mean
	for _, v := range values {
		if v < m.min {
			m.min = v
		}
		if v > m.max {
			m.max = v
		}
		d := v - m.mean
		m.m2 += d * d
		left += d
		if !s.spilled || v <= zeroThreshold || !s.pos.increment(bucketIndex(v)) {
			s.place(v, 1)
		}
	}
	m.mean += left / n
	m.m2 = max(0, m.m2-left*left/n)
	s.merge(&m)
}

// place counts v among the exact values or in its bucket.
func (s *Sketch) place(v, weight float64) {
	if s.spilled {
		s.bucket(v, weight)
		return
	}
	s.keep(v, weight)
}

// bucket counts v in its bucket.
func (s *Sketch) bucket(v, weight float64) {
	switch {
	case v > zeroThreshold:
		s.pos.add(bucketIndex(v), weight)
	case v < -zeroThreshold:
		if s.neg == nil {
			s.neg = new(bins)
		}
		s.neg.add(bucketIndex(-v), weight)
	default:
		s.zero += weight
	}
}

// Merge adds all that o holds; o is not changed, and must not be s.
func (s *Sketch) Merge(o *Sketch) {
	if o.count == 0 {
		return
	}
	s.merge(&o.moments)
	if !o.spilled {
		for _, e := range o.exact {
			s.place(e.value, e.weight)
		}
		return
	}
	s.spill()
	s.zero += o.zero
	s.pos.merge(&o.pos)
	if o.neg != nil {
		if s.neg == nil {
			s.neg = new(bins)
		}
		s.neg.merge(o.neg)
	}
}

// Clone returns an independent copy.
func (s *Sketch) Clone() *Sketch {
	c := *s
	c.exact = slices.Clone(s.exact)
	c.pos.data = slices.Clone(s.pos.data)
	if s.neg != nil {
		n := *s.neg
		n.data = slices.Clone(n.data)
		c.neg = &n
	}
	return &c
}

// Reset empties s and keeps the memory of its exact values or its buckets.
func (s *Sketch) Reset() { *s = Sketch{exact: s.exact[:0], pos: bins{data: s.pos.data[:0]}} }

// Count returns the sum of the weights.
func (s *Sketch) Count() float64 { return s.count }

// Sum returns the weighted sum.
func (s *Sketch) Sum() float64 { return s.sum }

// Mean returns Sum/Count, NaN when empty.
func (s *Sketch) Mean() float64 { return s.sum / s.count }

// Min returns the exact least observation, NaN when empty.
func (s *Sketch) Min() float64 { return s.orNaN(s.min) }

// Max returns the exact greatest observation, NaN when empty.
func (s *Sketch) Max() float64 { return s.orNaN(s.max) }

// Stddev returns the population standard deviation, NaN when empty.
func (s *Sketch) Stddev() float64 { return s.orNaN(math.Sqrt(max(0, s.m2/s.count))) }

func (s *Sketch) orNaN(v float64) float64 {
	if s.count == 0 {
		return math.NaN()
	}
	return v
}
