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
	// zeroAt is where a counter, or the totals of a timing, are known to have
	// stood at zero and no sample says so; 0: nowhere.
	zeroAt int64
	// sum and count are the running totals of a timing after this sample.
	sum, count float64
}

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
	b = appendLabels(append(b, byte(e.Kind)), e.Labels)
	for _, v := range [...]int64{e.At, e.Start, e.zeroAt} {
		b = binary.AppendVarint(b, v)
	}
	if e.Kind != metric.Timing {
		return appendFloat(b, e.Value), nil
	}
	sk, err := e.Sketch.AppendBinary(nil)
	if err != nil {
		return nil, fmt.Errorf("encode sketch of %s: %w", e.Labels, err)
	}
	b = appendFloat(appendFloat(b, e.sum), e.count)
	return append(binary.AppendUvarint(b, uint64(len(sk))), sk...), nil
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
	e.Kind = metric.Kind(d.take(1)[0])
	e.Labels = d.labels()
	e.At, e.Start, e.zeroAt = d.int(), d.int(), d.int()
	if e.Kind != metric.Timing {
		e.Value = d.float()
		return e
	}
	e.sum, e.count = d.float(), d.float()
	e.Sketch = new(sketch.Sketch)
	if err := e.Sketch.UnmarshalBinary(d.run()); err != nil {
		d.fail()
	}
	return e
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
