package counterd

import (
	"context"
	"log/slog"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// ticker merges the epochs of all shards and makes the samples. One goroutine
// runs it; instants are Unix milliseconds.
type ticker struct {
	shards      []*shard
	registry    *registry
	outbox      *outbox // nil without a Sink
	live        metric.Sink
	log         *slog.Logger
	putTimeout  time.Duration
	flush, idle int64

	born            int64 // no counter began before
	last, lastFlush int64
	age             int64 // how long it ran, in milliseconds, at least 1 once it ticked
	alive           []*series
	batch           []metric.Sample // of the live window, used again
	empty           *sketch.Sketch
	liveFailing     bool
}

// newTicker begins the first epoch at now.
func newTicker(c Config, shards []*shard, r *registry, out *outbox, now time.Time) *ticker {
	t := &ticker{
		shards: shards, registry: r, outbox: out, live: c.LiveSink, log: c.Logger,
		putTimeout: c.PutTimeout, flush: c.Flush.Milliseconds(), idle: c.IdleExpiry.Milliseconds(),
		empty: new(sketch.Sketch),
	}
	t.born = metric.Millis(now)
	t.last = metric.Millis(now.Truncate(c.Live))
	t.lastFlush = t.boundary(t.last)
	return t
}

// boundary returns the multiple of flush at or before the instant.
func (t *ticker) boundary(at int64) int64 { return at - at%t.flush }

// tick ends the epoch at the instant at, which is a multiple of the live
// interval, or any instant when it is the last one.
func (t *ticker) tick(ctx context.Context, at int64, last bool) {
	// A clock that was set counts as a flush at most: nobody was idle meanwhile.
	t.age += min(max(at-t.last, 1), t.flush)
	t.collect(at)
	t.showLive(ctx, at)
	boundary := t.boundary(at)
	switch {
	case last:
		t.send(max(at, t.lastFlush+1)) // never the same instant twice
	case boundary != t.lastFlush: // also when the clock went back
		t.send(boundary)
		t.expire()
	}
	t.last = at
}

// collect merges what the readers counted since the last tick.
func (t *ticker) collect(at int64) {
	type taken struct {
		slots []*slot
		epoch int
	}
	all := make([]taken, len(t.shards))
	for i, s := range t.shards {
		all[i].slots, all[i].epoch = s.swap()
	}
	t.alive = append(t.alive, t.registry.takeFresh()...)
	// A daemon that follows another within one flush must not look like it.
	start := max(t.boundary(t.last), t.born)
	if start > at { // the clock was set back
		start = t.boundary(at) - t.flush
	}
	for _, deltas := range [...]bool{false, true} { // gauges: what was set, then deltas
		for _, a := range all {
			for _, sl := range a.slots {
				acc := &sl.acc[a.epoch]
				if acc.touched && (sl.kind == gauge && !acc.isSet) == deltas {
					sl.series.take(acc, start, t.age)
				}
			}
		}
	}
}

// showLive puts the state after this second, with each timing's sketch of this
// second alone, and moves these sketches into the flush's.
func (t *ticker) showLive(ctx context.Context, at int64) {
	t.batch = t.batch[:0]
	for _, s := range t.alive {
		if s.touched == 0 {
			continue // made after the swap
		}
		if t.live != nil {
			t.batch = append(t.batch, s.sample(t.last, at, t.orEmpty(s.second)))
		}
		switch {
		case s.second == nil:
		case s.window != nil:
			s.window.Merge(s.second)
		case t.live == nil:
			s.window = s.second
		default: // the live window has s.second now
			s.window = s.second.Clone()
		}
		s.second = nil
	}
	if len(t.batch) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, t.putTimeout)
	defer cancel()
	err := accepted(t.live.Put(ctx, t.batch))
	if err != nil && !t.liveFailing {
		t.log.Error("live samples of counters are lost", "error", err)
	}
	t.liveFailing = err != nil
}

func (t *ticker) orEmpty(s *sketch.Sketch) *sketch.Sketch {
	if s == nil {
		return t.empty
	}
	return s
}

// send ends the flush interval at the instant at.
func (t *ticker) send(at int64) {
	var batch []metric.Sample
	if t.outbox != nil {
		batch = make([]metric.Sample, 0, len(t.alive))
	}
	for _, s := range t.alive {
		if s.touched == 0 {
			continue
		}
		if t.outbox != nil {
			batch = append(batch, s.sample(t.lastFlush, at, t.orEmpty(s.window)))
		}
		s.window, s.members = nil, nil
	}
	t.lastFlush = at
	if len(batch) > 0 {
		t.outbox.push(batch)
	}
}

// expire forgets the series that were idle for too long, and those that were
// made for a line that was refused after all.
func (t *ticker) expire() {
	keep := t.alive[:0]
	for _, s := range t.alive {
		idle := s.touched == 0 || t.age-s.touched >= t.idle
		if !idle || !t.registry.expire(s) {
			keep = append(keep, s)
		}
	}
	clear(t.alive[len(keep):])
	t.alive = keep
	for _, s := range t.shards {
		s.forgiveRefused()
	}
}
