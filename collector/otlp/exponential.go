package otlp

import (
	"math"
	"time"

	native "github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// The scales that a sketch can hold, and the finest of its own: what is finer is
// made coarser on the way.
const (
	minScale = -4
	maxScale = 6
)

// reach is how long ago a cumulative histogram may have begun that is seen for
// the first time, to be taken as that of one interval.
const reach = 2 * time.Minute

// maxHistoryBuckets bounds the buckets of the histograms of a request, and of those
// that are remembered.
const maxHistoryBuckets = 4 << 20

func bucketsOf(h *native.FloatHistogram) int { return len(h.PositiveBuckets) + len(h.NegativeBuckets) }

// history is a cumulative histogram as it was last told.
type history struct {
	at, start int64 // in ms
	is        *native.FloatHistogram
}

// pendingHistory is to be kept when the samples of its request are.
type pendingHistory struct {
	series uint64
	history
}

// exponential puts the timing of an interval.
func (b *batch) exponential(l labels.Labels, p *point) {
	at, start := millis(p.at), began(p)
	if p.ended() {
		return // a timing has no stale marker: the interval is just not there
	}
	h, reason := p.native()
	if reason != "" {
		b.refuse(l, at, reason)
		return
	}
	if b.buckets += bucketsOf(h); b.buckets > maxHistoryBuckets {
		b.refuse(l, at, reasonTooMany)
		return
	}
	if b.in.temporality == cumulative {
		now := history{at, start, h}
		if h, start, reason = b.since(l, now); h == nil {
			if reason != "" {
				b.refuse(l, at, reason)
			}
			return
		}
	}
	s, err := sketch.FromHistogram(h)
	switch {
	case err != nil:
		b.refuse(l, at, reasonBuckets)
	case s.Count() > 0:
		start = min(start, at-1) // an interval is at least of the clock's grain
		b.put(metric.Sample{Labels: l, Kind: metric.Timing, At: at, Start: start, Sketch: s})
	}
}

// since returns what came since the histogram was last told, and when that was;
// nil when there is nothing to compare it with.
func (b *batch) since(l labels.Labels, now history) (h *native.FloatHistogram, start int64, reason string) {
	if reason := b.unfit(l, now.at); reason != "" {
		return nil, 0, reason
	}
	series := l.Hash()
	last := b.last(series)
	if last != nil && now.at <= last.at {
		return nil, 0, reasonLate
	}
	b.next = append(b.next, pendingHistory{series, now})
	switch {
	case last == nil:
		if now.start > 0 && now.at-now.start <= reach.Milliseconds() {
			return now.is, now.start, ""
		}
		return nil, 0, ""
	case now.start > last.start+1 || now.is.DetectReset(last.is):
		return now.is, max(now.start, last.at), ""
	}
	h, _, _, err := now.is.Copy().Sub(last.is)
	if err != nil {
		return nil, 0, reasonBuckets
	}
	return h, last.at, ""
}

// last returns how a histogram was last told, by this request or before.
func (b *batch) last(series uint64) *history {
	for i := len(b.next) - 1; i >= 0; i-- {
		if b.next[i].series == series {
			return &b.next[i].history
		}
	}
	return b.totals.lastOf(series)
}

func (t *totals) lastOf(series uint64) *history {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.by[series]; e != nil {
		return e.Value.(*total).last
	}
	return nil
}

// keep keeps histograms as they were told.
func (t *totals) keep(all []pendingHistory) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range all {
		it, _ := t.useLocked(p.series)
		t.buckets -= it.buckets()
		it.last = &p.history
		t.buckets += it.buckets()
	}
	for t.buckets > maxHistoryBuckets {
		t.dropLocked(t.order.Back())
	}
}

// native returns the point as Prometheus has it, and why there is none.
func (p *point) native() (*native.FloatHistogram, string) {
	if p.scale < minScale {
		return nil, reasonScale
	}
	if !p.positive.bounded() || !p.negative.bounded() {
		return nil, reasonBuckets
	}
	finer := max(p.scale-maxScale, 0)
	h := &native.FloatHistogram{
		Schema: min(p.scale, maxScale), ZeroThreshold: p.zeroThreshold, ZeroCount: float64(p.zeroCount),
		Count: float64(p.count), Sum: p.sum, CounterResetHint: native.UnknownCounterReset,
	}
	if finer > 31 || math.IsNaN(p.sum) || math.IsNaN(p.zeroThreshold) {
		return nil, reasonScale
	}
	h.PositiveSpans, h.PositiveBuckets = p.positive.spans(finer)
	h.NegativeSpans, h.NegativeBuckets = p.negative.spans(finer)
	return h, ""
}

// bounded says whether buckets are few, and of magnitudes that there are.
func (b buckets) bounded() bool {
	const most = 1 << 30 // the greatest float64 at the finest scale
	return len(b.counts) <= maxBuckets && b.offset >= -most && b.offset <= most
}

// spans returns buckets whose resolution is reduced by 2^finer. Prometheus counts
// them from one further up.
func (b buckets) spans(finer int32) ([]native.Span, []float64) {
	if len(b.counts) == 0 {
		return nil, nil
	}
	first := b.offset >> finer
	last := int32((int64(b.offset) + int64(len(b.counts)) - 1) >> finer)
	merged := make([]float64, int(last)-int(first)+1)
	for i, n := range b.counts {
		merged[int32((int64(b.offset)+int64(i))>>finer)-first] += float64(n)
	}
	return []native.Span{{Offset: first + 1, Length: uint32(len(merged))}}, merged
}
