package spool

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/internal/wire"
)

var errRecord = errors.New("not a record of samples")

// encoder writes records. It is used under the spool's mutex.
type encoder struct{ labels, sketch, body, packed, record []byte }

// add appends a sample to the record that is being made.
func (e *encoder) add(s *metric.Sample) error {
	e.labels = wire.AppendLabels(e.labels[:0], s.Labels)
	e.body = wire.AppendString(append(e.body, byte(s.Kind)), e.labels)
	e.body = binary.AppendVarint(binary.AppendVarint(e.body, s.At), s.Start)
	if s.Kind != metric.Timing {
		e.body = wire.AppendFloat(e.body, s.Value)
		return nil
	}
	var err error
	if e.sketch, err = s.Sketch.AppendBinary(e.sketch[:0]); err != nil {
		return fmt.Errorf("encode sketch of %s: %w", s.Labels, err)
	}
	e.body = wire.AppendString(e.body, e.sketch)
	return nil
}

// finish returns the record of the n samples that were added, the first of
// which has the number first.
func (e *encoder) finish(first uint64, n int) []byte {
	e.packed = snappy.Encode(e.packed[:cap(e.packed)], e.body)
	e.record = binary.AppendUvarint(e.record[:0], first)
	e.record = binary.AppendUvarint(e.record, uint64(n))
	e.record = append(e.record, e.packed...)
	e.body = e.body[:0]
	if cap(e.body) > keptBytes {
		*e = encoder{record: e.record} // one huge batch must not hold its memory for ever
	}
	return e.record
}

// keptBytes bounds the memory that is used again.
const keptBytes = 1 << 20

// head is what stands before the packed part of a record.
type head struct {
	first uint64
	n     int
}

func (h head) end() uint64 { return h.first + uint64(h.n) }

func readHead(record []byte) (head, []byte, error) {
	first, a := binary.Uvarint(record)
	if a <= 0 {
		return head{}, nil, fmt.Errorf("%w: %d bytes", errRecord, len(record))
	}
	n, b := binary.Uvarint(record[a:])
	if b <= 0 || n == 0 || n > maxRecordSamples {
		return head{}, nil, fmt.Errorf("%w: %d samples", errRecord, n)
	}
	return head{first, int(n)}, record[a+b:], nil
}

// maxRecordSamples is above what any record has.
const maxRecordSamples = 1 << 24

// decoder reads records. It remembers label sets, because the same ones come
// again each time. It has one owner.
type decoder struct {
	body []byte
	made map[string]labels.Labels
}

// maxMade bounds the label sets that are remembered.
const maxMade = 20_000

// samples appends those of a packed part to out, from number skip of it on.
func (d *decoder) samples(out []metric.Sample, h head, packed []byte, skip int) ([]metric.Sample, error) {
	body, err := snappy.Decode(d.body[:cap(d.body)], packed)
	if err != nil {
		return out, fmt.Errorf("%w: %w", errRecord, err)
	}
	if cap(body) <= keptBytes {
		d.body = body
	}
	w := wire.NewDecoder(body)
	for i := range h.n {
		s := d.sample(&w)
		if w.Err() != nil {
			break
		}
		if i >= skip {
			out = append(out, s)
		}
	}
	if err := w.End(); err != nil {
		return out, fmt.Errorf("%w: %w", errRecord, err)
	}
	return out, nil
}

func (d *decoder) sample(w *wire.Decoder) metric.Sample {
	s := metric.Sample{Kind: metric.Kind(w.Byte()), Labels: d.labels(w)}
	s.At, s.Start = w.Int(), w.Int()
	switch s.Kind {
	case metric.Timing:
		s.Sketch = new(sketch.Sketch)
		if err := s.Sketch.UnmarshalBinary(w.Bytes()); err != nil {
			w.FailWith(err)
		}
	case metric.Gauge, metric.Counter:
		s.Value = w.Float()
	default:
		w.Fail()
	}
	return s
}

func (d *decoder) labels(w *wire.Decoder) labels.Labels {
	b := w.Bytes()
	if l, known := d.made[string(b)]; known {
		return l
	}
	inner := wire.NewDecoder(b)
	l := inner.Labels()
	if err := inner.End(); err != nil {
		w.FailWith(err)
		return l
	}
	if d.made == nil || len(d.made) >= maxMade {
		d.made = map[string]labels.Labels{}
	}
	d.made[string(b)] = l
	return l
}
