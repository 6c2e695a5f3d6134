package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"plimsoll/alerting"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/rota"
	"plimsoll/internal/metric"
)

// Path is what all routes stand below.
const Path = "/api/plimsoll/v1/alerting/"

// Engine is what is asked of the alert engine.
type Engine interface {
	// Held lists the present alerts that are not ok and that a hold would pick.
	Held(h hold.Hold) []metric.Alert
	Detail(ctx context.Context, id string) (alerting.Detail, error)
	Episodes(ctx context.Context, since time.Time) ([]ledger.Episode, error)
	Acknowledge(ctx context.Context, id string, a alerting.Acknowledgement) error
	Unacknowledge(ctx context.Context, id, by string) error
	Act(ctx context.Context, episode int64, what string) error
	Holds() []hold.Hold
	PutHold(ctx context.Context, h hold.Hold) (hold.Hold, error)
	EndHold(ctx context.Context, id int64, by string) error
	OnCall() []alerting.OnCall
	Overrides() []rota.Override
	PutOverride(ctx context.Context, o rota.Override) (rota.Override, error)
	EndOverride(ctx context.Context, id int64, by string) error
}

// Config is what New needs; all of it.
type Config struct {
	Engine Engine
	Now    func() time.Time
	// Report is told of errors that are nobody's fault but the service's.
	Report func(error)
}

// Handler answers the routes.
type Handler struct {
	Config
	mux *http.ServeMux
}

// New returns a Handler.
func New(c Config) (*Handler, error) {
	if c.Engine == nil || c.Now == nil || c.Report == nil {
		return nil, errors.New("alerting API: Engine, Now or Report is missing")
	}
	h := &Handler{Config: c, mux: http.NewServeMux()}
	for pattern, do := range map[string]action{
		"GET alert":    h.alert,
		"GET episodes": h.episodes,
		"POST ack":     h.acknowledge,
		"DELETE ack":   h.unacknowledge,
		"POST acted":   h.act,

		"GET silences":     h.holds(hold.Silence),
		"POST silences":    h.addSilence,
		"DELETE silences":  h.endHold(hold.Silence),
		"GET downtimes":    h.holds(hold.Downtime),
		"POST downtimes":   h.addDowntime,
		"DELETE downtimes": h.endHold(hold.Downtime),
		"GET oncall":       h.onCall,
		"POST overrides":   h.addOverride,
		"DELETE overrides": h.endOverride,
	} {
		h.add(pattern, do)
	}
	return h, nil
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }
