package history

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// exported reads what VictoriaMetrics' /api/v1/export writes.
type exported struct {
	r    *reading
	line exportedLine
}

type exportedLine struct {
	Metric     map[string]string `json:"metric"`
	Values     []number          `json:"values"`
	Timestamps []int64           `json:"timestamps"`
}

// number is one that JSON may lack: null, "NaN", "Infinity".
type number float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	s := string(b)
	switch s {
	case "null", `"NaN"`, `"nan"`:
		*n = number(math.NaN())
		return nil
	case `"Infinity"`, `"+Inf"`, `"Inf"`, `"inf"`:
		*n = number(math.Inf(1))
		return nil
	case `"-Infinity"`, `"-Inf"`, `"-inf"`:
		*n = number(math.Inf(-1))
		return nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return fmt.Errorf("value %q: %w", short(s), strconv.ErrSyntax)
	}
	*n = number(v)
	return nil
}

func (x *exported) begin([]byte) error { return nil }

func (x *exported) parse(line []byte) verdict {
	if len(line) == 0 {
		return verdict{}
	}
	x.line = exportedLine{Values: x.line.Values[:0], Timestamps: x.line.Timestamps[:0]}
	if err := json.Unmarshal(line, &x.line); err != nil {
		return bad("not of the format", "%v", err)
	}
	if len(x.line.Values) != len(x.line.Timestamps) {
		return bad("values without timestamps", "%d values, %d timestamps", len(x.line.Values), len(x.line.Timestamps))
	}
	for _, at := range x.line.Timestamps { // a line counts whole or not at all
		if at <= 0 || at > maxMillis {
			return bad("invalid time", "%d ms", at)
		}
	}
	b := labels.NewBuilder(labels.EmptyLabels())
	for name, value := range x.line.Metric {
		b.Set(name, value)
	}
	l := b.Labels()
	id, v := x.r.sorter.find(l, metric.KindOf(l.Get(metric.NameLabel)), false)
	if v.reason != "" {
		return v
	}
	for i, at := range x.line.Timestamps {
		x.r.sorter.value(id, at, float64(x.line.Values[i]))
	}
	return verdict{}
}
