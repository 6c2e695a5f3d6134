package backlog

import (
	"fmt"
	"iter"
	"math"

	"plimsoll/internal/wire"
	"plimsoll/rrdstore/rrdfile"
)

// View is the points that a Buffer held at one instant. It never changes.
type View struct {
	stream []byte
	n      int
	width  int
}

// Len is how many points there are.
func (v View) Len() int { return v.n }

// Stream is how the points are written; the caller must not change it.
func (v View) Stream() []byte { return v.stream }

// Parse reads n points of a stream that may be damaged.
func Parse(width, n int, stream []byte) (Buffer, error) {
	b := New(width)
	if n > len(stream) { // a point takes a byte at least
		return b, fmt.Errorf("%d points in %d bytes: %w", n, len(stream), wire.ErrField)
	}
	row := make([]float64, 2*width)
	r := reader{Decoder: wire.NewDecoder(stream), before: row[width:]}
	row = row[:width]
	for range n {
		if !r.next(row) {
			break
		}
		b.Push(r.at, row...)
	}
	if err := r.End(); err != nil {
		return New(width), fmt.Errorf("%d points in %d bytes: %w", n, len(stream), err)
	}
	return b, nil
}

// All yields the points, oldest first. The values are valid until the next.
func (v View) All() iter.Seq2[int64, []float64] {
	return func(yield func(int64, []float64) bool) {
		row := make([]float64, 2*v.width)
		r := reader{Decoder: wire.NewDecoder(v.stream), before: row[v.width:]}
		row = row[:v.width]
		for range v.n {
			if !r.next(row) || !yield(r.at, row) {
				return
			}
		}
	}
}

// Since returns the points after an instant, for rrdfile.
func (v View) Since(after int64) []rrdfile.Point {
	if v.n == 0 {
		return nil
	}
	w := v.width
	rows := make([]float64, (v.n+1)*w)
	r := reader{Decoder: wire.NewDecoder(v.stream), before: rows[v.n*w:]}
	out := make([]rrdfile.Point, 0, v.n)
	for range v.n {
		row := rows[:w:w]
		if !r.next(row) {
			break
		}
		if r.at > after {
			out = append(out, rrdfile.Point{At: r.at, Values: row})
			rows = rows[w:]
		}
	}
	return out
}

// Ends returns the instants of the first and the last point, 0 for none.
func (v View) Ends() (first, last int64) {
	i := 0
	for at := range v.All() {
		if i == 0 {
			first = at
		}
		last = at
		i++
	}
	return first, last
}

// reader reads the points of a stream one after the other.
type reader struct {
	wire.Decoder
	at, distance int64
	before       []float64 // the last known values
	begun        bool
}

// next reads a point into row; false means that there is none.
func (r *reader) next(row []float64) bool {
	head := r.Byte()
	if r.Err() != nil {
		return false
	}
	r.instant(head&changed != 0)
	head &^= changed
	if head == allUnknown {
		for i := range row {
			row[i] = math.NaN()
		}
		return r.Err() == nil
	}
	for i := range row {
		if i > 0 {
			head = r.Byte()
		}
		row[i] = r.value(head, i)
	}
	return r.Err() == nil
}

func (r *reader) instant(isChanged bool) {
	change := int64(0)
	if isChanged {
		change = r.Int()
	}
	if !r.begun {
		r.begun, r.at = true, change
		return
	}
	r.distance += change
	r.at += r.distance
}

// value reads a value of column i.
func (r *reader) value(head byte, i int) float64 {
	before := &r.before[i]
	switch f := form(head >> 3); {
	case head == same:
		return *before
	case head == unknown:
		return math.NaN()
	case head >= changed || f == 0 || f > noisyRate && head < xored:
		r.Fail()
		return 0
	case head >= xored:
		x := r.Little(int(head&7)+1) << (head & 0x38)
		*before = math.Float64frombits(math.Float64bits(*before) ^ x)
	default:
		*before = r.number(f, int(head&7), *before)
	}
	return *before
}

// number reads a value of form f whose rest has so many bytes.
func (r *reader) number(f form, size int, before float64) float64 {
	last, ok := f.number(before, r.distance)
	if !ok {
		last = 0
	}
	rest := r.Little(size)
	v := f.value(last+(int64(rest>>1)^-int64(rest&1)), r.distance)
	if f == noisyRate {
		v = math.Float64frombits(math.Float64bits(v) + uint64(r.Int()))
	}
	return v
}
