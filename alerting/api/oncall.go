package api

import (
	"net/http"
	"time"

	"plimsoll/alerting/rota"
)

// onCall tells who is on call, who comes next, and who takes whose place.
func (h *Handler) onCall(r *http.Request) (any, error) {
	if _, err := query(r); err != nil {
		return nil, err
	}
	return map[string]any{"rotas": h.Engine.OnCall(), "overrides": h.Engine.Overrides()}, nil
}

type override struct {
	Rota    string    `json:"rota"`
	Contact string    `json:"contact"`
	From    time.Time `json:"from"` // left out: now
	Until   time.Time `json:"until"`
	For     string    `json:"for"`
	By      string    `json:"by"`
	Note    string    `json:"note"`
}

// addOverride puts somebody in the place of the one whose turn it is.
func (h *Handler) addOverride(r *http.Request) (any, error) {
	o, err := read[override](r, `{"rota":"web","contact":"bob","from":"2026-12-24T12:00:00Z","for":"24h","by":"ada"}`)
	if err != nil {
		return nil, err
	}
	length, err := duration("for", o.For)
	if err != nil {
		return nil, err
	}
	if o.From.IsZero() {
		o.From = h.Now().UTC().Truncate(time.Millisecond)
	}
	switch {
	case length > 0 && !o.Until.IsZero():
		return nil, bad("for: say for or until, not both")
	case length > 0:
		o.Until = o.From.Add(length)
	case o.Until.IsZero():
		return nil, bad("until: is missing; or say for")
	}
	who, err := by(r, o.By)
	if err != nil {
		return nil, err
	}
	made, err := h.Engine.PutOverride(r.Context(), rota.Override{
		Rota: o.Rota, Contact: o.Contact, From: o.From, Until: o.Until, By: who, Note: o.Note,
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"override": made}, nil
}

func (h *Handler) endOverride(r *http.Request) (any, error) {
	id, who, err := ended(r)
	if err != nil {
		return nil, err
	}
	return map[string]any{}, h.Engine.EndOverride(r.Context(), id, who)
}
