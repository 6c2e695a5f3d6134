package backlog

import (
	"encoding/binary"
	"math"
	"slices"
)

// Buffer holds points, oldest first: of each its instant in ms, any int64, and
// its values. It has one owner; its Views have others.
type Buffer struct {
	// block is what the next point is written relative to, then the stream:
	//
	//	instant i64 │ distance i64 │ width × last known value f64 │ points …
	block []byte
	n     uint32
	width uint8
}

const instants = 16 // bytes of instant and distance

// New returns an empty buffer of points with so many values each, 1 to 255.
func New(width int) Buffer { return Buffer{width: uint8(width)} }

// Width is how many values a point has.
func (b *Buffer) Width() int { return int(b.width) }

// Len is how many points there are.
func (b *Buffer) Len() int { return int(b.n) }

// Bytes is the memory that the points take.
func (b *Buffer) Bytes() int { return cap(b.block) }

func (b *Buffer) head() int { return instants + 8*int(b.width) }

// View returns the points there are now.
func (b *Buffer) View() View {
	if b.n == 0 {
		return View{width: b.Width()}
	}
	end := len(b.block)
	return View{b.block[b.head():end:end], b.Len(), b.Width()}
}

// Push appends a point; without values it is unknown.
func (b *Buffer) Push(at int64, values ...float64) {
	if b.n == 0 {
		b.block = make([]byte, b.head(), 2*b.head()) // with room for a point
	}
	var room [128]byte // of most points
	b.append(b.encode(room[:0], at, values))
	b.n++
}

// encode appends a point to p and notes what the next one is relative to.
func (b *Buffer) encode(p []byte, at int64, values []float64) []byte {
	distance, change := b.advance(at)
	if !known(values) {
		return appendHead(p, code{head: allUnknown}, change)
	}
	for i, v := range values {
		last := b.block[instants+8*i:]
		c := encode(v, math.Float64frombits(binary.LittleEndian.Uint64(last)), distance)
		if i == 0 {
			p = appendHead(p, c, change)
		} else {
			p = append(p, c.head)
		}
		p = c.appendRest(p)
		if c.head != unknown {
			binary.LittleEndian.PutUint64(last, math.Float64bits(v))
		}
	}
	return p
}

// advance notes an instant and returns its distance to the one before, and how
// much that changed.
func (b *Buffer) advance(at int64) (distance, change int64) {
	i, d := b.block[:8], b.block[8:instants]
	before := int64(binary.LittleEndian.Uint64(i))
	binary.LittleEndian.PutUint64(i, uint64(at))
	if b.n == 0 {
		return 0, at
	}
	distance = at - before
	change = distance - int64(binary.LittleEndian.Uint64(d))
	binary.LittleEndian.PutUint64(d, uint64(distance))
	return distance, change
}

func known(values []float64) bool {
	for _, v := range values {
		if !math.IsNaN(v) {
			return true
		}
	}
	return false
}

// append makes room for a point, and for a quarter of what there is: points wait
// for each archive, and to double the room would leave half of it unused.
func (b *Buffer) append(p []byte) {
	if n := len(b.block); cap(b.block)-n < len(p) {
		b.block = append(slices.Grow([]byte(nil), n+max(len(p), n/4)), b.block...)
	}
	b.block = append(b.block, p...)
}

// Drop removes the oldest n points. What is left is written anew, so that the
// memory of a burst is not kept.
func (b *Buffer) Drop(n int) {
	v := b.View()
	*b = New(b.Width())
	if n >= v.Len() {
		return
	}
	for at, values := range v.All() {
		if n--; n < 0 {
			b.Push(at, values...)
		}
	}
}
