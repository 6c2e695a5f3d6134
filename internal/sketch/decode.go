package sketch

import (
	"encoding/binary"
	"math"
)

// decoder takes fields off the front of data; bad stays set from the first
// field that is missing or impossible.
type decoder struct {
	data []byte
	bad  bool
}

func (d *decoder) sketch(s *Sketch, form byte) {
	for _, f := range [...]*float64{&s.count, &s.sum, &s.mean, &s.m2, &s.min, &s.max} {
		*f = d.float()
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
		d.bad = true
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
	n := d.uvarint()
	if n == 0 || n > exactLimit {
		d.bad = true
	}
	for i := uint64(0); i < n && !d.bad; i++ {
		e := entry{d.float(), d.number()}
		if len(s.exact) > 0 && s.exact[len(s.exact)-1].value >= e.value || !finite(e.value) || !(e.weight > 0) {
			d.bad = true
		}
		s.exact = append(s.exact, e)
	}
	if !d.bad && (s.exact[0].value != s.min || s.exact[n-1].value != s.max) {
		d.bad = true
	}
}

// bins reads into b and reports whether there was anything to read.
func (d *decoder) bins(b *bins) bool {
	n := d.uvarint()
	if n > maxBins {
		d.bad = true
	}
	var first, i int64
	for k := uint64(0); k < n && !d.bad; k++ {
		if k == 0 {
			i = d.varint()
			first = i
		} else {
			gap := d.uvarint()
			d.bad = d.bad || gap == 0 || gap > maxBins
			i += int64(gap)
		}
		c := d.number()
		// Exponents of float64 bound the index, maxBins the distance.
		if d.bad || !(c > 0) || i < -1100*perOctave || i > 1025*perOctave || i-first >= maxBins {
			d.bad = true
			return false
		}
		b.add(int32(i), c)
	}
	return n > 0
}

func (d *decoder) byte() byte {
	if len(d.data) == 0 {
		d.bad = true
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b
}

func (d *decoder) float() float64 {
	if len(d.data) < 8 {
		d.bad = true
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(d.data))
	d.data = d.data[8:]
	return f
}

func (d *decoder) number() float64 {
	n := d.uvarint()
	if n&1 == 0 {
		return float64(n >> 1)
	}
	f := d.float()
	if n != 1 || !finite(f) || f < 0 {
		d.bad = true
	}
	return f
}

func (d *decoder) uvarint() uint64 {
	n, size := binary.Uvarint(d.data)
	return n * d.take(size)
}

func (d *decoder) varint() int64 {
	n, size := binary.Varint(d.data)
	return n * int64(d.take(size))
}

// take drops size bytes and returns 1, or 0 when there were none to drop.
func (d *decoder) take(size int) uint64 {
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.data = d.data[size:]
	return 1
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
