package sketch

import (
	"math"

	"plimsoll/internal/wire"
)

// decoder reads the parts of a sketch.
type decoder struct{ wire.Decoder }

func (d *decoder) sketch(s *Sketch, form byte) {
	for _, f := range [...]*float64{&s.count, &s.sum, &s.mean, &s.m2, &s.min, &s.max} {
		*f = d.Float()
	}
	if form == formExact {
		d.exact(s)
	} else {
		s.spilled = true
		s.zero = d.number()
		d.bins(&s.pos)
		if neg := new(bins); d.bins(neg) {
			s.neg = neg
		}
	}
	if total := s.total(); !(s.count > 0) || math.IsInf(s.count, 0) || !finite(s.min) || !finite(s.max) ||
		s.min > s.max || !(math.Abs(total-s.count) <= 1e-6*s.count) {
		d.Fail()
	}
}

// total is the weight of all that is kept, which Count must match.
func (s *Sketch) total() float64 {
	t := s.zero
	for _, e := range s.exact {
		t += e.weight
	}
	for _, c := range s.pos.all {
		t += c
	}
	if s.neg != nil {
		for _, c := range s.neg.all {
			t += c
		}
	}
	return t
}

func (d *decoder) exact(s *Sketch) {
	n := d.Uint()
	if n == 0 || n > exactLimit {
		d.Fail()
	}
	for i := uint64(0); i < n && d.Err() == nil; i++ {
		e := entry{d.Float(), d.number()}
		if len(s.exact) > 0 && s.exact[len(s.exact)-1].value >= e.value || !finite(e.value) || !(e.weight > 0) {
			d.Fail()
		}
		s.exact = append(s.exact, e)
	}
	if d.Err() == nil && (s.exact[0].value != s.min || s.exact[n-1].value != s.max) {
		d.Fail()
	}
}

// bins reads into b and reports whether there was anything to read.
func (d *decoder) bins(b *bins) bool {
	n := d.Uint()
	if n > maxBins {
		d.Fail()
	}
	var first, i int64
	for k := uint64(0); k < n && d.Err() == nil; k++ {
		if k == 0 {
			i = d.Int()
			first = i
		} else {
			gap := d.Uint()
			if gap == 0 || gap > maxBins {
				d.Fail()
			}
			i += int64(gap)
		}
		c := d.number()
		// Exponents of float64 bound the index, maxBins the distance.
		if d.Err() != nil || !(c > 0) || i < -1100*perOctave || i > 1025*perOctave || i-first >= maxBins {
			d.Fail()
			return false
		}
		b.add(int32(i), c)
	}
	return n > 0
}

func (d *decoder) number() float64 {
	n := d.Uint()
	if n&1 == 0 {
		return float64(n >> 1)
	}
	f := d.Float()
	if n != 1 || !finite(f) || f < 0 {
		d.Fail()
	}
	return f
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
