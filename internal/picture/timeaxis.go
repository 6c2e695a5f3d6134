package picture

import "time"

const day = 24 * time.Hour

// timeTicks marks the time axis at round instants of UTC, with n marks at most.
func timeTicks(start, end time.Time, n int) []tick {
	step := timeStep(end.Sub(start) / time.Duration(max(n, 1)))
	var ticks []tick
	at := start.UTC().Truncate(step)
	if at.Before(start) {
		at = at.Add(step)
	}
	for ; !at.After(end) && len(ticks) <= n; at = at.Add(step) {
		ticks = append(ticks, tick{float64(at.UnixMilli()), at.Format(timeLayout(at, step))})
	}
	return ticks
}

// timeStep is the least round step that is not under least.
func timeStep(least time.Duration) time.Duration {
	for _, s := range []time.Duration{
		time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
		time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, day, 2 * day, 7 * day, 14 * day,
	} {
		if s >= least {
			return s
		}
	}
	return (least/(30*day) + 1) * 30 * day
}

func timeLayout(at time.Time, step time.Duration) string {
	midnight := at.Equal(at.Truncate(day))
	switch {
	case step >= 90*day:
		return "Jan 2006"
	case midnight:
		return "2 Jan"
	case step < time.Minute:
		return "15:04:05"
	}
	return "15:04"
}

// span says which time is shown: "21 Nov 2026 14:00 – 20:00 UTC".
func span(start, end time.Time) string {
	start, end = start.UTC(), end.UTC()
	layout := "15:04"
	if end.Sub(start) < 10*time.Minute {
		layout = "15:04:05"
	}
	const date = "2 Jan 2006 "
	if start.Truncate(day).Equal(end.Truncate(day)) {
		return start.Format(date+layout) + " – " + end.Format(layout) + " UTC"
	}
	return start.Format(date+layout) + " – " + end.Format(date+layout) + " UTC"
}
