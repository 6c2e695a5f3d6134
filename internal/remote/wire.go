package remote

import (
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/protobuf"
)

var errMessage = errors.New("not a message of the engine")

// whole returns an error if one of the messages that r read was malformed.
func whole(r *protobuf.Reader) error {
	if r.Err() != nil {
		return fmt.Errorf("%w: %w", errMessage, r.Err())
	}
	return nil
}

// decodeLabels reads the labels of a series, its field 1:
//
//	Label { string name = 1; string value = 2 }
func decodeLabels(r *protobuf.Reader, series []byte) labels.Labels {
	b := labels.NewScratchBuilder(8)
	for f := range r.Fields(series) {
		if !f.IsBytes(1) {
			continue
		}
		var name, value string
		for l := range r.Fields(f.Bytes) {
			switch {
			case l.IsBytes(1):
				name = string(l.Bytes)
			case l.IsBytes(2):
				value = string(l.Bytes)
			}
		}
		b.Add(name, value)
	}
	b.Sort()
	return b.Labels()
}
