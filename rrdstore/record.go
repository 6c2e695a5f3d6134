package rrdstore

import (
	"fmt"
	"slices"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// The kinds of journal records: the first byte of each. doc.go draws them.
const (
	recordBatch   = 'B'
	recordClose   = 'C'
	recordHeaders = 'H'
	recordSynced  = 'S'
	recordAside   = 'A'
	recordRetired = 'R'
	recordRaised  = 'T'
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
	e := encoder{b: slices.Grow(room, 24*len(entries))}
	e.byte(recordBatch)
	e.uint(uint64(len(entries)))
	at := int64(0)
	for _, n := range entries {
		sr := n.series
		define := sr.defined != segment
		head := uint64(sr.ref)<<(kindBits+1) | uint64(sr.kind)<<1
		if define {
			head |= defineFlag
			sr.defined = segment
		}
		e.uint(head)
		if define {
			e.labels(sr.labels)
		}
		e.int(n.at - at)
		at = n.at
		e.entryValue(n)
	}
	return e.b, e.err
}

func (e *encoder) entryValue(n entry) {
	if n.series.kind == metric.Timing {
		e.sketch(n.sketch)
		return
	}
	if n.series.kind == metric.Counter {
		e.int(n.start)
	}
	e.float(n.value)
}

// decodeBatch calls apply for each sample of a batch. find turns a reference,
// and labels where they are told, into a series, nil for one that is not known.
func decodeBatch(b []byte, find func(ref uint64, kind metric.Kind, d *decoder, define bool) *series, apply func(entry)) error {
	d := newDecoder(b)
	n := d.Count()
	at := int64(0)
	for range n {
		head := d.Uint()
		kind := metric.Kind(head >> 1 & (1<<kindBits - 1))
		sr := find(head>>(kindBits+1), kind, &d, head&defineFlag != 0)
		at += d.Int()
		got := entry{series: sr, at: at}
		d.entryValue(&got, kind)
		if d.Err() != nil {
			return fmt.Errorf("read batch: %w", d.Err())
		}
		if sr != nil {
			apply(got)
		}
	}
	return d.Err()
}

func (d *decoder) entryValue(n *entry, kind metric.Kind) {
	if kind == metric.Timing {
		n.sketch = d.sketch()
		return
	}
	if kind == metric.Counter {
		n.start = d.Int()
	}
	n.value = d.Float()
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

func encodeHeaders(saved []savedHeader) []byte {
	e := encoder{}
	e.byte(recordHeaders)
	e.uint(uint64(len(saved)))
	for _, h := range saved {
		e.string(h.path)
		e.bytes(h.header)
	}
	return e.b
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
