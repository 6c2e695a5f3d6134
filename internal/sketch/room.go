package sketch

// cover makes room for bucket i and returns its offset. Where that would be more
// than maxBins, the lowest collapse. The borders hang on the least and the
// greatest index alone, never on the order in which they came.
func (b *bins) cover(i int32) int {
	first := b.base >> chunkBits
	lo, hi := i>>chunkBits, i>>chunkBits
	if b.n > 0 {
		lo, hi = min(lo, first), max(hi, first+b.n-1)
	}
	lo = max(lo, hi-maxChunks+1)
	switch {
	case b.n == 0:
		b.begin(lo, hi)
	case lo > first:
		b.collapse(lo, hi)
	default: // it may also lie below what can be kept apart: then nothing is added
		b.extend(int(first-lo), int(hi-lo+1-b.n-(first-lo)))
	}
	return max(0, int(i)-int(b.base))
}

// begin covers the chunks from lo to hi, all empty, in memory that it has.
func (b *bins) begin(lo, hi int32) {
	b.base, b.n = lo<<chunkBits, hi-lo+1
	b.data = b.data[:0]
	b.insert(0, int(b.n)*headBytes)
}

// extend adds empty chunks at the ends.
func (b *bins) extend(before, behind int) {
	if before+behind == 0 {
		return
	}
	heads := int(b.n) * headBytes
	units := (len(b.data) - heads) / unitBytes
	b.insert(heads, behind*headBytes)
	b.insert(0, before*headBytes)
	b.base -= int32(before) << chunkBits
	b.n += int32(before + behind)
	for c := int(b.n) - behind; c < int(b.n); c++ {
		b.setHead(c, units, none)
	}
}

// collapse covers the chunks from lo to hi; what lies below goes to the lowest
// bucket.
func (b *bins) collapse(lo, hi int32) {
	old := *b
	*b = bins{}
	b.begin(lo, hi)
	for i, n := range old.all {
		b.addTo(max(0, int(i-b.base)), n)
	}
}

// widen makes the counters of chunk c wider, and moves all behind it.
func (b *bins) widen(c int, w width) {
	var counts [chunkBins]float64
	b.load(c, &counts)
	at, old := b.chunk(c)
	more := w.bytes() - old.bytes()
	b.insert(at+old.bytes(), more)
	heads := int(b.n) * headBytes
	b.setHead(c, (at-heads)/unitBytes, w)
	for later := c + 1; later < int(b.n); later++ {
		from, as := b.chunk(later)
		b.setHead(later, (from-heads+more)/unitBytes, as)
	}
	b.store(at, w, &counts)
}

// insert makes room for n zero bytes at an offset of data. New memory is as
// long as the allocator makes it anyway, and no longer.
func (b *bins) insert(at, n int) {
	size := len(b.data)
	if cap(b.data)-size < n {
		grown := append([]byte(nil), make([]byte, size+n)...)
		copy(grown, b.data[:at])
		copy(grown[at+n:], b.data[at:])
		b.data = grown
		return
	}
	b.data = b.data[:size+n]
	copy(b.data[at+n:], b.data[at:size])
	clear(b.data[at : at+n])
}
