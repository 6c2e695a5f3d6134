package snmp

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)

func TestStampsFollowTheDevice(t *testing.T) {
	var c clock
	first := c.observe(1000, noon)
	// The device says that 10 s passed; the answer came 300 ms later than that.
	second := c.observe(2000, noon.Add(10300*time.Millisecond))
	if got := second.Sub(first); got != 10*time.Second+10*time.Millisecond {
		t.Errorf("%v passed", got)
	}
	if c.run != 1 {
		t.Errorf("run %d", c.run)
	}
}

func TestUptimeWrapsInOneRun(t *testing.T) {
	var c clock
	c.observe(1<<32-500, noon)
	at := c.observe(500, noon.Add(10*time.Second))
	if c.run != 1 || at.Sub(noon) != 10*time.Second {
		t.Errorf("run %d, %v", c.run, at.Sub(noon))
	}
	c.observe(100, noon.Add(20*time.Second))
	if c.run != 2 {
		t.Errorf("after a restart: run %d", c.run)
	}
}

// TestLeash: whatever a device says of its time, stamps stay near ours and never
// go back while ours goes on.
func TestLeash(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var c clock
		now, ticks, last := noon, rapid.Uint32().Draw(t, "ticks"), time.Time{}
		for range rapid.IntRange(2, 50).Draw(t, "polls") {
			wall := rapid.IntRange(1, 30_000).Draw(t, "wall ms")
			now = now.Add(time.Duration(wall) * time.Millisecond)
			ticks += uint32(rapid.IntRange(wall*9/100, wall*11/100).Draw(t, "ticks passed"))
			at := c.observe(ticks, now)
			if at.Before(last) || at.Sub(now).Abs() > leash {
				t.Fatalf("at %v after %v, ours %v", at, last, now)
			}
			last = at
		}
	})
}

func TestNarrowCounters(t *testing.T) {
	const gigabit = 1e9 / 8
	one := sign{run: 1}
	type step struct {
		raw     uint32
		seconds int64
		sign    sign
		total   uint64
		begins  bool // anew
	}
	for name, c := range map[string]struct {
		fastest float64
		steps   []step
	}{
		"growing":                 {0, []step{{7, 0, one, 0, true}, {107, 10, one, 100, false}, {107, 20, one, 100, false}}},
		"wrap":                    {gigabit, []step{{1<<32 - 10, 0, one, 0, true}, {90, 10, one, 100, false}}},
		"wrap of an unknown line": {0, []step{{1<<32 - 10, 0, one, 0, true}, {90, 10, one, 100, false}}},
		"no wrap: too fast":       {12.5e6, []step{{1 << 31, 0, one, 0, true}, {90, 10, one, 0, true}, {190, 20, one, 100, false}}},
		"no wrap: a fall":         {0, []step{{1000, 0, one, 0, true}, {900, 10, one, 0, true}}},
		"faster than it says":     {12.5e6, []step{{0, 0, one, 0, true}, {3e9, 10, one, 3e9, false}}},
		"fall, time unknown":      {0, []step{{1<<32 - 10, 0, sign{}, 0, true}, {90, 10, sign{}, 0, true}}},
		"too fast a line":         {1.25e9, []step{{0, 0, one, 0, true}, {100, 10, one, 0, true}}},
		"restart":                 {gigabit, []step{{50, 0, one, 0, true}, {100, 10, sign{run: 2}, 0, true}, {150, 20, sign{run: 2}, 50, false}}},
		"discontinuity":           {gigabit, []step{{50, 0, one, 0, true}, {100, 10, sign{1, 77}, 0, true}}},
	} {
		var n narrow
		last := int64(0)
		for i, s := range c.steps {
			at := (1700000000 + s.seconds) * 1000
			total, start := n.advance(s.raw, at, s.sign, c.fastest)
			if total != s.total || (start != last) != s.begins || s.begins && start != at {
				t.Errorf("%s, step %d: total %d from %d, want %d", name, i, total, start, s.total)
			}
			last = start
		}
	}
}

// TestNarrowTotalIsWhatWasCounted: however often a counter wraps, the total is
// what was counted, as long as the line is slow enough.
func TestNarrowTotalIsWhatWasCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var n narrow
		raw, at, want := rapid.Uint32().Draw(t, "first"), int64(1_700_000_000_000), uint64(0)
		n.advance(raw, at, sign{run: 1}, 12.5e6)
		for range rapid.IntRange(1, 100).Draw(t, "polls") {
			more := rapid.Uint32Range(0, 125_000_000).Draw(t, "more")
			raw, at, want = raw+more, at+10_000, want+uint64(more)
			if got, _ := n.advance(raw, at, sign{run: 1}, 12.5e6); got != want {
				t.Fatalf("total %d, want %d", got, want)
			}
		}
	})
}
