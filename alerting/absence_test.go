package alerting

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

func labelsOf(instances ...string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, i := range instances {
		all[i] = map[string]string{instanceLabel: i}
	}
	return all
}

// sightedAs gives the verdicts of sightings, with the severity, by key.
func sightedAs(found []rule.Sighting) map[string]string {
	all := map[string]string{}
	for _, s := range found {
		all[s.Key] = fmt.Sprint(s.Verdict, s.Severity)
	}
	return all
}

func TestAbsence(t *testing.T) {
	lives := map[string]life{"up": reporting, "other": reporting, "dead": isSilent}
	of := func(instance string) life { return lives[instance] }
	missing := func(key string) rule.Sighting {
		return rule.Sighting{Key: key, Verdict: state.Missing, Absent: true}
	}
	bad := fmt.Sprint(state.Bad, metric.Unknown)
	gone := fmt.Sprint(state.Missing, "")
	for name, tt := range map[string]struct {
		at    time.Time
		found []rule.Sighting
		want  map[string]string
	}{
		"of a host that reports":       {epoch.Add(time.Minute), nil, map[string]string{"up": bad}},
		"and was bad":                  {epoch.Add(time.Minute), []rule.Sighting{missing("up"), missing("dead")}, map[string]string{"up": bad, "dead": gone}},
		"of nobody's host":             {epoch.Add(time.Minute), []rule.Sighting{missing("gone")}, map[string]string{"up": bad, "gone": gone}},
		"for more than a day":          {epoch.Add(25 * time.Hour), []rule.Sighting{missing("up")}, map[string]string{"up": gone}},
		"after the clock was set back": {epoch.Add(-time.Minute), []rule.Sighting{missing("up")}, map[string]string{"up": gone}},
		"of what is bad again": {
			epoch.Add(time.Minute),
			[]rule.Sighting{{Key: "up", Verdict: state.Bad}},
			map[string]string{"up": fmt.Sprint(state.Bad, metric.Warning)},
		},
	} {
		a := absence{severity: metric.Warning}
		a.see(labelsOf("up", "dead", "gone"), epoch)
		a.see(labelsOf("other"), tt.at)
		if diff := cmp.Diff(tt.want, sightedAs(a.judge(tt.found, of, tt.at))); diff != "" {
			t.Errorf("absent %s: %s", name, diff)
		}
	}
}

func TestAbsenceIsBounded(t *testing.T) {
	a := absence{}
	present := map[string]map[string]string{}
	for i := range maxSeen + 100 {
		present[fmt.Sprint(i)] = map[string]string{instanceLabel: "a"}
	}
	a.see(present, epoch)
	found := a.judge(nil, func(string) life { return reporting }, epoch.Add(time.Minute))
	if len(a.seen) != maxSeen || len(found) != rule.MaxInstances {
		t.Errorf("%d series are watched, want %d; %d are trouble, want %d", len(a.seen), maxSeen, len(found), rule.MaxInstances)
	}
}

// past is a store whose one series ended at an instant.
type past struct {
	world
	ended time.Time
}

func (p *past) Query(_ context.Context, q metric.Query) (metric.Result, error) {
	res := metric.Result{Type: metric.Vector}
	if q.Expr == "load" && q.End.Before(p.ended) {
		res.Series = []metric.Series{{Labels: labels.FromStrings("instance", "a"), Points: []metric.Point{{Value: 1}}}}
	}
	return res, nil
}

// TestAbsenceBeforeTheStart: the first look knows what was there no_data ago.
func TestAbsenceBeforeTheStart(t *testing.T) {
	for ago, want := range map[time.Duration]string{time.Minute: fmt.Sprint(state.Bad, metric.Unknown), time.Hour: ""} {
		c := rule.Config{Name: "Busy", Expr: "load > 8", Absent: rule.AbsentAlert}.WithDefaults()
		hosts := &roster{list: func() []metric.Host { return []metric.Host{{Instance: "a", Up: true}} }}
		u, err := newRuleUnit(c, &past{ended: epoch.Add(-ago)}, hosts)
		if err != nil {
			t.Fatal(err)
		}
		found, err := u.look(t.Context(), epoch, nil)
		if got := sightedAs(found)[`{instance="a"}`]; err != nil || got != want {
			t.Errorf("ended %v ago: %q, error %v, want %q", ago, got, err, want)
		}
	}
}

// TestLife: a host reports if it does by one of its jobs, and is asked after
// once a second.
func TestLife(t *testing.T) {
	asked := 0
	r := &roster{list: func() []metric.Host {
		asked++
		return []metric.Host{
			{Instance: "a", Job: "node", Up: true},
			{Instance: "a", Job: "old"},
			{Instance: "b", Job: "node"},
		}
	}}
	for instance, want := range map[string]life{"a": reporting, "b": isSilent, "c": stranger, "": stranger} {
		if got := r.life(instance, epoch); got != want {
			t.Errorf("%s: %d, want %d", instance, got, want)
		}
	}
	if r.life("a", epoch.Add(time.Second)); asked != 2 {
		t.Errorf("hosts were listed %d times, want 2", asked)
	}
	var nobody *roster
	if nobody.life("a", epoch) != stranger {
		t.Error("a host is known where nobody watches")
	}
}
