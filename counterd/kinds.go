package counterd

import (
	"plimsoll/counterd/admin"
	"plimsoll/counterd/line"
)

// kindFacts is what differs from kind to kind, besides how values add up.
type kindFacts struct {
	typeName string // the type that people know, and the key of its Expiry
	admin    admin.Kind
	timing   bool // its values become a sketch
	rich     bool // it cannot do without record.rich
}

var factsOf = [line.Kinds]kindFacts{
	line.Counter: {typeName: "counter", admin: admin.Counters},
	line.OK:      {typeName: "counter", admin: admin.Counters},
	line.Fail:    {typeName: "counter", admin: admin.Counters},
	line.Millis:  {typeName: "timing", admin: admin.Timers, timing: true, rich: true},
	line.Value:   {typeName: "timing", admin: admin.Timers, timing: true, rich: true},
	line.Gauge:   {typeName: "gauge", admin: admin.Gauges},
	line.Set:     {typeName: "set", admin: admin.Sets, rich: true},
}

func typeName(k line.Kind) string      { return factsOf[k].typeName }
func adminKind(k line.Kind) admin.Kind { return factsOf[k].admin }
func isTiming(k line.Kind) bool        { return factsOf[k].timing }
func needsRich(k line.Kind) bool       { return factsOf[k].rich }
