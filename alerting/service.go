package alerting

import (
	"context"
	"maps"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

const servicePrefix = "service/"

// newServiceUnit returns the unit of c, which is valid and has its defaults.
func newServiceUnit(c quorum.Config, q metric.Querier, b *boards) (*unit, error) {
	s, err := quorum.New(c)
	if err != nil {
		return nil, err
	}
	own := &service{Service: s}
	u := &unit{
		key: servicePrefix + c.Name, name: c.Name, class: metric.UpDown, severity: metric.Critical, labels: c.Labels, service: own,
		// What is well only since nobody counts what is silent ends at once, and is
		// no recovery: NoData is one look.
		policy: state.Policy{MaxAttempts: 1, For: c.For, NoData: 1}.WithFlapping(state.Thresholds{}.WithDefaults(), time.Minute),
		limit:  max(c.Interval, 10*time.Second), records: map[string]ledger.Record{},
	}
	u.schedule = newSchedule(u.key, c.Interval, c.Interval)
	u.look = func(ctx context.Context, at time.Time, _ map[string]map[string]string) ([]rule.Sighting, error) {
		now := b.present()
		f, err := s.Look(ctx, q, at, quorum.World{Checks: now.checks, Alerts: now.others(u.key), Known: own.known(u)})
		if err != nil {
			return nil, err
		}
		own.mu.Lock()
		own.finding = f
		own.mu.Unlock()
		return []rule.Sighting{serviceSighting(f, c)}, nil
	}
	return u, nil
}

func serviceSighting(f quorum.Finding, c quorum.Config) rule.Sighting {
	down := float64(len(f.Down))
	s := rule.Sighting{
		Labels: maps.Clone(c.Labels), Verdict: state.Bad, Severity: f.Severity, Summary: f.Summary, Value: &down, Runbook: c.Runbook,
	}
	switch {
	case f.Absent:
		s.Verdict, s.Absent = state.Missing, true
	case f.Severity == metric.OK:
		s.Verdict = state.Good
	}
	return s
}

// known are the members as the last look knew them, or, before the first, as
// they were kept.
func (s *service) known(u *unit) map[string]time.Time {
	if f := s.seen(); f.Known != nil {
		return f.Known
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.records[u.key].Members
}

// keepMembers has a decision on a service keep the members that are known: when
// others are, and now and then for when they were last seen.
func (u *unit) keepMembers(d *decision, at time.Time) {
	s, r := u.service, &d.step.Record
	s.mu.Lock()
	defer s.mu.Unlock()
	same := len(r.Members) == len(s.finding.Known)
	for name := range s.finding.Known {
		_, had := r.Members[name]
		same = same && had
	}
	if same && at.Sub(s.stored).Abs() < s.Forget/4 {
		return
	}
	r.Members, s.stored, d.keep = s.finding.Known, at, true
}
