package rule

import (
	"fmt"
	"math"
	"time"

	"plimsoll/alerting/trend"
)

// farAway is when a date tells nobody anything any more.
const farAway = 100 * 365 * day

// when says when something runs out, as people say it: "on 3 March ± 4 days;
// order by 10 February". The order is by the early end of the interval.
func (o *RunsOut) when(out trend.RunOut, now time.Time) string {
	left := out.At - seconds(now)
	if left <= 0 {
		return "now"
	}
	text := "at " + o.date(out.Early, now) + " the earliest"
	half := (out.Late - out.Early) / 2
	if left < farAway.Seconds() && half < farAway.Seconds() {
		text = "on " + o.date(out.At, now) + plusMinus(half)
		if hours(half) && left < (3*day).Seconds() {
			text = "on " + o.date(out.At, now) + ", " + o.in(out.At).Format("15:04") + plusMinus(half)
		}
	}
	if o.LeadTime == 0 {
		return text
	}
	order := out.Early - o.LeadTime.Seconds()
	if order <= seconds(now) {
		return text + "; order now"
	}
	return text + "; order by " + o.date(order, now)
}

// until says how long something lasts at least.
func (o *RunsOut) until(out trend.RunOut, now time.Time) string {
	if out.Early-seconds(now) > farAway.Seconds() {
		return "as far as can be seen"
	}
	return "before " + o.date(out.Early, now)
}

// date writes an instant of Unix time, with its year if it is another one.
func (o *RunsOut) date(at float64, now time.Time) string {
	t := o.in(at)
	if t.Year() != o.in(seconds(now)).Year() {
		return t.Format("2 January 2006")
	}
	return t.Format("2 January")
}

func (o *RunsOut) in(at float64) time.Time {
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		zone = time.UTC // Validate has refused it
	}
	return time.Unix(int64(at), 0).In(zone)
}

// hours reports whether half an interval is told in hours.
func hours(half float64) bool { return half < (36 * time.Hour).Seconds() }

// plusMinus writes half an interval in seconds, rounded up; nothing if it is
// less than half an hour.
func plusMinus(half float64) string {
	unit, word := day, "day"
	if hours(half) {
		unit, word = time.Hour, "hour"
	}
	if half < (30 * time.Minute).Seconds() {
		return ""
	}
	n := math.Ceil(half / unit.Seconds())
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf(" ± %.0f %s", n, word)
}
