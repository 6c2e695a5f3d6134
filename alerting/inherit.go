package alerting

import (
	"context"
	"time"

	"plimsoll/internal/metric"
)

// inherit hands what the rules of old wrote to those of the same key that are in
// their place, and ends the series of those that are gone.
func (e *Engine) inherit(ctx context.Context, old, now works, at time.Time) {
	byKey := make(map[string]*unit, len(now.units))
	for _, u := range now.units {
		byKey[u.key] = u
	}
	var ended []metric.Sample
	for _, u := range old.units {
		last := u.takeShelf()
		if next := byKey[u.key]; next != nil {
			next.putShelf(last)
			continue
		}
		e.alertSeries.take(len(last.series), 0)
		ended = append(ended, endings(last.series, nil, u.endOf(at))...)
	}
	ended = append(ended, inheritRecordings(old.groups, now.groups, at)...)
	if e.cfg.Sink == nil {
		return
	}
	if err := put(ctx, e.cfg.Sink, ended); err != nil {
		e.metrics.putErrors.Inc()
	}
}

func (u *unit) takeShelf() shelf {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.shelf
}

func (u *unit) putShelf(s shelf) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.shelf.series == nil { // it has not looked yet
		u.shelf = s
	}
}

// endOf is when the series of a rule end that is gone: after the last sample.
func (u *unit) endOf(at time.Time) time.Time {
	if u.group != nil {
		return after(at, u.group.QueryOffset)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.stamped.After(at) {
		at = u.stamped
	}
	return after(at, 0)
}

// after is past what was looked at at an instant, at the latest.
func after(at time.Time, offset time.Duration) time.Time {
	return at.Add(time.Millisecond - offset)
}

// inheritRecordings is the same for recording rules; it returns the ends.
func inheritRecordings(old, now []*group, at time.Time) (ended []metric.Sample) {
	byKey := map[string]*recording{}
	for _, r := range recordingsOf(now) {
		byKey[r.key] = r
	}
	for _, r := range recordingsOf(old) {
		r.mu.Lock()
		given := r.given
		r.gone = true
		r.mu.Unlock()
		next := byKey[r.key]
		if next == nil {
			ended = append(ended, endings(given, nil, after(at, r.rule.QueryOffset))...)
			continue
		}
		next.mu.Lock()
		if next.given == nil {
			next.given = given
		}
		next.mu.Unlock()
	}
	return ended
}

func recordingsOf(groups []*group) (out []*recording) {
	for _, g := range groups {
		for _, m := range g.members {
			if m.record != nil {
				out = append(out, m.record)
			}
		}
	}
	return out
}
