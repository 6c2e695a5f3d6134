package ledger

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestNothingOvertakesInAnotherGroup: the group of an alert changes with its
// severity, if messages are joined by that. An update that waits in one group is
// not overtaken by the end in another, nor is what comes after it.
func TestNothingOvertakesInAnotherGroup(t *testing.T) {
	f := Folding{Wait: time.Minute, MaxWait: time.Hour}
	sent := []recent{{"critical", epoch.Add(-time.Second)}}
	rows := []waiting{
		{id: 1, alert: "a", group: "critical"},
		{id: 2, alert: "a", group: "warning"},
		{id: 3, alert: "b", group: "warning"},
		{id: 4, alert: "a", group: "critical"},
	}
	ids := func(now time.Time) (all [][]int64) {
		for _, message := range choose(rows, sent, f, now) {
			var of []int64
			for _, w := range message {
				of = append(of, w.id)
			}
			all = append(all, of)
		}
		return all
	}
	if diff := cmp.Diff([][]int64{{3}}, ids(epoch)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([][]int64{{1}, {3}}, ids(epoch.Add(time.Minute))); diff != "" {
		t.Error(diff)
	}
}
