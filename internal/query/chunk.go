package query

import (
	"errors"
	"fmt"

	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"plimsoll/internal/metric"
)

// ErrChunk marks bytes that are no chunk of Prometheus'.
var ErrChunk = errors.New("not a chunk")

// ChunkPoints decodes a chunk of Prometheus' storage, as remote read streams it.
// One of native histograms has no points.
func ChunkPoints(encoding byte, data []byte) (points []metric.Point, err error) {
	c, err := chunkenc.FromData(chunkenc.Encoding(encoding), data)
	if err != nil || len(data) < 2 {
		return nil, fmt.Errorf("%w of encoding %d with %d bytes", ErrChunk, encoding, len(data))
	}
	it := c.Iterator(nil)
	for kind := it.Next(); kind != chunkenc.ValNone; kind = it.Next() {
		if kind != chunkenc.ValFloat {
			return nil, nil
		}
		at, v := it.At()
		points = append(points, metric.Point{At: at, Value: v})
	}
	if err := it.Err(); err != nil {
		return nil, fmt.Errorf("%w of encoding %d: %w", ErrChunk, encoding, err)
	}
	return points, nil
}
