package alerting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/check"
	"plimsoll/alerting/handler"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

// unit is one check or one rule with the states of its alerts.
type unit struct {
	// What it is; never changes.
	key         string // check/NAME or rule/NAME
	name        string
	class       metric.Class
	severity    metric.Severity
	target      string            // of a check
	labels      map[string]string // of a check
	rule        *rule.Rule
	service     *service
	hosts       *roster // of a rule
	group       *group  // of a rule file, which has its turns; nil: the unit has its own
	maxAttempts int
	policy      state.Policy
	contacts    []string // that it names itself; nil: routes decide
	url         string   // of the dashboard
	look        func(ctx context.Context, at time.Time, known map[string]map[string]string) ([]rule.Sighting, error)
	limit       time.Duration // of one look
	handler     *handler.Config
	handling    *handling // the engine's, given by equip,
	desk        *desk     // and this too

	schedule schedule

	mu      sync.Mutex               // guards what follows
	records map[string]ledger.Record // by id
	checked time.Time                // of the last look that succeeded
	lastErr string
	lastRun time.Time
	latest  time.Time // the latest instant ever looked at
	took    time.Duration
	stamped time.Time                // what the newest sample was stamped with
	found   check.Result             // what a check's last probe found, until it is stored
	perfs   map[string]labels.Labels // its series that have a value now
	shelf   shelf
	gone    bool // a reload put another in its place: what it still finds is void
}

// id returns the identity of the alert of a sighting: the unit's own for a
// check, and one for each label set of a rule.
func (u *unit) id(key string) string {
	if u.rule == nil {
		return u.key
	}
	sum := sha256.Sum256([]byte(key))
	return u.key + "/" + hex.EncodeToString(sum[:8])
}

func newCheckUnit(c check.Config, m check.Means, by Stage) *unit {
	probe := check.New(c, m)
	look := playing(by, c.Name, probe.Probe)
	u := &unit{
		key: "check/" + c.Name, name: c.Name, class: metric.UpDown, severity: c.Severity, target: probe.Target, labels: c.Labels,
		maxAttempts: c.MaxAttempts, policy: state.Policy{MaxAttempts: c.MaxAttempts}.WithFlapping(c.Flapping, 0),
		limit: 2 * time.Minute, handler: c.Handler, records: map[string]ledger.Record{},
	}
	u.schedule = newSchedule(u.key, c.Interval, c.RetryInterval)
	u.look = func(ctx context.Context, _ time.Time, _ map[string]map[string]string) ([]rule.Sighting, error) {
		found := look(ctx)
		if found.Err != nil {
			return nil, found.Err
		}
		u.remember(found)
		return []rule.Sighting{seen(c, found)}, ctx.Err()
	}
	return u
}

// seen is what a probe of a check shows.
func seen(c check.Config, found check.Result) rule.Sighting {
	s := rule.Sighting{
		Labels: maps.Clone(c.Labels), Verdict: state.Bad, Severity: check.Ceiling(found.State, c.Severity), Summary: found.Summary,
	}
	if found.State == metric.OK {
		s.Verdict = state.Good
	} else if c.Summary != "" {
		s.Summary = c.Summary + ": " + found.Summary
	}
	return s
}

func newRuleUnit(c rule.Config, q metric.Querier, hosts *roster) (*unit, error) {
	r, err := rule.New(c)
	if err != nil {
		return nil, err
	}
	u := &unit{
		key: "rule/" + c.Name, name: c.Name, class: c.Class, severity: c.Severity, rule: r, hosts: hosts,
		policy: c.Policy(c.Interval).WithFlapping(c.Flapping, time.Minute),
		limit:  max(c.Interval, 10*time.Second), handler: c.Handler, records: map[string]ledger.Record{},
	}
	u.schedule = newSchedule(u.key, c.Interval, c.Interval)
	u.look = func(ctx context.Context, at time.Time, known map[string]map[string]string) ([]rule.Sighting, error) {
		return r.Look(ctx, q, at, known)
	}
	if c.Absent == rule.AbsentAlert {
		u.watchAbsence(q)
	}
	return u, nil
}

// watchAbsence lets each look find the series that are absent, too. The first
// begins with those that were there no_data ago.
func (u *unit) watchAbsence(q metric.Querier) {
	r, look, watched := u.rule, u.look, &absence{severity: u.severity}
	u.look = func(ctx context.Context, at time.Time, known map[string]map[string]string) ([]rule.Sighting, error) {
		found, err := look(ctx, at, known)
		if err != nil && !errors.Is(err, rule.ErrTooMany) {
			return nil, err
		}
		if watched.seen == nil {
			past := at.Add(-r.NoData)
			present, err := r.Present(ctx, q, past)
			if err != nil {
				return nil, err
			}
			watched.see(present, past)
			watched.see(known, past)
		}
		present, errNow := r.Present(ctx, q, at)
		if errNow != nil {
			return nil, errNow
		}
		watched.see(present, at)
		return watched.judge(found, func(instance string) life { return u.hosts.life(instance, at) }, at), err
	}
}

// looksIn is the number of looks from one until a duration has passed since.
func looksIn(d, interval time.Duration) int {
	return int((d+interval-1)/interval) + 1
}

// addressesOf resolves contacts by name; nil means all of them.
func addressesOf(wanted []string, contacts []notify.Contact) []ledger.Address {
	var out []ledger.Address
	for _, c := range contacts {
		named := wanted == nil
		for _, w := range wanted {
			named = named || w == c.Name
		}
		if !named {
			continue
		}
		for _, route := range c.Routes() {
			out = append(out, ledger.Address{Contact: c.Name, Route: route})
		}
	}
	return out
}
