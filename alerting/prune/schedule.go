package prune

import (
	"fmt"
	"slices"
	"time"
)

const (
	weekLength = 7 * dayLength
	// A window is narrow enough to be a habit, and has most of what happened.
	widestWindow = 3 * time.Hour
	windowShare  = 0.95
	// Days, or weeks, on which it must have happened.
	leastDays, leastWeeks = 7, 4
	// margin is added to both ends of the window that is proposed.
	margin = 10 * time.Minute
)

// schedule finds a rule that fires at the same time of each day, or of each
// week, and that nobody acted on: a backup, a report.
func (b *book) schedule(name string) (Suggestion, bool) {
	episodes := b.byRule[name]
	if slices.ContainsFunc(episodes, func(e Episode) bool { return e.Acted }) {
		return Suggestion{}, false
	}
	for _, k := range []struct {
		cycle time.Duration
		least int
	}{{weekLength, leastWeeks}, {dayLength, leastDays}} {
		if w, ok := b.habit(episodes, k.cycle, k.least); ok {
			return b.atThatTime(name, episodes, w), true
		}
	}
	return Suggestion{}, false
}

// habit is a window of a cycle, from its begin: Monday 0:00 or midnight.
type habit struct {
	cycle       time.Duration
	from, until time.Duration // until may lie behind the end of the cycle
	in, of      int           // occasions
	longest     time.Duration // of the episodes
}

func (b *book) habit(episodes []Episode, cycle time.Duration, least int) (habit, bool) {
	begins := occasions(episodes)
	cycles := map[int64]bool{}
	places := make([]time.Duration, len(begins))
	for i, at := range begins {
		n, place := placeIn(at.In(b.now.Location()), cycle)
		cycles[n], places[i] = true, place
	}
	if len(cycles) < least {
		return habit{}, false
	}
	slices.Sort(places)
	h := narrowest(places, cycle)
	p := float64(h.until-h.from) / float64(cycle)
	// By chance it is one of as many windows as there are occasions.
	if h.until-h.from > widestWindow || float64(h.of)*byChance(h.of-1, h.in-1, p) > unlikely {
		return habit{}, false
	}
	for i := range episodes {
		if !episodes[i].Ended.IsZero() {
			h.longest = max(h.longest, episodes[i].lasted(b.now))
		}
	}
	return h, true
}

// placeIn returns which cycle at is in and where, by the clock on the wall.
func placeIn(at time.Time, cycle time.Duration) (n int64, place time.Duration) {
	monday := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	wall := time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), 0, time.UTC).Sub(monday)
	return int64(wall / cycle), wall % cycle
}

// narrowest returns the narrowest window, around the cycle's end too, that has
// the share of the places, which are sorted.
func narrowest(places []time.Duration, cycle time.Duration) habit {
	n := len(places)
	most := int(windowShare*float64(n) + 0.999)
	best := habit{cycle: cycle, until: cycle, in: most, of: n}
	for i := range places {
		j := i + most - 1
		until := places[j%n]
		if j >= n {
			until += cycle
		}
		if until-places[i] < best.until-best.from {
			best.from, best.until = places[i], until
		}
	}
	return best
}

func (b *book) atThatTime(name string, episodes []Episode, h habit) Suggestion {
	from := (h.from - margin).Truncate(time.Minute)
	until := (h.until + h.longest + margin).Truncate(time.Minute) + time.Minute
	zone, shift := b.now.Location().String(), time.Duration(0)
	if zone == "Local" { // which is no zone to be named elsewhere
		_, east := b.now.Zone()
		zone, shift = "", -time.Duration(east)*time.Second
	}
	return Suggestion{
		ID: string(Schedule) + "/" + name, Rule: name, Kind: Schedule,
		Text: fmt.Sprintf("%d of %d occasions began within %s of the same time (%s), and nobody acted on any: what runs then?",
			h.in, h.of, spell(h.until-h.from), entry(h.cycle, from, until)),
		Change:     downtime(name, entry(h.cycle, from+shift, until+shift), zone),
		Evidence:   evidence(episodes, map[string]float64{"occasions": float64(h.of), "in_window": float64(h.in), "window_seconds": (h.until - h.from).Seconds()}),
		Confidence: float64(h.in) / float64(h.of),
	}
}

// entry writes a window as package period reads it.
func entry(cycle, from, until time.Duration) string {
	from = (from + cycle) % cycle
	days := "daily"
	if cycle == weekLength {
		days = time.Weekday((from/dayLength + 1) % 7).String()[:3]
	}
	return fmt.Sprintf("%s %s-%s", days, clock(from), clock(until))
}

func clock(d time.Duration) string {
	d = (d + weekLength) % dayLength
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}
