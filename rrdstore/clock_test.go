package rrdstore

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// skewed is a store whose machine has a wrong clock, and two senders: "own" has
// the clock of that machine, "far" the right time.
type skewed struct {
	*rig
	truth    int64
	value    float64
	rounds   rounds
	accepted map[string]map[int64]float64
	refused  map[string]map[string]int
}

// step is the next ten seconds.
func (k *skewed) step(skew time.Duration) {
	k.truth += 10_000
	k.now = k.truth + skew.Milliseconds()
	for name, at := range map[string]int64{"own": k.now, "far": k.truth} {
		k.value++
		var refused *metric.RefusedError
		switch err := k.Put(nothing, []metric.Sample{gaugeSample(named(name), at, k.value)}); {
		case err == nil:
			k.accepted[name][at] = k.value
		case errors.As(err, &refused):
			for reason, n := range refused.Reasons {
				k.refused[name][reason] += n
			}
		default:
			k.Fatal(err)
		}
	}
	k.tick(nothing, &k.rounds, metric.Time(k.now))
}

// updated checks that the archives go nearly as far as what was accepted.
func (k *skewed) updated(when string) {
	k.Helper()
	for name, points := range k.accepted {
		newest := int64(0)
		for at := range points {
			newest = max(newest, at)
		}
		f, err := rrdfile.Open(filepath.Join(k.config.Dir, archiveDir, name, "_.rrd"))
		if err != nil {
			k.Fatal(err)
		}
		if last := f.LastMillis(); newest-last > 20_000 {
			k.Errorf("%s: the archive of %s is %d s behind", when, name, (newest-last)/1000)
		}
		f.Close()
	}
}

// The clock of the machine goes an hour forward, back, another hour back, and is
// then put right. What is refused is counted by its reason, archives are updated
// all the time, and nothing that was accepted is lost.
func TestClockForthAndBack(t *testing.T) {
	r := newRig(t, func(c *Config) { c.FlushInterval, c.CheckpointInterval = 10*time.Second, time.Minute })
	k := &skewed{
		rig: r, truth: epoch + 2*3_600_000, rounds: rounds{checkpoint: metric.Time(epoch)},
		accepted: map[string]map[int64]float64{"own": {}, "far": {}},
		refused:  map[string]map[string]int{"own": {}, "far": {}},
	}
	const n = 30
	for _, phase := range []struct {
		name              string
		skew              time.Duration
		late, future, own int // refused of "own", of "far"; accepted of "own"
	}{
		{"right", 0, 0, 0, n},
		{"an hour ahead", time.Hour, 0, 0, n},
		{"set back", 0, n, 0, 0},
		{"an hour behind", -time.Hour, n, n, 0},
		{"right again", 0, n, 0, 0},
	} {
		late, future, own := k.refused["own"][reasonLate], k.refused["far"][reasonFuture], len(k.accepted["own"])
		for range n {
			k.step(phase.skew)
		}
		late, future = k.refused["own"][reasonLate]-late, k.refused["far"][reasonFuture]-future
		if own = len(k.accepted["own"]) - own; late != phase.late || future != phase.future || own != phase.own {
			t.Errorf("%s: %d late, %d from the future, %d accepted", phase.name, late, future, own)
		}
		k.updated(phase.name)
		if phase.skew != 0 {
			k.crash()
		}
	}
	k.truth += 2 * 3_600_000 // the hour ahead is past
	for range n {
		k.step(0)
	}
	k.updated("an hour later")
	if got := [...]int{len(k.accepted["own"]), len(k.accepted["far"])}; got != [...]int{3 * n, 5 * n} {
		t.Errorf("accepted %v", got)
	}
	for _, when := range []string{"running", "crashed"} {
		for name, points := range k.accepted {
			got := pointMap(k.points(named(name), epoch, k.now))
			for at, v := range points {
				if got[at] != v {
					t.Errorf("%s: %s at %d s: %v, want %v", when, name, (at-epoch)/1000, got[at], v)
				}
			}
		}
		k.crash()
	}
}
