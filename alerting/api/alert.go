package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"plimsoll/alerting"
)

// alert tells all that is known of one alert.
func (h *Handler) alert(r *http.Request) (any, error) {
	q, err := query(r, "id")
	if err != nil {
		return nil, err
	}
	if q.Get("id") == "" {
		return nil, bad("id: is missing: an alert's, as /api/plimsoll/v1/alerts has it")
	}
	return h.Engine.Detail(r.Context(), q.Get("id"))
}

const (
	usualEpisodes, mostEpisodes = 1000, 10_000
	usualSince                  = 30 * 24 * time.Hour
)

// episodes lists troubles, the newest first.
func (h *Handler) episodes(r *http.Request) (any, error) {
	q, err := query(r, "since", "limit")
	if err != nil {
		return nil, err
	}
	since, err1 := duration("since", q.Get("since"))
	limit, err2 := number("limit", q.Get("limit"), usualEpisodes, mostEpisodes)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if since == 0 {
		since = usualSince
	}
	all, err := h.Engine.Episodes(r.Context(), h.Now().Add(-since))
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	shown := all[:min(limit, len(all))]
	if shown == nil {
		return map[string]any{"episodes": []any{}, "of": 0}, nil
	}
	return map[string]any{"episodes": shown, "of": len(all)}, nil
}

type deed struct {
	Episode int64  `json:"episode"`
	What    string `json:"what"`
}

// act notes what somebody did about an episode.
func (h *Handler) act(r *http.Request) (any, error) {
	d, err := read[deed](r, `{"episode":17,"what":"restarted it"}`)
	switch {
	case err != nil:
		return nil, err
	case d.Episode < 1:
		return nil, bad("episode: %d is no number of one", d.Episode)
	case d.What == "":
		return nil, bad("what: is missing")
	}
	return map[string]any{}, h.Engine.Act(r.Context(), d.Episode, d.What)
}

func noneMatches(text string) error {
	return fmt.Errorf("%q matches none: %w", text, alerting.ErrNoAlert)
}
