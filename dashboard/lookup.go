package dashboard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/prometheus/common/model"

	"plimsoll/internal/metric"
)

func (s *Server) series(ctx context.Context, p params, _ *http.Request) (answer, error) {
	if len(p.Values["match[]"]) == 0 {
		return answer{}, badData(errors.New("no match[] parameter provided"))
	}
	sel, limit, err := p.selection()
	if err != nil {
		return answer{}, err
	}
	found, err := s.cfg.History.Series(ctx, sel)
	if err != nil {
		return answer{}, err
	}
	found, warnings := cut(found, limit)
	b, first := []byte{'['}, true
	for _, ls := range found {
		b = appendLabels(comma(b, &first), ls)
	}
	return answer{data: append(b, ']'), warnings: warnings}, nil
}

func (s *Server) labelNames(ctx context.Context, p params, _ *http.Request) (answer, error) {
	sel, limit, err := p.selection()
	if err != nil {
		return answer{}, err
	}
	names, err := s.cfg.History.LabelNames(ctx, sel)
	return texts(names, limit, err)
}

func (s *Server) labelValues(ctx context.Context, p params, r *http.Request) (answer, error) {
	name := r.PathValue("name")
	if !model.UTF8Validation.IsValidLabelName(name) {
		return answer{}, badData(fmt.Errorf("invalid label name: %q", name))
	}
	sel, limit, err := p.selection()
	if err != nil {
		return answer{}, err
	}
	values, err := s.cfg.History.LabelValues(ctx, name, sel)
	return texts(values, limit, err)
}

// texts answers with sorted strings, at most limit of them.
func texts(list []string, limit int, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	sorted := append([]string{}, list...)
	slices.Sort(sorted)
	sorted, warnings := cut(sorted, limit)
	return answer{data: encode(sorted), warnings: warnings}, nil
}

// cut shortens list to limit, when there is one, and says so.
func cut[T any](list []T, limit int) ([]T, []string) {
	if limit > 0 && len(list) > limit {
		return list[:limit], []string{truncated}
	}
	return list, nil
}

// metadata answers {"name":[{"type":…,"help":…,"unit":…}]}.
func (s *Server) metadata(_ context.Context, p params, _ *http.Request) (answer, error) {
	limit, err1 := p.count("limit", -1)
	perMetric, err2 := p.count("limit_per_metric", 0)
	if err := errors.Join(err1, err2); err != nil {
		return answer{}, badData(err)
	}
	found := map[string][]metric.Meta{}
	if s.cfg.Metadata == nil {
		return answer{data: encode(found)}, nil
	}
	for _, m := range s.cfg.Metadata() {
		list, known := found[m.Name]
		switch {
		case p.Has("metric") && p.Get("metric") != "" && p.Get("metric") != m.Name:
		case !known && limit >= 0 && len(found) >= limit:
		case perMetric > 0 && len(list) >= perMetric:
		case slices.Contains(list, m):
		default:
			found[m.Name] = append(list, m)
		}
	}
	return answer{data: encode(found)}, nil
}
