package remote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// entry is a sample as the journal has it: with all that is needed to send it.
type entry struct {
	metric.Sample
	// total is the running total of a counter after this sample, sum and count
	// those of a timing, and began where they stood at zero; 0: not known.
	total, sum, count float64
	began             int64
	// standAt is an instant between the last sample and this one at which the
	// source is known to have begun, and stood the total then; 0: none.
	standAt int64
	stood   float64
}

// The kinds of entries. The first three are metric.Kind's; a counter of which the
// total is the raw value, as its source began but once, is a plainCounter. An
// oldTiming is what versions before this one wrote.
const (
	gaugeEntry byte = iota
	plainCounter
	oldTiming
	counterEntry
	timingEntry
)

// headBytes is what stands before the compressed part of a record.
const headBytes = 12

var errRecord = errors.New("not a record of samples")

// head returns the number of a record and of its samples.
func head(record []byte) (seq uint64, samples int, err error) {
	if len(record) < headBytes {
		return 0, 0, fmt.Errorf("%w: %d bytes", errRecord, len(record))
	}
	return binary.LittleEndian.Uint64(record), int(binary.LittleEndian.Uint32(record[8:])), nil
}

// encodeRecord makes a record of entries.
func encodeRecord(seq uint64, entries []entry) ([]byte, error) {
	var body []byte
	var err error
	for _, e := range entries {
		if body, err = appendEntry(body, e); err != nil {
			return nil, err
		}
	}
	out := binary.LittleEndian.AppendUint64(nil, seq)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(entries)))
	return append(out, snappy.Encode(nil, body)...), nil
}

func appendEntry(b []byte, e entry) ([]byte, error) {
	kind := e.form()
	b = appendLabels(append(b, kind), e.Labels)
	for _, v := range [...]int64{e.At, e.Start, e.standAt} {
		b = binary.AppendVarint(b, v)
	}
	switch kind {
	case counterEntry:
		b = binary.AppendVarint(b, e.began)
		b = appendFloat(appendFloat(b, e.total), e.stood)
	case timingEntry:
		sk, err := e.Sketch.AppendBinary(nil)
		if err != nil {
			return nil, fmt.Errorf("encode sketch of %s: %w", e.Labels, err)
		}
		b = binary.AppendVarint(b, e.began)
		b = appendFloat(appendFloat(b, e.sum), e.count)
		return append(binary.AppendUvarint(b, uint64(len(sk))), sk...), nil
	}
	return appendFloat(b, e.Value), nil
}

// form is the shortest kind that holds all of an entry.
func (e entry) form() byte {
	switch {
	case e.Kind == metric.Timing:
		return timingEntry
	case e.Kind == metric.Gauge:
		return gaugeEntry
	case e.total == e.Value && e.began == e.Start && e.stood == 0:
		return plainCounter
	}
	return counterEntry
}

func appendLabels(b []byte, l labels.Labels) []byte {
	b = binary.AppendUvarint(b, uint64(l.Len()))
	l.Range(func(l labels.Label) { b = appendString(appendString(b, l.Name), l.Value) })
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

// decodeRecord is the other way of encodeRecord.
func decodeRecord(record []byte) (seq uint64, entries []entry, err error) {
	seq, n, err := head(record)
	if err != nil {
		return 0, nil, err
	}
	body, err := snappy.Decode(nil, record[headBytes:])
	if err != nil {
		return 0, nil, fmt.Errorf("%w: record %d: %w", errRecord, seq, err)
	}
	d := decoder{b: body}
	for range min(n, len(body)) {
		entries = append(entries, d.entry())
	}
	if d.err != nil || len(d.b) > 0 || len(entries) != n {
		return 0, nil, fmt.Errorf("%w: record %d of %d samples", errRecord, seq, n)
	}
	return seq, entries, nil
}

// decoder takes fields off the front of b; after the first error it yields zeros.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) entry() entry {
	var e entry
	kind := d.take(1)[0]
	e.Labels = d.labels()
	e.At, e.Start, e.standAt = d.int(), d.int(), d.int()
	switch kind {
	case gaugeEntry:
		e.Value = d.float()
	case plainCounter:
		e.Kind, e.Value = metric.Counter, d.float()
		e.total, e.began = e.Value, e.Start
	case counterEntry:
		e.Kind, e.began = metric.Counter, d.int()
		e.total, e.stood, e.Value = d.float(), d.float(), d.float()
	case oldTiming, timingEntry:
		d.timing(&e, kind)
	default:
		d.fail()
	}
	return e
}

func (d *decoder) timing(e *entry, kind byte) {
	e.Kind = metric.Timing
	if kind == timingEntry {
		e.began = d.int()
	}
	e.sum, e.count = d.float(), d.float()
	e.Sketch = new(sketch.Sketch)
	if err := e.Sketch.UnmarshalBinary(d.run()); err != nil {
		d.fail()
	}
}

func (d *decoder) fail() { d.b, d.err = nil, errRecord }

// take returns the next n bytes, or zeros.
func (d *decoder) take(n int) []byte {
	if n > len(d.b) {
		d.fail()
		return make([]byte, min(n, 8))
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

// run returns the next bytes that have their length in front.
func (d *decoder) run() []byte {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	return d.take(int(n))
}

func (d *decoder) uint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) float() float64 { return math.Float64frombits(binary.LittleEndian.Uint64(d.take(8))) }

func (d *decoder) labels() labels.Labels {
	n := d.uint()
	if n > uint64(len(d.b)) {
		d.fail()
		return labels.EmptyLabels()
	}
	pairs := make([]string, 0, 2*n)
	for range n {
		pairs = append(pairs, string(d.run()), string(d.run()))
	}
	return labels.FromStrings(pairs...)
}
