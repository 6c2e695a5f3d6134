package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

const (
	maxToldBytes = 64 << 10 // of an event, or a check's result, that is sent
	// eventsAhead is how far ahead of the clock an event may be that is shown:
	// senders' clocks differ.
	eventsAhead = time.Hour
)

// events answers with the newest events between start and end, all time unless
// told. match[] picks by labels and by the event's own fields: {host="web1"}.
func (s *Server) events(ctx context.Context, p params) (any, error) {
	limit, err1 := p.count("limit", defaultLines)
	start, err2 := p.instant("start", time.Unix(0, 0).UTC())
	end, err3 := p.instant("end", p.now.Add(eventsAhead))
	sets, err4 := parseMatchers(p.Values["match[]"])
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, badData(err)
	}
	found := []metric.Event{}
	var err error
	if limit = min(limit, maxLines); limit > 0 {
		found, err = s.cfg.Alerting.Events(ctx, metric.Selection{Sets: sets, Start: start, End: end, Limit: limit})
	}
	return map[string]any{"events": list(found)}, err
}

// tell takes one event as JSON. It answers 202: the event can be read a little
// later.
func (s *Server) tell(w http.ResponseWriter, r *http.Request) {
	e, err := readTold[metric.Event](w, r, `an event is a JSON object such as {"title":"deployed","host":"web1"}`)
	if err == nil && !sender.Of(r).Write.AllowsHost(e.Host) {
		err = &apiError{"forbidden", fmt.Errorf("an event of the host %q is %s", e.Host, sender.ReasonForbidden)}
	}
	if err == nil {
		e.ID, e.Repeats = 0, 0
		err = s.cfg.Alerting.PutEvent(r.Context(), e)
	}
	s.taken(w, r, err)
}

// tellResult takes the result of one check as JSON, and answers as tell does.
func (s *Server) tellResult(w http.ResponseWriter, r *http.Request) {
	c, err := readTold[metric.CheckResult](w, r, `the result of a check is a JSON object such as {"name":"backup","state":"ok","host":"db1"}`)
	if err == nil && !sender.Of(r).Write.AllowsHost(c.Host) {
		err = &apiError{"forbidden", fmt.Errorf("a check of the host %q is %s", c.Host, sender.ReasonForbidden)}
	}
	if err == nil {
		err = s.cfg.Alerting.PutCheck(r.Context(), c)
	}
	s.taken(w, r, err)
}

// taken answers what became of something told.
func (s *Server) taken(w http.ResponseWriter, r *http.Request, err error) {
	var known *apiError
	if err != nil && !errors.Is(err, metric.ErrBusy) && !errors.As(err, &known) {
		err = badData(err)
	}
	if err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	setJSON(w.Header())
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "{}") // a client that is gone needs no answer
}

// readTold reads one JSON object without unknown keys.
func readTold[T any](w http.ResponseWriter, r *http.Request, example string) (told T, err error) {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxToldBytes))
	dec.DisallowUnknownFields()
	err = dec.Decode(&told)
	if err == nil && dec.More() {
		err = errors.New("more than one JSON value")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return told, &apiError{"too_large", err}
	case err != nil:
		return told, badData(fmt.Errorf("%s: %w", example, err))
	}
	return told, nil
}
