package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore"
)

// History travels to the service in pieces, a line of JSON each: a part of the
// history of one series, oldest first.
//
//	{"labels":{"__name__":"c_total"},"kind":"counter","stand":17,"points":[[0,1700000000000,3],[…]]}
//	{"labels":{"__name__":"t_seconds"},"kind":"timing","points":[[1700000000000,1700000010000,"AAEC…"]]}
//
// A point is begin, end (ms, the begin 0 where it is not known) and value: of a
// gauge, of a counter what was counted in that time, of a timing its sketch in
// base64. stand is where a counter's
// source stood at the last, if it tells totals.

// piece is one line.
type piece struct {
	Labels map[string]string `json:"labels"`
	Kind   string            `json:"kind"`
	Stand  float64           `json:"stand,omitempty"`
	Points []piecePoint      `json:"points"`
}

type piecePoint rrdstore.PastPoint

// MarshalJSON implements json.Marshaler.
func (p piecePoint) MarshalJSON() ([]byte, error) {
	if p.Sketch == nil {
		return json.Marshal([]any{p.From, p.At, p.Value})
	}
	b, err := p.Sketch.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	return json.Marshal([]any{p.From, p.At, b})
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *piecePoint) UnmarshalJSON(data []byte) error {
	var raw [3]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	err := errors.Join(json.Unmarshal(raw[0], &p.From), json.Unmarshal(raw[1], &p.At))
	if err != nil || len(raw[2]) == 0 || raw[2][0] != '"' {
		return errors.Join(err, json.Unmarshal(raw[2], &p.Value))
	}
	var b []byte
	if err := json.Unmarshal(raw[2], &b); err != nil {
		return err
	}
	p.Sketch = new(sketch.Sketch)
	return p.Sketch.UnmarshalBinary(b)
}

const kindTiming = "timing"

func pieceOf(p rrdstore.Past) piece {
	out := piece{Labels: p.Labels.Map(), Kind: p.Kind.String(), Stand: p.Stand, Points: make([]piecePoint, len(p.Points))}
	if p.Kind == metric.Timing {
		out.Kind = kindTiming
	}
	for i, n := range p.Points {
		out.Points[i] = piecePoint(n)
	}
	return out
}

func (p piece) past() (rrdstore.Past, error) {
	out := rrdstore.Past{Labels: labels.FromMap(p.Labels), Stand: p.Stand}
	switch p.Kind {
	case kindTiming:
		out.Kind = metric.Timing
	case metric.Counter.String():
		out.Kind = metric.Counter
	case metric.Gauge.String():
	default:
		return out, fmt.Errorf("kind %q of %s: it is gauge, counter or timing", p.Kind, out.Labels)
	}
	at := int64(0)
	for _, n := range p.Points {
		switch {
		case n.At <= at || n.From >= n.At || n.From < 0:
			return out, fmt.Errorf("point of %s from %d to %d behind %d: times must ascend", out.Labels, n.From, n.At, at)
		case (n.Sketch == nil) == (out.Kind == metric.Timing):
			return out, fmt.Errorf("point of %s at %d: it is not of a %s", out.Labels, n.At, p.Kind)
		}
		at = n.At
		out.Points = append(out.Points, rrdstore.PastPoint(n))
	}
	return out, nil
}

// A batch of pieces is stored at once when it has so many points or series.
const (
	batchPoints = 50_000
	batchSeries = 500
)

// A line is bounded.
const (
	maxPiecePoints = 250_000
	maxPieceBytes  = 64 << 20
)

// imports stores the pieces of content.
func (m maintenance) imports(ctx context.Context, _ url.Values, content io.Reader, tell func(any)) (any, error) {
	var done rrdstore.Backfilled
	var batch []rrdstore.Past
	points := 0
	store := func() error {
		err := m.archives.Backfill(ctx, batch, &done)
		batch, points = nil, 0
		tell(done)
		return err
	}
	lines := bufio.NewScanner(content)
	lines.Buffer(nil, maxPieceBytes)
	for n := 1; lines.Scan(); n++ {
		p, err := readPiece(lines.Bytes())
		if err != nil {
			return nil, metric.Misasked(fmt.Errorf("piece %d: %w", n, err))
		}
		batch, points = append(batch, p), points+len(p.Points)
		if points >= batchPoints || len(batch) >= batchSeries {
			if err := store(); err != nil {
				return nil, err
			}
		}
	}
	return &done, errors.Join(store(), lines.Err())
}

func readPiece(line []byte) (rrdstore.Past, error) {
	var p piece
	if err := json.Unmarshal(line, &p); err != nil {
		return rrdstore.Past{}, err
	}
	if len(p.Points) > maxPiecePoints {
		return rrdstore.Past{}, fmt.Errorf("%d points, more than %d", len(p.Points), maxPiecePoints)
	}
	return p.past()
}
