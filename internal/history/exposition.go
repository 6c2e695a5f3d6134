package history

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"plimsoll/internal/metric"
)

// exposition reads the text formats of Prometheus, a line at a time: so a bad one
// spoils no other, and files may be of any size.
type exposition struct {
	r     *reading
	types map[string]model.MetricType
	buf   []byte
	table *labels.SymbolTable
}

func newExposition(r *reading) *exposition {
	return &exposition{r: r, types: map[string]model.MetricType{}, table: labels.NewSymbolTable()}
}

func (x *exposition) begin([]byte) error { return nil }

var eof = []byte("# EOF")

func (x *exposition) parse(line []byte) verdict {
	if len(line) == 0 || bytes.Equal(line, eof) {
		return verdict{}
	}
	x.buf = append(append(x.buf[:0], nameFirst(line)...), '\n')
	var p textparse.Parser
	if x.r.options.Format == OpenMetrics {
		x.buf = append(append(x.buf, eof...), '\n')
		p = textparse.NewOpenMetricsParser(x.buf, x.table)
	} else {
		p = textparse.NewPromParser(x.buf, x.table, false)
	}
	entry, err := p.Next()
	switch {
	case errors.Is(err, io.EOF):
		return verdict{}
	case err != nil:
		return bad("not of the format", "%v", err)
	case entry == textparse.EntryType:
		return x.declare(p.Type())
	case entry == textparse.EntrySeries:
		return x.sample(p)
	}
	return verdict{}
}

// nameFirst writes {__name__="up", …, as promtool tsdb dump has it, as up{….
func nameFirst(line []byte) []byte {
	rest, is := bytes.CutPrefix(line, []byte(`{__name__="`))
	name, rest, closed := bytes.Cut(rest, []byte{'"'})
	if !is || !closed || !model.LegacyValidation.IsValidMetricName(string(name)) {
		return line
	}
	rest = bytes.TrimPrefix(rest, []byte(", "))
	return append(append(append(make([]byte, 0, len(line)), name...), '{'), rest...)
}

// declare keeps the type of a family.
func (x *exposition) declare(name []byte, t model.MetricType) verdict {
	if len(x.types) >= x.r.options.MaxSeries {
		return bad("series limit", "more than %d families", x.r.options.MaxSeries)
	}
	x.types[string(name)] = t
	return verdict{}
}

func (x *exposition) sample(p textparse.Parser) verdict {
	var l labels.Labels
	p.Labels(&l)
	_, at, v := p.Series()
	if at == nil {
		return bad("no timestamp", "%s", l)
	}
	name := l.Get(metric.NameLabel)
	kind, created := x.kindOf(name)
	if created {
		x.r.skip("_created")
		return verdict{}
	}
	id, verdict := x.r.sorter.find(l, kind, false)
	if verdict.reason != "" {
		return verdict
	}
	return x.r.sorter.value(id, *at, v)
}

// kindOf looks up what was declared for the series of a name; its family may
// have the name without a suffix.
func (x *exposition) kindOf(name string) (kind metric.Kind, created bool) {
	t, known := x.types[name]
	suffix := ""
	for _, s := range []string{"_total", "_sum", "_count", "_bucket", "_created"} {
		if base, is := strings.CutSuffix(name, s); is && !known {
			t, known = x.types[base]
			suffix = s
		}
	}
	switch t {
	case model.MetricTypeCounter, model.MetricTypeHistogram:
		return metric.Counter, suffix == "_created"
	case model.MetricTypeSummary:
		if suffix == "" { // a quantile
			return metric.Gauge, false
		}
		return metric.Counter, suffix == "_created"
	case "", model.MetricTypeUnknown:
		return metric.KindOf(name), false
	}
	return metric.Gauge, false
}
