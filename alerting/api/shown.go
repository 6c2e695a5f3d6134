package api

import (
	"time"

	"plimsoll/alerting/hold"
	"plimsoll/internal/metric"
)

// nextWindows is how many windows are shown of what recurs.
const nextWindows = 5

// Hold is a silence or downtime as it is answered.
type Hold struct {
	ID        int64         `json:"id,omitempty"` // 0: of the configuration, or not made
	Name      string        `json:"name,omitempty"`
	Kind      hold.Kind     `json:"kind"`
	Match     string        `json:"match,omitempty"`
	All       bool          `json:"all,omitempty"`
	From      time.Time     `json:"from,omitzero"`
	Until     time.Time     `json:"until,omitzero"`
	Flexible  string        `json:"flexible,omitempty"`
	Triggered time.Time     `json:"triggered,omitzero"`
	Times     []string      `json:"times,omitempty"`
	Timezone  string        `json:"timezone,omitempty"`
	By        string        `json:"by,omitempty"`
	Note      string        `json:"note,omitempty"`
	Created   time.Time     `json:"created,omitzero"`
	Active    bool          `json:"active"`
	Windows   []hold.Window `json:"windows"`
	// Alerts are the present ones that it picks, whether it is active or not.
	Alerts []Picked `json:"alerts"`
}

// Picked is an alert that a hold picks.
type Picked struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	State   metric.Severity `json:"state"`
	Summary string          `json:"summary"`
}

func (h *Handler) showHold(of hold.Hold) Hold {
	now := h.Now()
	s := Hold{
		ID: of.ID, Name: of.Name, Kind: of.Kind, Match: of.Match.String(), All: of.All, From: of.From, Until: of.Until,
		Triggered: of.Triggered, By: of.By, Note: of.Note, Created: of.Created,
		Active: of.Active(now), Windows: of.Windows(now, nextWindows), Alerts: []Picked{},
	}
	if of.Flexible > 0 {
		s.Flexible = of.Flexible.String()
	}
	if of.Recurring != nil {
		s.Times, s.Timezone = of.Recurring.Times, of.Recurring.Timezone
	}
	if s.Windows == nil {
		s.Windows = []hold.Window{}
	}
	for _, a := range h.Engine.Held(of) {
		s.Alerts = append(s.Alerts, Picked{a.ID, a.Name, a.State, a.Summary})
	}
	return s
}
