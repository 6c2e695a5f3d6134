package rulefile

import (
	"fmt"
	"time"

	"plimsoll/internal/query"
)

// parseInput expands the notation of all series. Of two with the same labels the
// latter counts.
func (r *run) parseInput() ([]*query.Script, error) {
	var all []*query.Script
	place := map[string]int{}
	for _, s := range r.test.InputSeries {
		in, err := query.ParseScript(s.Series+" "+s.Values, r.start, time.Duration(r.test.Interval))
		if err != nil {
			return nil, fmt.Errorf("input series %w", err)
		}
		if at, twice := place[in.Labels.String()]; twice {
			all[at] = in
			continue
		}
		place[in.Labels.String()] = len(all)
		all = append(all, in)
	}
	return all, nil
}

// load puts the samples up to an instant into the memory.
func (r *run) load(all []*query.Script, at time.Time) {
	for _, in := range all {
		if in.Play(r.memory, at) > 0 {
			r.fail("input series %s: a rule gave it a sample at the same time", in.Labels)
		}
	}
}
