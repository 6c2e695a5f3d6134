package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

const truncated = "results truncated due to limit"

// maxAnswerPoints bounds the answer to one query: about 100 MB of JSON.
const maxAnswerPoints = 4_000_000

// resolutionHeader tells the step of the coarsest rows behind an answer, in
// seconds, where they are not the finest there are.
const resolutionHeader = "X-Plimsoll-Resolution"

// answer is the data of a good answer, already JSON, and what is to be said of it.
type answer struct {
	data            []byte
	warnings, infos []string
	resolution      time.Duration // of coarse rows; 0: the finest
}

// promHandler answers a route of Prometheus' API.
type promHandler func(context.Context, params, *http.Request) (answer, error)

// prom wraps a route of Prometheus' API that reads no samples.
func (s *Server) prom(handle promHandler) http.HandlerFunc { return s.weighed(light, handle) }

// weighed wraps a route of Prometheus' API: form in, envelope out, within the
// deadline and the bounds on parallel queries.
func (s *Server) weighed(heavy func(params) bool, handle promHandler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p, err := s.readParams(w, r)
		if err != nil {
			s.fail(r.Context(), w, err)
			return
		}
		timeout, err := p.timeout(s.cfg.Limits.QueryTimeout)
		if err != nil {
			s.fail(r.Context(), w, badData(err))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), timeout)
		defer cancel()
		leave, err := s.places.take(ctx, heavy(p))
		if err != nil {
			s.fail(ctx, w, err)
			return
		}
		a, err := func() (answer, error) {
			defer leave()
			return handle(ctx, p, r)
		}()
		if err != nil {
			s.fail(ctx, w, err)
			return
		}
		if a.resolution > 0 {
			w.Header().Set(resolutionHeader, fmt.Sprintf("%ds", a.resolution/time.Second))
		}
		writeJSON(w, r, envelope(a))
	}
}

// envelope puts an answer into Prometheus' envelope.
func envelope(a answer) []byte {
	b := append([]byte(`{"status":"success","data":`), a.data...)
	if len(a.warnings) > 0 {
		b = append(append(b, `,"warnings":`...), encode(a.warnings)...)
	}
	if len(a.infos) > 0 {
		b = append(append(b, `,"infos":`...), encode(a.infos)...)
	}
	return append(b, '}')
}

// readParams reads the URL and, of a POST, the form.
func (s *Server) readParams(w http.ResponseWriter, r *http.Request) (params, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return params{}, &apiError{"too_large", err}
		}
		return params{}, badData(err)
	}
	return params{r.Form, s.cfg.Now()}, nil
}

func (s *Server) query(ctx context.Context, p params, _ *http.Request) (answer, error) {
	at, err := p.instant("time", p.now)
	if err != nil {
		return answer{}, badData(err)
	}
	return s.ask(ctx, p, metric.Query{Expr: p.Get("query"), Start: at, End: at})
}

func (s *Server) queryRange(ctx context.Context, p params, _ *http.Request) (answer, error) {
	q, err := p.rangeQuery()
	if err != nil {
		return answer{}, err
	}
	return s.ask(ctx, p, q)
}

// ask puts q to the history.
func (s *Server) ask(ctx context.Context, p params, q metric.Query) (answer, error) {
	limit, err := p.limit()
	if err != nil {
		return answer{}, badData(err)
	}
	res, err := s.cfg.History.Query(ctx, q)
	if errors.Is(err, metric.ErrBadQuery) {
		return answer{}, invalid("query", err)
	}
	if err != nil {
		return answer{}, err
	}
	if limit > 0 && len(res.Series) > limit {
		res.Series = res.Series[:limit]
		res.Warnings = append(res.Warnings, truncated)
	}
	points := 0
	for _, series := range res.Series {
		points += len(series.Points)
	}
	if points > maxAnswerPoints {
		return answer{}, fmt.Errorf("the answer has %d points, more than %d: ask for fewer series or a wider step: %w",
			points, maxAnswerPoints, metric.ErrTooMuch)
	}
	return answer{
		data:     appendResult(make([]byte, 0, 24*points+256*len(res.Series)+64), res),
		warnings: res.Warnings, infos: res.Infos, resolution: res.Resolution,
	}, nil
}

// exemplars answers that there are none; Grafana asks.
func (s *Server) exemplars(context.Context, params, *http.Request) (answer, error) {
	return answer{data: []byte(`[]`)}, nil
}

// formatQuery lays an expression out over lines.
func (s *Server) formatQuery(_ context.Context, p params, _ *http.Request) (answer, error) {
	expr, err := query.NewParser().ParseExpr(p.Get("query"))
	if err != nil {
		return answer{}, badData(invalid("query", err))
	}
	return answer{data: encode(strings.TrimSpace(expr.Pretty(0)))}, nil
}

// encode returns v as JSON. What it is given can be encoded.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("BUG: an answer cannot be encoded: " + err.Error())
	}
	return b
}
