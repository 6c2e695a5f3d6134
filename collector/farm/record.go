package farm

import (
	"encoding/binary"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/sketch"
	"plimsoll/internal/wire"
)

// The kinds of records.
const (
	arrivedRecord = 'A'
	closedRecord  = 'C'
)

// share is what one instance brings to a slot.
type share struct {
	labels    labels.Labels // without instance
	instance  uint64        // hash of it
	start, at int64
	sketch    *sketch.Sketch
}

func encodeShares(arrived int64, shares []share) ([]byte, error) {
	b := binary.AppendVarint([]byte{arrivedRecord}, arrived)
	b = binary.AppendUvarint(b, uint64(len(shares)))
	var inner []byte
	for _, s := range shares {
		inner = wire.AppendLabels(inner[:0], s.labels)
		b = binary.AppendUvarint(wire.AppendString(b, inner), s.instance)
		b = binary.AppendVarint(binary.AppendVarint(b, s.start), s.at)
		var err error
		if inner, err = s.sketch.AppendBinary(inner[:0]); err != nil {
			return nil, fmt.Errorf("encode sketch of %s: %w", s.labels, err)
		}
		b = wire.AppendString(b, inner)
	}
	return b, nil
}

// decodeRecord calls arrived or closed for what a record holds.
func decodeRecord(b []byte, arrived func(at int64, s share), closed func(at int64)) error {
	d := wire.NewDecoder(b)
	kind, at := d.Byte(), d.Int()
	switch kind {
	case closedRecord:
		if d.End() == nil {
			closed(at)
		}
	case arrivedRecord:
		var shares []share
		for range d.Count() {
			shares = append(shares, decodeShare(&d))
		}
		if d.End() == nil {
			for _, s := range shares {
				arrived(at, s)
			}
		}
	default:
		d.Fail()
	}
	return d.Err()
}

func decodeShare(d *wire.Decoder) share {
	inner := wire.NewDecoder(d.Bytes())
	s := share{labels: inner.Labels(), instance: d.Uint(), start: d.Int(), at: d.Int(), sketch: new(sketch.Sketch)}
	if err := inner.End(); err != nil {
		d.FailWith(err)
	}
	if err := s.sketch.UnmarshalBinary(d.Bytes()); err != nil {
		d.FailWith(err)
	}
	return s
}
