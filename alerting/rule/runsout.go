package rule

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"plimsoll/internal/metric"
)

// RunsOut is trouble that comes: what is used reaches its limit, or what is left
// its end, sooner than Within. The early end of the interval of package trend
// counts; a forecast of the capacity planner goes before it.
//
//	runs_out: {of: used_bytes, limit: size_bytes, within: 720h, critical_within: 168h, lead_time: 504h}
type RunsOut struct {
	// Of is what is used. Without a Limit, it is what is left and runs out at 0.
	Of string `yaml:"of"`
	// Limit is a number, or PromQL that gives one for each series of Of, with the
	// same labels.
	Limit string `yaml:"limit"`
	// Within is how near the end must be, 30 days if it is 0; CriticalWithin how
	// near to be critical; 0: never.
	Within         time.Duration `yaml:"within"`
	CriticalWithin time.Duration `yaml:"critical_within"`
	// LeadTime is how long it takes to get more; 0: nobody asks.
	LeadTime time.Duration `yaml:"lead_time"`
	// History is how much of the past is looked at, 30 days if it is 0, in points
	// that are Resolution apart (1h), or farther where they would be too many.
	History    time.Duration `yaml:"history"`
	Resolution time.Duration `yaml:"resolution"`
	// TimeZone is that of the dates in texts, by its IANA name; empty: UTC.
	TimeZone string `yaml:"time_zone"`
}

const (
	day = 24 * time.Hour
	// morePoints make a line no better and cost their square.
	maxPoints = 240
	// clearFactor is how much farther than Within the end must be to be well.
	clearFactor = 1.25
)

func (o *RunsOut) defaults(c Config) Config {
	filled := *o
	for _, d := range []struct {
		at    *time.Duration
		value time.Duration
	}{
		{&filled.Within, 30 * day},
		{&filled.History, 30 * day},
		{&filled.Resolution, time.Hour},
		{&c.Interval, 10 * time.Minute},
		{&c.NoData, time.Hour},
	} {
		if *d.at == 0 {
			*d.at = d.value
		}
	}
	if c.Class == "" {
		c.Class = metric.Resource
	}
	c.RunsOut = &filled
	return c
}

func (o *RunsOut) validate(c Config, bad complaint) {
	validOf(o.Of, bad)
	o.validateLimit(bad)
	if o.Within < time.Hour {
		bad("within", "%v is less than 1h", o.Within)
	}
	if o.CriticalWithin < 0 || o.CriticalWithin >= o.Within {
		bad("critical_within", "%v is not between 0 and within, %v", o.CriticalWithin, o.Within)
	}
	if o.CriticalWithin > 0 && c.Severity == metric.Critical {
		bad("critical_within", "the severity of the rule is critical already")
	}
	if o.LeadTime < 0 {
		bad("lead_time", "%v is negative", o.LeadTime)
	}
	if o.Resolution < time.Minute || o.History < 48*o.Resolution {
		bad("history", "%v has fewer than 48 points of resolution, %v, which must be 1m or more", o.History, o.Resolution)
	}
	if _, err := time.LoadLocation(o.TimeZone); err != nil {
		bad("time_zone", "%v", err)
	}
}

func (o *RunsOut) validateLimit(bad complaint) {
	if o.Limit == "" {
		return
	}
	e, err := parse(o.Limit)
	if err != nil {
		bad("limit", "%v", err)
		return
	}
	if t := e.Type(); t != parser.ValueTypeVector && t != parser.ValueTypeScalar {
		bad("limit", "gives a %s, and must be a number or an instant vector", parser.DocumentedType(t))
	}
	if v, err := strconv.ParseFloat(o.Limit, 64); err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		bad("limit", "%v is not a finite number", v)
	}
}

// exprs are what is shown and drawn; the trend is worked out here.
func (o *RunsOut) exprs() (expr, clear string) {
	if o.Limit == "" {
		return operand(o.Of), ""
	}
	return fmt.Sprintf("%s / %s", operand(o.Of), operand(o.Limit)), ""
}

func (*RunsOut) summary() string {
	return "{{ with $labels.mountpoint }}{{ . }} on {{ $labels.instance }} is full{{ else }}it runs out{{ end }} {{ $when }}"
}

// grade judges a value, the seconds that are left.
func (o *RunsOut) grade(mild metric.Severity) func(float64) metric.Severity {
	if o.CriticalWithin == 0 {
		return nil
	}
	return func(left float64) metric.Severity {
		if left <= o.CriticalWithin.Seconds() {
			return metric.Critical
		}
		return mild
	}
}

// step is how far apart the points are.
func (o *RunsOut) step() time.Duration {
	return max(o.Resolution, (o.History / maxPoints).Truncate(time.Second))
}
