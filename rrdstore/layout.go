package rrdstore

import (
	"sync"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// layouts are the schemas of the store's archives, and the empty file of each,
// made when it is first wanted.
type layouts struct {
	gauge, counter *layout
	tiers          []*layout
}

type layout struct {
	schema rrdfile.Schema
	ending string // of the files' names

	once     sync.Once // guards the making of what follows
	template []byte
	err      error
}

func newLayouts(c *Config) layouts {
	l := layouts{
		gauge:   &layout{schema: plainSchema(c, "value"), ending: ".rrd"},
		counter: &layout{schema: plainSchema(c, "rate"), ending: ".rrd"},
	}
	for _, t := range c.Tiers {
		l.tiers = append(l.tiers, &layout{schema: timerSchema(t), ending: "@" + t.name() + ".rrd"})
	}
	return l
}

func (l *layouts) of(a *archive) *layout {
	switch a.series.kind {
	case metric.Timing:
		return l.tiers[a.tier]
	case metric.Counter:
		return l.counter
	}
	return l.gauge
}

func (l *layout) empty() ([]byte, error) {
	l.once.Do(func() { l.template, l.err = librrd.Template(l.schema) })
	return l.template, l.err
}

// fits tells whether a file has the columns that the layout asks for. Its
// archives may differ, as after a change of the tiers.
func (l *layout) fits(s *rrdfile.Schema) bool {
	if s.Step != l.schema.Step || len(s.DS) != len(l.schema.DS) {
		return false
	}
	for i, d := range l.schema.DS {
		if s.DS[i].Name != d.Name || s.DS[i].Type != d.Type {
			return false
		}
	}
	return true
}
