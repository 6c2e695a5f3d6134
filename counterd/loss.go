package counterd

import (
	"sync/atomic"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// lostRatio is the series that says which share of a listener's datagrams the
// kernel dropped in an interval: the mark of incompleteness that charts draw.
const lostRatio = "plimsoll_counterd_lost_ratio"

// loss follows what the kernel drops, per address. The ticker owns it.
type loss struct {
	inputs []input
	second []traffic // where the counts stood when the second began
	window []traffic // and the flush

	heard atomic.Int64 // the end of the last second that brought a datagram; anyone reads it
}

// input is an address, with all sockets and shards behind it.
type input struct {
	labels  labels.Labels
	traffic func() traffic
}

// traffic is the datagrams of an address since it was opened.
type traffic struct{ received, dropped uint64 }

func newLoss(inputs []input) *loss {
	return &loss{inputs: inputs, second: make([]traffic, len(inputs)), window: make([]traffic, len(inputs))}
}

// show gives the ratios of the second that ended at at; flush those of the
// interval.
func (l *loss) show(at int64, emit func(metric.Sample)) {
	if l.since(l.second, at, emit) {
		l.heard.Store(at)
	}
}

func (l *loss) flush(at int64, emit func(metric.Sample)) { l.since(l.window, at, emit) }

// since reports whether anything was received.
func (l *loss) since(before []traffic, at int64, emit func(metric.Sample)) (heard bool) {
	for i, in := range l.inputs {
		now := in.traffic()
		received, dropped := now.received-before[i].received, now.dropped-before[i].dropped
		before[i] = now
		heard = heard || received > 0
		ratio := 0.0
		if dropped > 0 {
			ratio = float64(dropped) / float64(received+dropped)
		}
		emit(metric.Sample{Labels: in.labels, At: at, Value: ratio})
	}
	return heard
}
