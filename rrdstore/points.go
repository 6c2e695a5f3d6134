package rrdstore

import (
	"math"

	"plimsoll/rrdstore/rrdfile"
)

// points are updates of an archive, oldest first: of each its instant, then its
// values. An instant in ms is exact in a float64 until the year 287,000.
type points struct {
	width int // values of each
	rows  []float64
}

func (p *points) len() int { return len(p.rows) / (p.width + 1) }

// size is how many values there are in all.
func (p *points) size() int { return p.len() * p.width }

func (p *points) at(i int) int64 { return int64(p.rows[i*(p.width+1)]) }

func (p *points) values(i int) []float64 {
	n := p.width + 1
	return p.rows[i*n+1 : (i+1)*n : (i+1)*n]
}

func (p *points) clone() points {
	return points{p.width, append([]float64(nil), p.rows...)}
}

// push appends a point; without values it is unknown.
func (p *points) push(at int64, values ...float64) {
	p.grow()
	p.rows = append(p.rows, float64(at))
	if len(values) == 0 {
		for range p.width {
			p.rows = append(p.rows, math.NaN())
		}
	}
	p.rows = append(p.rows, values...)
}

// grow makes room for one more point, and for a quarter of what there is: points
// wait in each archive, and to double the room would leave half of it unused.
func (p *points) grow() {
	const least = 8 // numbers: what takes less is not worth a move
	n := len(p.rows)
	if cap(p.rows)-n > p.width {
		return
	}
	grown := make([]float64, n, n+max(n/4, p.width+1, least))
	copy(grown, p.rows)
	p.rows = grown
}

// drop removes the oldest n points, in new memory so that a burst is not kept.
func (p *points) drop(n int) {
	p.rows = append([]float64(nil), p.rows[n*(p.width+1):]...)
}

// since returns the points after an instant, for rrdfile.
func (p *points) since(after int64) []rrdfile.Point {
	var out []rrdfile.Point
	for i := range p.len() {
		if at := p.at(i); at > after {
			out = append(out, rrdfile.Point{At: at, Values: p.values(i)})
		}
	}
	return out
}
