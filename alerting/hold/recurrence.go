package hold

import (
	"encoding/json"
	"slices"

	"plimsoll/alerting/period"
)

// Recurrence is windows of time in package period's words. Make it with Recur,
// or read it from JSON: one made otherwise is parsed at each use.
type Recurrence struct {
	Timezone string   `json:"timezone,omitempty"`
	Times    []string `json:"times"`

	period *period.Period
}

// Recur returns the windows of times.
func Recur(timezone string, times []string) (*Recurrence, error) {
	r := &Recurrence{Timezone: timezone, Times: times}
	p, err := r.read()
	if err != nil {
		return nil, err
	}
	r.period = p
	return r, nil
}

// UnmarshalJSON takes words too that it cannot read: a Hold with them is kept,
// and holds nothing back.
func (r *Recurrence) UnmarshalJSON(text []byte) error {
	var plain struct {
		Timezone string   `json:"timezone"`
		Times    []string `json:"times"`
	}
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	*r = Recurrence{Timezone: plain.Timezone, Times: plain.Times}
	if p, err := r.read(); err == nil {
		r.period = p
	}
	return nil
}

// Equal reports whether both are the same words.
func (r *Recurrence) Equal(other *Recurrence) bool {
	if r == nil || other == nil {
		return r == other
	}
	return r.Timezone == other.Timezone && slices.Equal(r.Times, other.Times)
}

func (r *Recurrence) config() period.Config {
	return period.Config{Timezone: r.Timezone, Times: r.Times}
}

func (r *Recurrence) read() (*period.Period, error) {
	if r.period != nil {
		return r.period, nil
	}
	return period.New(r.config())
}
