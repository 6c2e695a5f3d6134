package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/metric"
)

const (
	defaultLines = 200 // of the history, and events
	maxLines     = 10_000
)

// own wraps a route of Plimsoll's own API: the value is the whole answer, and
// errors look as those of Prometheus' API do.
func (s *Server) own(handle func(context.Context, params) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), s.cfg.Limits.QueryTimeout)
		defer cancel()
		p, err := s.readParams(w, r)
		var v any
		if err == nil {
			v, err = handle(ctx, p)
		}
		if err != nil {
			s.fail(ctx, w, err)
			return
		}
		s.answer(w, r, v)
	}
}

// answer writes v as JSON.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		s.cfg.Report(fmt.Errorf("encode the answer to %s: %w", r.URL.Path, err))
		writeError(w, http.StatusInternalServerError, "internal", "the answer cannot be encoded; it was reported")
		return
	}
	writeJSON(w, r, body)
}

func (s *Server) alerts(context.Context, params) (any, error) {
	return map[string]any{"alerts": shownAlerts(s.cfg.Alerting.Alerts())}, nil
}

func (s *Server) history(ctx context.Context, p params) (any, error) {
	limit, err := p.count("limit", defaultLines)
	if err != nil {
		return nil, badData(err)
	}
	lines, err := s.cfg.Alerting.History(ctx, min(limit, maxLines))
	return map[string]any{"history": list(lines)}, err
}

func (s *Server) hosts(context.Context, params) (any, error) {
	return map[string]any{"hosts": list(s.cfg.Hosts())}, nil
}

// sources answers with who sends, and how old the data of each host is.
func (s *Server) sources(context.Context, params) (any, error) {
	if s.cfg.Sources == nil {
		return nil, errAbsent
	}
	return s.cfg.Sources(), nil
}

// retire takes a host out of the live view, of one job or of all.
func (s *Server) retire(_ context.Context, p params) (any, error) {
	if s.cfg.Retire == nil {
		return nil, errAbsent
	}
	instance := p.Get("instance")
	if instance == "" {
		return nil, badData(invalid("instance", errors.New("name a host")))
	}
	n := s.cfg.Retire(instance, p.Get("job"))
	if n == 0 {
		return nil, &apiError{"not_found", fmt.Errorf("no host %q is in the live view", instance)}
	}
	return map[string]any{"retired": n}, nil
}

func (s *Server) status(context.Context, params) (any, error) {
	if s.cfg.Status == nil {
		return nil, errAbsent
	}
	return s.cfg.Status(), nil
}

// flush has the store write what it buffers into the archives, for whoever wants
// to read the files themselves.
func (s *Server) flush(ctx context.Context, _ params) (any, error) {
	if s.cfg.Flush == nil {
		return nil, errAbsent
	}
	return map[string]any{}, s.cfg.Flush(ctx)
}

// fetch answers with the stored rows of archives. Defaults: AVERAGE, the finest
// resolution, the last hour.
func (s *Server) fetch(ctx context.Context, p params) (any, error) {
	if s.cfg.Fetch == nil {
		return nil, errAbsent
	}
	req, err := p.fetchRequest()
	if err != nil {
		return nil, badData(err)
	}
	leave, err := s.places.take(ctx, req.heavy())
	if err != nil {
		return nil, err
	}
	defer leave()
	return s.cfg.Fetch(ctx, req)
}

func (p params) fetchRequest() (FetchRequest, error) {
	req := FetchRequest{CF: strings.ToUpper(p.Get("cf"))}
	var errs [5]error
	if req.CF == "" {
		req.CF = "AVERAGE"
	}
	if !slices.Contains([]string{"AVERAGE", "MIN", "MAX", "LAST"}, req.CF) {
		errs[0] = invalid("cf", fmt.Errorf("%q is none of AVERAGE, MIN, MAX, LAST", p.Get("cf")))
	}
	sets, err := parseMatchers([]string{p.Get("match")})
	if err != nil {
		errs[1] = fmt.Errorf("invalid parameter %q: %w", "match", errors.Unwrap(err))
	} else {
		req.Matchers = sets[0]
	}
	if p.Get("resolution") != "" {
		req.Resolution, err = parseDuration(p.Get("resolution"))
		if err == nil && req.Resolution < 0 {
			err = errors.New("resolution must not be negative")
		}
		errs[2] = invalid("resolution", err)
	}
	req.End, errs[3] = p.instant("end", p.now)
	req.Start, errs[4] = p.instant("start", req.End.Add(-time.Hour))
	if errs[3] == nil && errs[4] == nil && req.End.Before(req.Start) {
		errs[3] = invalid("end", errors.New("end timestamp must not be before start time"))
	}
	return req, errors.Join(errs[:]...)
}

// shownAlerts returns alerts as JSON can have them: without values that are no
// numbers, as the +Inf of a division by zero.
func shownAlerts(alerts []metric.Alert) []metric.Alert {
	shown := slices.Clone(list(alerts))
	for i, a := range shown {
		if a.Value != nil && (math.IsNaN(*a.Value) || math.IsInf(*a.Value, 0)) {
			shown[i].Value = nil
		}
	}
	return shown
}

// list makes JSON's [] of an empty slice.
func list[T metric.Alert | metric.AlertEvent | metric.Event | metric.Host](of []T) []T {
	if of == nil {
		return []T{}
	}
	return of
}
