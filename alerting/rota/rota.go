package rota

import (
	"time"

	"plimsoll/alerting/period"
)

// Rota says who is on call. It does not change, and may be used by many.
type Rota struct {
	name    string
	zone    *time.Location
	members []string
	start   time.Time // a reading of the zone's clock
	shift   time.Duration
	during  *period.Period // nil: always
}

// turn is who is on, and why.
type turn struct {
	contact  string
	override *Override // nil: it is the member's own turn
	number   int       // of the handover before it
}

// On returns the contact who is on at an instant, "" for nobody. Overrides of
// other rotas are passed over.
func (r *Rota) On(at time.Time, overrides []Override) string {
	return r.at(at, overrides).contact
}

func (r *Rota) at(at time.Time, overrides []Override) turn {
	if r.during != nil && !r.during.Contains(at) {
		return turn{}
	}
	if o := r.newest(at, overrides); o != nil {
		return turn{contact: o.Contact, override: o}
	}
	n := r.count(at)
	if n < 0 {
		return turn{}
	}
	return turn{contact: r.members[n%len(r.members)], number: n}
}

// jump is more than any clock is put forward or back.
const jump = 25 * time.Hour

// count returns the number of the last handover up to an instant, the first
// being 0, and -1 before that.
func (r *Rota) count(at time.Time) int {
	n := int((period.Reading(at, r.zone).Sub(r.start) + jump) / r.shift)
	for n >= 0 && r.handover(n).After(at) {
		n--
	}
	return max(n, -1)
}

func (r *Rota) handover(n int) time.Time {
	return period.First(r.start.Add(time.Duration(n)*r.shift), r.zone)
}
