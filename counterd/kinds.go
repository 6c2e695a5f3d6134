package counterd

import (
	"plimsoll/counterd/admin"
	"plimsoll/counterd/line"
)

func adminKind(k line.Kind) admin.Kind {
	switch {
	case isTiming(k):
		return admin.Timers
	case k == line.Gauge:
		return admin.Gauges
	case k == line.Set:
		return admin.Sets
	}
	return admin.Counters
}
