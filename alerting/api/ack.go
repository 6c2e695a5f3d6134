package api

import (
	"errors"
	"net/http"
	"slices"

	"plimsoll/alerting"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/internal/metric"
)

// maxTargets bounds the alerts that one request acts on.
const maxTargets = 1000

// target says which alerts are meant, in one of its ways.
type target struct {
	ID    string   `json:"id"`
	IDs   []string `json:"ids"`
	Match string   `json:"match"`
}

type acknowledgement struct {
	target
	By     string `json:"by"`
	Note   string `json:"note"`
	For    string `json:"for"`
	Sticky bool   `json:"sticky"`
}

// done is the answer to what was asked for many alerts.
type done struct {
	Alerts []string  `json:"alerts"`
	Failed []failure `json:"failed,omitempty"`
}

type failure struct {
	ID    string `json:"id"`
	Error string `json:"error"`
}

func (h *Handler) acknowledge(r *http.Request) (any, error) {
	a, err := read[acknowledgement](r, `{"id":"check/web","by":"ada","note":"on it","for":"2h"}`)
	if err != nil {
		return nil, err
	}
	who, err1 := by(r, a.By)
	span, err2 := duration("for", a.For)
	ids, err3 := h.pick(a.target, func(a metric.Alert) bool { return a.Episode != 0 })
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	said := alerting.Acknowledgement{By: who, Note: a.Note, For: span, Sticky: a.Sticky}
	return each(ids, func(id string) error { return h.Engine.Acknowledge(r.Context(), id, said) })
}

func (h *Handler) unacknowledge(r *http.Request) (any, error) {
	q, err := query(r, "id", "match", "by")
	if err != nil {
		return nil, err
	}
	who, err1 := by(r, q.Get("by"))
	ids, err2 := h.pick(target{IDs: q["id"], Match: q.Get("match")}, func(a metric.Alert) bool { return a.Ack != nil })
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	return each(ids, func(id string) error { return h.Engine.Unacknowledge(r.Context(), id, who) })
}

// pick returns the identities of a target. What is matched must be open.
func (h *Handler) pick(t target, open func(metric.Alert) bool) (ids []string, err error) {
	if t.ID != "" {
		ids = []string{t.ID}
	}
	ids = append(ids, t.IDs...)
	switch {
	case (len(ids) > 0) == (t.Match != ""), t.ID != "" && len(t.IDs) > 0:
		return nil, bad("say which alerts: by one of id, ids and match")
	case t.Match != "":
		if ids, err = h.matching(t.Match, open); err != nil {
			return nil, err
		}
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) > maxTargets {
		return nil, bad("these are %d alerts; at most %d at once", len(ids), maxTargets)
	}
	return ids, nil
}

func (h *Handler) matching(text string, open func(metric.Alert) bool) (ids []string, err error) {
	set, err := match.Parse(text)
	if err != nil {
		return nil, bad("match: %w", err)
	}
	for _, a := range h.Engine.Held(hold.Hold{Match: set}) {
		if open(a) {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		return nil, noneMatches(text)
	}
	return ids, nil
}

// each does something for each alert, and fails if it could not do it for any.
func each(ids []string, do func(id string) error) (any, error) {
	answer := done{Alerts: []string{}}
	var errs []error
	for _, id := range ids {
		if err := do(id); err != nil {
			errs = append(errs, err)
			answer.Failed = append(answer.Failed, failure{id, err.Error()})
			continue
		}
		answer.Alerts = append(answer.Alerts, id)
	}
	if len(answer.Alerts) == 0 {
		return nil, errors.Join(errs...)
	}
	return answer, nil
}
