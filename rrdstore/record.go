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
	recordNames   = 'n'
	recordTwice   = '2'

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
		e.uint(n.head(next, segment))
		if sr.defined != segment {
			sr.defined = segment
			e.labels(sr.labels)
		}
		e.int(n.at - at)
		at, next = n.at, int64(sr.ref)+1
		e.entryValue(n)
	}
	return e.b, e.err
}

// head leads from the ref next to that of the sample's series, and tells its kind,
// and whether the segment does not have its labels yet.
func (n *entry) head(next int64, segment uint64) uint64 {
	head := zigzag(int64(n.series.ref)-next)<<(kindBits+1) | uint64(n.series.kind)<<1
	if n.series.defined != segment {
		head |= defineFlag
	}
	return head
}

// splitHead is the inverse of head.
func splitHead(head uint64, next int64) (ref uint64, kind metric.Kind, define bool) {
	kind = metric.Kind(head >> 1 & (1<<kindBits - 1))
	return uint64(next + unzigzag(head>>(kindBits+1))), kind, head&defineFlag != 0
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
		ref, kind, define := splitHead(head, next)
		if r.wide {
			ref = head >> (kindBits + 1)
		}
		next = int64(ref) + 1
		sr := r.find(ref, kind, &d, define)
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

// twice journals a record that must not be lost with one damaged place. Once is
// enough for it to count; what is read the second time is passed over.
func (s *Store) twice(record []byte) error {
	record = append([]byte{recordTwice}, record...)
	if err := s.journal.Append(record); err != nil {
		return err
	}
	_ = s.journal.Append(record) // without it the record is as safe as any other
	return nil
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

// unpack gives back what was packed.
func unpack(b []byte) ([]byte, error) {
	if n, err := snappy.DecodedLen(b); err != nil || n > packedAtMost*len(b) {
		return nil, fmt.Errorf("unpack a part of a record: %w", snappy.ErrCorrupt)
	}
	out, err := snappy.Decode(nil, b)
	if err != nil {
		return nil, fmt.Errorf("unpack a part of a record: %w", err)
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
