package api

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"plimsoll/alerting/hold"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/match"
)

// silence is what a request says of one.
type silence struct {
	Match string `json:"match"`
	All   bool   `json:"all"`
	// From and Until are as hold.Config has them; For counts from From.
	From  string `json:"from"`
	Until string `json:"until"`
	For   string `json:"for"`
	By    string `json:"by"`
	Note  string `json:"note"`
	// DryRun changes nothing: the answer shows what it would be.
	DryRun bool `json:"dry_run"`
}

type downtime struct {
	silence
	Flexible string   `json:"flexible"`
	Times    []string `json:"times"`
	Timezone string   `json:"timezone"`
}

// holds lists those of a kind that are not over.
func (h *Handler) holds(kind hold.Kind) action {
	return func(r *http.Request) (any, error) {
		if _, err := query(r); err != nil {
			return nil, err
		}
		all := []Hold{}
		for _, of := range h.Engine.Holds() {
			if of.Kind == kind {
				all = append(all, h.showHold(of))
			}
		}
		return map[string]any{string(kind) + "s": all}, nil
	}
}

func (h *Handler) addSilence(r *http.Request) (any, error) {
	s, err := read[silence](r, `{"match":"instance=~\"web.*\"","for":"2h","by":"ada","note":"new kernel"}`)
	if err != nil {
		return nil, err
	}
	return h.putHold(r, hold.Silence, downtime{silence: s})
}

func (h *Handler) addDowntime(r *http.Request) (any, error) {
	d, err := read[downtime](r, `{"match":"instance=\"db1\"","times":["Sun 02:00-04:00"],"timezone":"Europe/London","by":"ada"}`)
	if err != nil {
		return nil, err
	}
	return h.putHold(r, hold.Downtime, d)
}

func (h *Handler) putHold(r *http.Request, kind hold.Kind, d downtime) (any, error) {
	made, err := h.holdOf(kind, d)
	if err != nil {
		return nil, err
	}
	if !d.DryRun {
		if made.By, err = by(r, d.By); err != nil {
			return nil, err
		}
		made, err = h.Engine.PutHold(r.Context(), made)
	} else if err = made.Validate(h.Now()); err != nil {
		err = badError{err}
	}
	if err != nil {
		return nil, err
	}
	return map[string]any{string(kind): h.showHold(made), "dry_run": d.DryRun}, nil
}

// holdOf reads what a request says, in the words of the configuration.
func (h *Handler) holdOf(kind hold.Kind, d downtime) (hold.Hold, error) {
	set, err1 := match.Parse(d.Match)
	if err1 != nil {
		err1 = bad("match: %w", err1)
	}
	flexible, err2 := duration("flexible", d.Flexible)
	err3 := h.settleTimes(&d)
	if err := errors.Join(err1, err2, err3); err != nil {
		return hold.Hold{}, err
	}
	c := hold.Config{
		Match: set, All: d.All, From: d.From, Until: d.Until,
		Times: d.Times, Timezone: d.Timezone, Flexible: flexible, Note: d.Note,
	}
	made, err := c.Hold()
	if err != nil {
		return made, badError{err}
	}
	made.Kind, made.By = kind, ""
	return made, nil
}

// settleTimes fills in what a request left out of from and until.
func (h *Handler) settleTimes(d *downtime) error {
	length, err := duration("for", d.For)
	if err != nil {
		return err
	}
	begin := h.Now().UTC().Truncate(time.Millisecond)
	if d.From != "" && length > 0 {
		if begin, err = time.Parse(time.RFC3339, d.From); err != nil {
			return bad("from: %q is not of the form 2026-12-24T12:00:00Z, which it must be with for; or give until", d.From)
		}
	}
	if d.From == "" && (len(d.Times) == 0 || length > 0) {
		d.From = begin.Format(time.RFC3339Nano)
	}
	switch {
	case length > 0 && d.Until != "":
		return bad("for: say for or until, not both")
	case length == 0 && d.Until == "" && len(d.Times) == 0:
		return bad("until: is missing; or say for")
	case length > 0:
		d.Until = begin.Add(length).Format(time.RFC3339Nano)
	}
	return nil
}

// endHold takes one of a kind back.
func (h *Handler) endHold(kind hold.Kind) action {
	return func(r *http.Request) (any, error) {
		id, who, err := ended(r)
		if err != nil {
			return nil, err
		}
		for _, of := range h.Engine.Holds() {
			if of.ID == id && of.Kind == kind {
				return map[string]any{}, h.Engine.EndHold(r.Context(), id, who)
			}
		}
		return nil, fmt.Errorf("%s %d: %w", kind, id, ledger.ErrNoEntry)
	}
}

// ended reads which entry somebody takes back.
func ended(r *http.Request) (id int64, who string, err error) {
	q, err := query(r, "id", "by")
	if err != nil {
		return 0, "", err
	}
	id, bad1 := strconv.ParseInt(cmp.Or(q.Get("id"), "0"), 10, 64)
	if bad1 != nil || id < 1 {
		return 0, "", bad("id: %q is no number of one", q.Get("id"))
	}
	who, err = by(r, q.Get("by"))
	return id, who, err
}
