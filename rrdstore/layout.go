package rrdstore

import (
	"math"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// layout is the schema of archives, and the empty file of it, made when it is
// first wanted.
type layout struct {
	schema rrdfile.Schema
	ending string // of the files' names

	once     sync.Once // guards the making of what follows
	template []byte
	err      error
}

func newClass(name string, c Class, heartbeat time.Duration) *class {
	out := &class{Class: c, name: name, heartbeat: heartbeat}
	out.gauge = &layout{schema: out.plainSchema("value"), ending: ".rrd"}
	out.counter = &layout{schema: out.plainSchema("rate"), ending: ".rrd"}
	for _, t := range c.Tiers {
		out.timing = append(out.timing, &layout{schema: timerSchema(t), ending: "@" + t.name() + ".rrd"})
	}
	return out
}

// xff is how much of a row may be unknown.
const xff = 0.5

// plainSchema is the file of a gauge or a counter: all tiers in one.
func (c *class) plainSchema(ds string) rrdfile.Schema {
	step := c.Tiers[0].seconds()
	s := rrdfile.Schema{
		Step: step,
		DS:   []rrdfile.DS{{Name: ds, Type: "GAUGE", Heartbeat: int64(c.heartbeat / time.Second), Min: math.NaN(), Max: math.NaN()}},
	}
	for _, cf := range []string{"AVERAGE", "MAX", "MIN"} {
		for _, t := range c.Tiers {
			if c.keeps(t, cf) {
				s.RRA = append(s.RRA, rrdfile.RRA{CF: cf, Rows: t.rows(), Steps: t.seconds() / step, XFF: xff})
			}
		}
	}
	return s
}

// timerSchema is the file of one tier of a timing: one archive, one row each
// interval, so that nothing is ever averaged.
func timerSchema(t Tier) rrdfile.Schema {
	s := rrdfile.Schema{
		Step: t.seconds(),
		RRA:  []rrdfile.RRA{{CF: "AVERAGE", Rows: t.rows(), Steps: 1, XFF: xff}},
	}
	for _, name := range timerDS {
		s.DS = append(s.DS, rrdfile.DS{Name: name, Type: "GAUGE", Heartbeat: t.seconds(), Min: math.NaN(), Max: math.NaN()})
	}
	return s
}

// layout is that of an archive's file.
func (a *archive) layout() *layout {
	c := a.series.class
	switch a.series.kind {
	case metric.Timing:
		return c.timing[a.tier]
	case metric.Counter:
		return c.counter
	}
	return c.gauge
}

func (l *layout) empty() ([]byte, error) {
	l.once.Do(func() { l.template, l.err = librrd.Template(l.schema) })
	return l.template, l.err
}

// fits tells whether a file has the columns that the layout asks for, and, of a
// timing, its step. Else its shape may be another, as after a change of the tiers.
func (l *layout) fits(s *rrdfile.Schema) bool {
	if len(s.DS) > 1 && s.Step != l.schema.Step {
		return false
	}
	return slices.EqualFunc(s.DS, l.schema.DS, func(a, b rrdfile.DS) bool {
		return a.Name == b.Name && a.Type == b.Type
	})
}

// shapes tells whether a file has the layout's resolutions and heartbeats.
func (l *layout) shapes(s *rrdfile.Schema) bool {
	return s.Step == l.schema.Step && slices.Equal(s.RRA, l.schema.RRA) &&
		slices.EqualFunc(s.DS, l.schema.DS, func(a, b rrdfile.DS) bool { return a.Heartbeat == b.Heartbeat })
}

// tiersOf are the tiers that the averages of a file are kept in, finest first.
func tiersOf(s *rrdfile.Schema) []Tier {
	var tiers []Tier
	for _, r := range s.RRA {
		if step := time.Duration(r.Steps*s.Step) * time.Second; r.CF == "AVERAGE" {
			tiers = append(tiers, Tier{step, time.Duration(r.Rows) * step})
		}
	}
	return tiers
}
