package dashboard

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/encoding/protowire"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Remote read lets another Prometheus ask here: samples are what it is answered
// with, never its chunks (prometheus/prometheus:prompb/remote.proto).
//
//	ReadRequest  { repeated Query queries = 1 }
//	Query        { start = 1; end = 2; repeated LabelMatcher matchers = 3; ReadHints hints = 4 }
//	LabelMatcher { type = 1; name = 2; value = 3 }
//	ReadHints    { step = 1; func = 2; start = 3; end = 4; … range = 7 }
//	ReadResponse { repeated QueryResult { repeated TimeSeries timeseries = 1 } results = 1 }
//	TimeSeries   { repeated Label { name = 1; value = 2 } labels = 1; repeated Sample { value = 1; timestamp = 2 } samples = 2 }

// remoteRead answers within the bounds of a heavy query.
func (s *Server) remoteRead(w http.ResponseWriter, r *http.Request) {
	if s.cfg.Samples == nil {
		notFound(w, r)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.QueryTimeout)
	defer cancel()
	queries, err := readQueries(http.MaxBytesReader(w, r.Body, maxReadRequest))
	if err != nil {
		s.fail(ctx, w, badData(err))
		return
	}
	leave, err := s.places.take(ctx, true)
	if err != nil {
		s.fail(ctx, w, err)
		return
	}
	defer leave()
	var out []byte
	left := maxAnswerPoints
	for _, q := range queries {
		result, err := s.samples(ctx, q, &left)
		if err != nil {
			s.fail(ctx, w, err)
			return
		}
		out = protowire.AppendBytes(protowire.AppendTag(out, 1, protowire.BytesType), result)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.Header().Set("Content-Encoding", "snappy")
	_, _ = w.Write(snappy.Encode(nil, out))
}

// samples answers one query with a QueryResult of at most left samples.
func (s *Server) samples(ctx context.Context, q remoteQuery, left *int) (out []byte, err error) {
	from, err := s.cfg.Samples.Querier(q.hints.Start, q.hints.End)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	set := from.Select(ctx, true, &q.hints, q.matchers...)
	for set.Next() {
		one := appendLabelPairs(nil, set.At().Labels())
		err := query.EachPoint(set.At(), func(p metric.Point) error {
			if *left--; *left < 0 {
				return fmt.Errorf("more than %d samples: %w", maxAnswerPoints, metric.ErrTooMuch)
			}
			one = appendSample(one, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
		out = protowire.AppendBytes(protowire.AppendTag(out, 1, protowire.BytesType), one)
	}
	return out, set.Err()
}

func appendLabelPairs(b []byte, ls labels.Labels) []byte {
	ls.Range(func(l labels.Label) {
		pair := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), l.Name)
		pair = protowire.AppendString(protowire.AppendTag(pair, 2, protowire.BytesType), l.Value)
		b = protowire.AppendBytes(protowire.AppendTag(b, 1, protowire.BytesType), pair)
	})
	return b
}

func appendSample(b []byte, p metric.Point) []byte {
	var room [24]byte
	sample := protowire.AppendFixed64(protowire.AppendTag(room[:0], 1, protowire.Fixed64Type), math.Float64bits(p.Value))
	sample = protowire.AppendVarint(protowire.AppendTag(sample, 2, protowire.VarintType), uint64(p.At))
	return protowire.AppendBytes(protowire.AppendTag(slices.Grow(b, len(sample)+2), 2, protowire.BytesType), sample)
}
