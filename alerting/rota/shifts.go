package rota

import "time"

// Shift is a stretch of time in which one contact is on.
type Shift struct {
	Contact string    `json:"contact"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	// Override says that it is not the contact's own turn.
	Override bool `json:"override"`
}

// Shifts returns the next n shifts, the first being that which is on at from,
// as a whole. Overrides cut the shifts that they overlap, and those without
// anybody are left out. There are fewer where `during` ends.
func (r *Rota) Shifts(from time.Time, n int, overrides []Override) []Shift {
	var shifts []Shift
	for at, ok := r.begin(from, overrides), true; ok && len(shifts) < n; {
		who := r.at(at, overrides)
		end, more := r.next(at, overrides)
		for more && r.at(end, overrides) == who {
			end, more = r.next(end, overrides)
		}
		if who.contact != "" && more {
			shifts = append(shifts, Shift{who.contact, at, end, who.override != nil})
		}
		at, ok = end, more
	}
	return shifts
}

// begin returns since when the one is on who is on at an instant, which it
// returns itself if nobody is.
func (r *Rota) begin(at time.Time, overrides []Override) time.Time {
	who := r.at(at, overrides)
	if who.contact == "" {
		return at
	}
	since := r.last(at, overrides)
	for r.at(since.Add(-1), overrides) == who {
		since = r.last(since.Add(-1), overrides)
	}
	return since
}

// next returns the next instant at which the one who is on may change. Nobody
// is on until `during` begins; false: nobody will be.
func (r *Rota) next(at time.Time, overrides []Override) (time.Time, bool) {
	var during time.Time
	if r.during != nil {
		change, ok := r.during.Next(at)
		if !r.during.Contains(at) {
			return change, ok
		}
		during = change
	}
	end := r.handover(r.count(at) + 1)
	sooner := func(edge time.Time) {
		if edge.After(at) && edge.Before(end) {
			end = edge
		}
	}
	sooner(during)
	for _, o := range overrides {
		if o.Rota == r.name {
			sooner(o.From)
			sooner(o.Until)
		}
	}
	return end, true
}

// last returns the last instant, up to at, at which the one who is on may have
// changed. Somebody is on at that instant.
func (r *Rota) last(at time.Time, overrides []Override) time.Time {
	var since time.Time
	later := func(edge time.Time) {
		if !edge.After(at) && edge.After(since) {
			since = edge
		}
	}
	if n := r.count(at); n >= 0 {
		later(r.handover(n))
	}
	if r.during != nil {
		if change, ok := r.during.Last(at); ok {
			later(change)
		}
	}
	for _, o := range overrides {
		if o.Rota == r.name {
			later(o.From)
			later(o.Until)
		}
	}
	return since
}
