package prune_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/prune"
)

// episode is one of a rule on an instance that was bad at an instant after
// begin, believed a minute later, and lasted from then.
func episode(rule, instance string, at, lasted time.Duration) prune.Episode {
	e := prune.Episode{Rule: rule, Severity: "warning", Labels: map[string]string{"instance": instance}, Began: begin.Add(at), Hard: begin.Add(at + minute), Told: 2}
	if lasted > 0 {
		e.Ended = e.Hard.Add(lasted)
	}
	return e
}

func TestStats(t *testing.T) {
	const day = 24 * time.Hour
	now := begin.Add(100 * day)
	acked := episode("Disk", "a", 99*day+3*time.Hour, 2*time.Hour)
	acked.Acked, acked.AckedBy, acked.Acted = acked.Hard.Add(10*minute), "ann", true
	brief := episode("Disk", "b", 99*day+3*time.Hour+3*minute, 2*minute) // soon after another of its rule
	episodes := []prune.Episode{
		episode("Load", "b", 99*day+3*time.Hour+4*minute, 0), // soon after another of its instance
		acked, brief,
		episode("Disk", "a", 80*day+12*time.Hour, 10*minute),
		episode("Disk", "a", 80*day+12*time.Hour+2*minute, 10*minute), // the same alert again
		episode("Disk", "a", 2*day, time.Hour),
	}
	got := prune.Stats(episodes, now, prune.Windows(), prune.Night)
	disk := prune.Window{
		Days: 7, Episodes: 2, Acked: 1, Acted: 1, SelfResolved: 1, Night: 2, Duplicates: 1, Told: 4,
		AckedShare: 0.5, ActedShare: 0.5, SelfResolvedShare: 0.5, DetectSeconds: 60, AckSeconds: 600, PageMinutes: 122,
	}
	month := disk
	month.Days, month.Episodes, month.Told, month.PageMinutes = 30, 4, 8, 142
	month.AckedShare, month.ActedShare, month.SelfResolvedShare = 0.25, 0.25, 0.25
	quarter := month
	quarter.Days = 90
	load := func(days int) prune.Window {
		return prune.Window{
			Days: days, Episodes: 1, Open: 1, Night: 1, Duplicates: 1, Told: 2,
			DetectSeconds: 60, PageMinutes: (21*time.Hour - 5*minute).Minutes(),
		}
	}
	want := []prune.RuleStats{
		{Rule: "Disk", Windows: []prune.Window{disk, month, quarter}},
		{Rule: "Load", Windows: []prune.Window{load(7), load(30), load(90)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := prune.Stats(nil, now, prune.Windows(), prune.Night); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
}
