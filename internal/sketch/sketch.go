package sketch

import (
	"math"
	"slices"
)

// Sketch is a mergeable distribution; its zero value is empty and ready.
type Sketch struct {
	count, sum float64
	mean, m2   float64 // Welford's running mean and sum of squared deviations
	min, max   float64 // valid when count > 0

	exact   []entry // by value, ascending; unused once spilled
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
	s.observe(v, weight)
	if s.spilled {
		s.bucket(v, weight)
		return
	}
	s.keep(v, weight)
}

// observe brings v into the moments and the range.
func (s *Sketch) observe(v, weight float64) {
	switch {
	case s.count == 0:
		s.min, s.max = v, v
	case v < s.min:
		s.min = v
	case v > s.max:
		s.max = v
	}
	s.count += weight
	s.sum += v * weight
	delta := v - s.mean
	s.mean += delta * (weight / s.count)
	s.m2 += weight * delta * (v - s.mean)
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
	s.mergeMoments(o)
	if !o.spilled {
		for _, e := range o.exact {
			if s.spilled {
				s.bucket(e.value, e.weight)
			} else {
				s.keep(e.value, e.weight)
			}
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

func (s *Sketch) mergeMoments(o *Sketch) {
	if s.count == 0 {
		s.count, s.sum, s.mean, s.m2 = o.count, o.sum, o.mean, o.m2
		s.min, s.max = o.min, o.max
		return
	}
	n := s.count + o.count
	delta := o.mean - s.mean
	s.mean += delta * (o.count / n)
	s.m2 += o.m2 + delta*delta*s.count*(o.count/n)
	s.count = n
	s.sum += o.sum
	s.min = min(s.min, o.min)
	s.max = max(s.max, o.max)
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

// Reset empties s and keeps the memory of the exact values.
func (s *Sketch) Reset() { *s = Sketch{exact: s.exact[:0]} }

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
