package quorum

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"plimsoll/internal/metric"
)

// World is what the caller knows at the instant of a look.
type World struct {
	Checks []string // the names of all checks that there are
	// Alerts are those of checks and rules that are not ok; the service's own is
	// none of them.
	Alerts []Alert
	Known  map[string]time.Time // as the look before found it
}

// Finding is what a look brought.
type Finding struct {
	Severity metric.Severity // ok, warning, critical or unknown
	Members  []string        // sorted, those that are silent too
	Down     []string        // of Members, sorted
	Summary  string
	// Absent says that the finding is ok only since members that went silent
	// with trouble are no longer counted: it is no recovery.
	Absent bool
	// Known are the members of the vector and when each was last seen, for the
	// World of the next look.
	Known map[string]time.Time
}

// tally is what is counted.
type tally struct {
	down   map[string]bool // of every member
	silent map[string]bool // of those: not in the vector
	lapsed int             // silent for too long to be counted
}

// Look judges the service at an instant. With an error, nothing is known that
// was not known before.
func (s *Service) Look(ctx context.Context, q metric.Querier, at time.Time, w World) (Finding, error) {
	seen, err := s.fetch(ctx, q, at)
	if err != nil {
		return Finding{}, fmt.Errorf("members: %w", err)
	}
	known := s.remember(w.Known, seen, at)
	t := s.count(seen, known, w, at)
	return s.judge(t, known), nil
}

// fetch asks for the members and returns for each whether it is down. A value
// that is no number says nothing.
func (s *Service) fetch(ctx context.Context, q metric.Querier, at time.Time) (map[string]bool, error) {
	if s.Members == "" {
		return nil, nil
	}
	res, err := q.Query(ctx, metric.Query{Expr: s.Members, End: at})
	if err != nil {
		return nil, err
	}
	if res.Type != metric.Vector {
		return nil, fmt.Errorf("%q gave a %s: %w", s.Members, res.Type, metric.ErrBadQuery)
	}
	seen := map[string]bool{}
	for _, series := range res.Series {
		name := series.Labels.Get(s.By)
		if name == "" {
			return nil, fmt.Errorf("%q gave %s, which has no label %q: %w", s.Members, series.Labels, s.By, metric.ErrBadQuery)
		}
		if len(series.Points) == 0 {
			continue
		}
		if v := series.Points[len(series.Points)-1].Value; !math.IsNaN(v) {
			seen[name] = seen[name] || v == 0
		}
	}
	if len(seen) > MaxMembers {
		return nil, fmt.Errorf("%q gave %d members, and %d is the limit: %w", s.Members, len(seen), MaxMembers, metric.ErrTooMuch)
	}
	return seen, nil
}

// remember returns when each member was last seen. Of too many, those go first
// that are silent for the longest. After a step back of the clock, what was seen
// in the time to come was seen now.
func (s *Service) remember(known map[string]time.Time, seen map[string]bool, at time.Time) map[string]time.Time {
	out := make(map[string]time.Time, len(seen))
	for name, last := range known {
		if last.After(at) {
			last = at
		}
		if at.Sub(last) <= 2*s.Forget {
			out[name] = last
		}
	}
	for name := range seen {
		out[name] = at
	}
	if over := len(out) - MaxMembers; over > 0 {
		silent := slices.DeleteFunc(slices.Sorted(maps.Keys(out)), func(name string) bool { _, ok := seen[name]; return ok })
		slices.SortStableFunc(silent, func(a, b string) int { return out[a].Compare(out[b]) })
		for _, name := range silent[:over] {
			delete(out, name)
		}
	}
	return out
}

// count finds all members and which of them are down.
func (s *Service) count(seen map[string]bool, known map[string]time.Time, w World, at time.Time) tally {
	t := tally{down: map[string]bool{}, silent: map[string]bool{}}
	for name, last := range known {
		down, heard := seen[name]
		switch {
		case heard:
			t.down[name] = down
		case at.Sub(last) <= s.Forget:
			t.down[name], t.silent[name] = true, true
		default:
			t.lapsed++
		}
	}
	for _, name := range w.Checks {
		if _, there := t.down[name]; !there && s.checks != nil && s.checks.MatchString(name) {
			t.down[name] = false
		}
	}
	for _, a := range w.Alerts {
		if !a.Hard {
			continue
		}
		for _, name := range s.own(a) {
			if _, member := t.down[name]; member {
				t.down[name] = true
			}
		}
	}
	return t
}

func (s *Service) judge(t tally, known map[string]time.Time) Finding {
	f := Finding{Known: known, Members: slices.Sorted(maps.Keys(t.down))}
	for _, name := range f.Members {
		if t.down[name] {
			f.Down = append(f.Down, name)
		}
	}
	down, total := len(f.Down), len(f.Members)
	f.Severity = s.severity(down, total)
	f.Absent = f.Severity == metric.OK && s.severity(down+t.lapsed, total+t.lapsed) != metric.OK
	f.Summary = s.summary(f, t)
	return f
}

func (s *Service) severity(down, total int) metric.Severity {
	switch {
	case s.critical.Crossed(down, total):
		return metric.Critical
	case total < cmp.Or(s.MinMembers, 1):
		return metric.Unknown
	case s.warning.Crossed(down, total):
		return metric.Warning
	}
	return metric.OK
}
