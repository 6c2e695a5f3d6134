package remote

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/golang/snappy"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/internal/wire"
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
	b = wire.AppendLabels(append(b, kind), e.Labels)
	for _, v := range [...]int64{e.At, e.Start, e.standAt} {
		b = binary.AppendVarint(b, v)
	}
	switch kind {
	case counterEntry:
		b = binary.AppendVarint(b, e.began)
		b = wire.AppendFloat(wire.AppendFloat(b, e.total), e.stood)
	case timingEntry:
		sk, err := e.Sketch.AppendBinary(nil)
		if err != nil {
			return nil, fmt.Errorf("encode sketch of %s: %w", e.Labels, err)
		}
		b = binary.AppendVarint(b, e.began)
		b = wire.AppendFloat(wire.AppendFloat(b, e.sum), e.count)
		return wire.AppendString(b, sk), nil
	}
	return wire.AppendFloat(b, e.Value), nil
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
	d := decoder{wire.NewDecoder(body)}
	for range min(n, len(body)) {
		entries = append(entries, d.entry())
	}
	if d.End() != nil || len(entries) != n {
		return 0, nil, fmt.Errorf("%w: record %d of %d samples", errRecord, seq, n)
	}
	return seq, entries, nil
}

// decoder reads entries, and totals.
type decoder struct{ wire.Decoder }

func (d *decoder) entry() entry {
	var e entry
	kind := d.Byte()
	e.Labels = d.Labels()
	e.At, e.Start, e.standAt = d.Int(), d.Int(), d.Int()
	switch kind {
	case gaugeEntry:
		e.Value = d.Float()
	case plainCounter:
		e.Kind, e.Value = metric.Counter, d.Float()
		e.total, e.began = e.Value, e.Start
	case counterEntry:
		e.Kind, e.began = metric.Counter, d.Int()
		e.total, e.stood, e.Value = d.Float(), d.Float(), d.Float()
	case oldTiming, timingEntry:
		d.timing(&e, kind)
	default:
		d.Fail()
	}
	return e
}

func (d *decoder) timing(e *entry, kind byte) {
	e.Kind = metric.Timing
	if kind == timingEntry {
		e.began = d.Int()
	}
	e.sum, e.count = d.Float(), d.Float()
	e.Sketch = new(sketch.Sketch)
	if err := e.Sketch.UnmarshalBinary(d.Bytes()); err != nil {
		d.Fail()
	}
}
