package remote

import (
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/encoding/protowire"
)

var errMessage = errors.New("not a message of the engine")

// fields calls f for each field of a protobuf message: with its bytes, or with
// its number, be it a varint or fixed.
func fields(b []byte, f func(n protowire.Number, v []byte, u uint64) error) error {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return fmt.Errorf("%w: %w", errMessage, protowire.ParseError(size))
		}
		b = b[size:]
		var v []byte
		var u uint64
		switch kind {
		case protowire.BytesType:
			v, size = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			u, size = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			u, size = protowire.ConsumeFixed64(b)
		default:
			size = protowire.ConsumeFieldValue(n, kind, b)
		}
		if size < 0 {
			return fmt.Errorf("%w: field %d: %w", errMessage, n, protowire.ParseError(size))
		}
		b = b[size:]
		if err := f(n, v, u); err != nil {
			return err
		}
	}
	return nil
}

// decodeLabels reads the labels of a series, its field 1:
//
//	Label { string name = 1; string value = 2 }
func decodeLabels(series []byte) (labels.Labels, error) {
	b := labels.NewScratchBuilder(8)
	err := fields(series, func(n protowire.Number, v []byte, _ uint64) error {
		if n != 1 {
			return nil
		}
		var name, value string
		err := fields(v, func(n protowire.Number, v []byte, _ uint64) error {
			switch n {
			case 1:
				name = string(v)
			case 2:
				value = string(v)
			}
			return nil
		})
		b.Add(name, value)
		return err
	})
	b.Sort()
	return b.Labels(), err
}
