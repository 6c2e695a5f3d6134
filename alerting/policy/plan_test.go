package policy

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

var epoch = time.Unix(1_700_000_000, 0).UTC()

// open is a policy of one route, everybody being reachable.
func open(t *testing.T, r Route) *Policy {
	t.Helper()
	p, err := New([]Route{r}, nil, Resolver{
		OnCall:    func(string, time.Time) (string, bool) { return "", false },
		Within:    func(string, time.Time) bool { return true },
		Reachable: func(string, time.Time) bool { return true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestClockSetBackAfterReminder: a clock that was a year ahead for a while must
// not keep reminders back for a year.
func TestClockSetBackAfterReminder(t *testing.T) {
	p := open(t, Route{Contacts: []string{"ops"}, RemindEvery: time.Hour})
	c := Case{Severity: metric.Critical}
	var got []Why
	for _, at := range []time.Time{
		epoch, epoch.Add(365 * 24 * time.Hour), epoch.Add(time.Minute), epoch.Add(2 * time.Hour), epoch.Add(2*time.Hour + time.Minute),
	} {
		plan := p.Plan(c, at)
		c.Telling = plan.Telling
		for _, tell := range plan.Tells {
			got = append(got, tell.Why)
		}
	}
	if diff := cmp.Diff([]Why{Begin, Reminder, Reminder}, got); diff != "" {
		t.Error(diff)
	}
}
