package rota

import (
	"errors"
	"fmt"
	"time"
)

// Override puts a contact in the place of the one whose turn it is, in
// [From, Until).
type Override struct {
	// ID grows: of two, the newer one has the higher.
	ID      int64     `json:"id"`
	Rota    string    `json:"rota"`
	Contact string    `json:"contact"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	By      string    `json:"by,omitempty"`
	Note    string    `json:"note,omitempty"`
}

// maxOverride is how long one may be; a longer one is a change of the rota.
const maxOverride = 92 * 24 * time.Hour

// Validate reports all that is wrong with o but whether its rota and its
// contact are there. Each problem begins with the key.
func (o Override) Validate() error {
	var errs []error
	if o.Rota == "" {
		errs = append(errs, errors.New("rota: is missing"))
	}
	if o.Contact == "" {
		errs = append(errs, errors.New("contact: is missing"))
	}
	switch length := o.Until.Sub(o.From); {
	case o.From.IsZero():
		errs = append(errs, errors.New("from: is missing"))
	case length <= 0:
		errs = append(errs, fmt.Errorf("until: %s is not after from", o.Until.Format(time.RFC3339)))
	case length > maxOverride:
		errs = append(errs, fmt.Errorf("until: %s is more than 92 days after from", o.Until.Format(time.RFC3339)))
	}
	return errors.Join(errs...)
}

func (o Override) holds(at time.Time) bool { return !at.Before(o.From) && at.Before(o.Until) }

// newest returns the override of r that holds at an instant, nil for none.
func (r *Rota) newest(at time.Time, overrides []Override) *Override {
	var best *Override
	for i := range overrides {
		if o := &overrides[i]; o.Rota == r.name && o.holds(at) && (best == nil || o.ID >= best.ID) {
			best = o
		}
	}
	return best
}
