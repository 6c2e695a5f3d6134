package rrdstore

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"github.com/golang/snappy"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// The kinds of journal records: the first byte of each. doc.go draws them.
const (
	recordBatch   = 'b'
	recordClose   = 'C'
	recordHeaders = 'h'
	recordSynced  = 'S'
	recordAside   = 'A'
	recordRetired = 'R'
	recordRaised  = 'T'
	recordShelved = 'D'
	recordWoken   = 'U'

	// Written by the version before.
	recordWideBatch   = 'B'
	recordWideHeaders = 'H'
)

// entry is one accepted sample and its series.
type entry struct {
	series *series
	at     int64
	start  int64
	value  float64
	sketch *sketch.Sketch
}

const (
	kindBits   = 2
	defineFlag = 1
)

// encodeBatch writes accepted samples; the labels of a series stand beside its
// first sample in each segment, so that a segment can be read by itself. It
// marks them as told. The record is appended to room.
func encodeBatch(room []byte, entries []entry, segment uint64) ([]byte, error) {
	e := encoder{b: slices.Grow(room, 16*len(entries))}
	e.byte(recordBatch)
	e.uint(uint64(len(entries)))
	at, next := int64(0), int64(0)
	for i := range entries {
		n := &entries[i]
		sr := n.series
		define := sr.defined != segment
		head := zigzag(int64(sr.ref)-next)<<(kindBits+1) | uint64(sr.kind)<<1
		if define {
			head |= defineFlag
			sr.defined = segment
		}
		e.uint(head)
		if define {
			e.labels(sr.labels)
		}
		e.int(n.at - at)
		at, next = n.at, int64(sr.ref)+1
		e.entryValue(n)
	}
	return e.b, e.err
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (e *encoder) entryValue(n *entry) {
	if n.series.kind == metric.Timing {
		e.sketch(n.sketch)
		return
	}
	if n.series.kind == metric.Counter {
		e.int(n.start)
	}
	e.uint(bits.ReverseBytes64(math.Float64bits(n.value)))
}

// batchReader reads the samples of a batch.
type batchReader struct {
	// find turns a reference, and labels where they are told, into a series, nil
	// for one that is not known.
	find  func(ref uint64, kind metric.Kind, d *decoder, define bool) *series
	apply func(entry)
	wide  bool // of the version before
}

// decode calls apply for each sample of a batch.
func (r batchReader) decode(b []byte) error {
	d := newDecoder(b)
	n := d.Count()
	at, next := int64(0), int64(0)
	for range n {
		head := d.Uint()
		kind := metric.Kind(head >> 1 & (1<<kindBits - 1))
		ref := head >> (kindBits + 1)
		if !r.wide {
			ref = uint64(next + unzigzag(ref))
			next = int64(ref) + 1
		}
		sr := r.find(ref, kind, &d, head&defineFlag != 0)
		at += d.Int()
		got := entry{series: sr, at: at}
		r.value(&d, &got, kind)
		if d.Err() != nil {
			return fmt.Errorf("read batch: %w", d.Err())
		}
		if sr != nil {
			r.apply(got)
		}
	}
	return d.Err()
}

func (r batchReader) value(d *decoder, n *entry, kind metric.Kind) {
	if kind == metric.Timing {
		n.sketch = d.sketch()
		return
	}
	if kind == metric.Counter {
		n.start = d.Int()
	}
	if r.wide {
		n.value = d.Float()
		return
	}
	n.value = math.Float64frombits(bits.ReverseBytes64(d.Uint()))
}

func encodeClose(limit int64) []byte {
	e := encoder{}
	e.byte(recordClose)
	e.int(limit)
	return e.b
}

func encodeAside(path string) []byte {
	e := encoder{}
	e.byte(recordAside)
	e.string(path)
	return e.b
}

// savedHeader is a file's header as it was before an update.
type savedHeader struct {
	path   string
	header []byte
}

// headerRoom is memory for the next record of headers, which is long.
type headerRoom struct{ plain, packed []byte }

// encode packs headers: they are zeros for the most part, and their paths begin
// alike. The record stays until the next call.
func (r *headerRoom) encode(saved []savedHeader) []byte {
	e := encoder{b: r.plain[:0]}
	e.uint(uint64(len(saved)))
	for _, h := range saved {
		e.string(h.path)
		e.bytes(h.header)
	}
	r.plain = e.b
	most := 1 + snappy.MaxEncodedLen(len(e.b))
	r.packed = slices.Grow(r.packed[:0], most)[:most]
	r.packed[0] = recordHeaders
	return r.packed[:1+len(snappy.Encode(r.packed[1:], e.b))]
}

// packedAtMost is how many times longer what snappy packed can be: a copy of 64
// bytes takes three. What claims more is not unpacked.
const packedAtMost = 22

// unpackHeaders gives back what was packed.
func unpackHeaders(b []byte) ([]byte, error) {
	if n, err := snappy.DecodedLen(b); err != nil || n > packedAtMost*len(b) {
		return nil, fmt.Errorf("unpack saved headers: %w", snappy.ErrCorrupt)
	}
	out, err := snappy.Decode(nil, b)
	if err != nil {
		return nil, fmt.Errorf("unpack saved headers: %w", err)
	}
	return out, nil
}

// decodeHeaders adds the headers of paths that have none yet: the oldest counts.
func decodeHeaders(b []byte, into map[string][]byte) error {
	d := newDecoder(b)
	for range d.Count() {
		path := d.String()
		header := append([]byte(nil), d.Bytes()...)
		if d.Err() != nil {
			return fmt.Errorf("read saved headers: %w", d.Err())
		}
		if into[path] == nil {
			into[path] = header
		}
	}
	return d.Err()
}
