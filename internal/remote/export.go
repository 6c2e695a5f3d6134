package remote

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/internal/metric"
)

// exported is one line of VictoriaMetrics' export: points of a series.
type exported struct {
	Metric     map[string]string `json:"metric"`
	Values     []exportedValue   `json:"values"`
	Timestamps []int64           `json:"timestamps"`
}

// exportedValue is a number; null stands for a stale marker, and infinities are
// texts.
type exportedValue float64

// UnmarshalJSON implements json.Unmarshaler.
func (v *exportedValue) UnmarshalJSON(b []byte) error {
	switch string(b) {
	case "null":
		*v = exportedValue(math.Float64frombits(value.StaleNaN))
		return nil
	case `"Infinity"`:
		*v = exportedValue(math.Inf(1))
		return nil
	case `"-Infinity"`:
		*v = exportedValue(math.Inf(-1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(v))
}

// export asks VictoriaMetrics for raw samples. It gives one line for each block
// of a series, in any order, and each copy of a block.
func (r *Reader) export(ctx context.Context, g *gathered, ms []*labels.Matcher) error {
	f := form(g.mint, g.maxt, ms)
	f.Set("reduce_mem_usage", "1")
	resp, err := r.do(ctx, http.MethodPost, r.cfg.readURL("export"), strings.NewReader(f.Encode()),
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}})
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	lines := bufio.NewReaderSize(resp.Body, 256<<10)
	for {
		line, err := readLine(lines)
		if len(line) > 0 {
			if err := g.line(line); err != nil {
				return fmt.Errorf("export: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
}

// readLine returns the next line, which may be longer than the buffer but no
// longer than a frame.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(line), err
		}
		if len(line) > maxFrameBytes {
			return nil, fmt.Errorf("%w: a line of more than %d bytes", errMessage, maxFrameBytes)
		}
	}
}

func (g *gathered) line(b []byte) error {
	var e exported
	if err := json.Unmarshal(b, &e); err != nil {
		return fmt.Errorf("line %.200q: %w", b, err)
	}
	if len(e.Values) != len(e.Timestamps) {
		return fmt.Errorf("%w: %d values at %d instants", errMessage, len(e.Values), len(e.Timestamps))
	}
	s := g.of(labels.FromMap(e.Metric))
	for i, v := range e.Values {
		if err := g.add(s, metric.Point{At: e.Timestamps[i], Value: float64(v)}); err != nil {
			return err
		}
	}
	return nil
}
