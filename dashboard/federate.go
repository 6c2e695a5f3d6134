package dashboard

import (
	"context"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// federate answers the newest values of what match[] selects in the text format,
// for another Prometheus to scrape. Their kind is not told.
func (s *Server) federate(w http.ResponseWriter, r *http.Request) {
	p, err := s.readParams(w, r)
	if err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.QueryTimeout)
	defer cancel()
	leave, err := s.places.take(ctx, true)
	if err != nil {
		s.fail(ctx, w, err)
		return
	}
	defer leave()
	families, err := s.newest(ctx, p)
	if err != nil {
		s.fail(ctx, w, err)
		return
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	w.Header().Set("Content-Type", string(format))
	w.Header().Set("Cache-Control", "no-store")
	to := expfmt.NewEncoder(w, format)
	for _, f := range families {
		if to.Encode(f) != nil {
			return // the client is gone
		}
	}
}

// newest returns the newest values of what is selected, by name.
func (s *Server) newest(ctx context.Context, p params) ([]*dto.MetricFamily, error) {
	if _, err := parseMatchers(p.Values["match[]"]); err != nil {
		return nil, badData(err)
	}
	var families []*dto.MetricFamily
	byName, seen := map[string]*dto.MetricFamily{}, map[string]bool{}
	for _, selector := range p.Values["match[]"] {
		res, err := s.cfg.History.Query(ctx, metric.Query{Expr: selector, Start: p.now, End: p.now})
		if err != nil {
			return nil, err
		}
		for _, one := range res.Series {
			key := one.Labels.String()
			if len(one.Points) == 0 || seen[key] {
				continue
			}
			seen[key] = true
			name := one.Labels.Get(metric.NameLabel)
			f := byName[name]
			if f == nil {
				f = &dto.MetricFamily{Name: &name, Type: dto.MetricType_UNTYPED.Enum()}
				byName[name] = f
				families = append(families, f)
			}
			f.Metric = append(f.Metric, untyped(one))
		}
	}
	return families, nil
}

func untyped(one metric.Series) *dto.Metric {
	p := one.Points[0]
	m := &dto.Metric{Untyped: &dto.Untyped{Value: &p.Value}, TimestampMs: &p.At}
	one.Labels.Range(func(l labels.Label) {
		if l.Name != metric.NameLabel {
			m.Label = append(m.Label, &dto.LabelPair{Name: &l.Name, Value: &l.Value})
		}
	})
	return m
}
