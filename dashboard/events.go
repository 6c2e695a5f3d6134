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
	maxEventBytes = 64 << 10 // of an event that is sent
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
	e, err := readEvent(http.MaxBytesReader(w, r.Body, maxEventBytes))
	if err == nil && !sender.Of(r).Write.AllowsHost(e.Host) {
		err = &apiError{"forbidden", fmt.Errorf("an event of the host %q is %s", e.Host, sender.ReasonForbidden)}
	}
	if err == nil {
		err = s.cfg.Alerting.PutEvent(r.Context(), e)
		if err != nil && !errors.Is(err, metric.ErrBusy) {
			err = badData(err)
		}
	}
	if err != nil {
		s.fail(r.Context(), w, err)
		return
	}
	setJSON(w.Header())
	w.WriteHeader(http.StatusAccepted)
	_, _ = io.WriteString(w, "{}") // a client that is gone needs no answer
}

func readEvent(body io.Reader) (metric.Event, error) {
	var e metric.Event
	dec := json.NewDecoder(body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&e)
	if err == nil && dec.More() {
		err = errors.New("more than one JSON value")
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return e, &apiError{"too_large", err}
	case err != nil:
		return e, badData(fmt.Errorf("an event is a JSON object such as %s: %w", `{"title":"deployed","host":"web1"}`, err))
	}
	e.ID, e.Repeats = 0, 0
	return e, nil
}
