package counterd

import (
	"context"
	"log/slog"
	"time"

	"plimsoll/counterd/line"
	"plimsoll/counterd/spool"
	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// ticker merges the epochs of all shards and makes the samples. One goroutine
// runs it; instants are Unix milliseconds.
type ticker struct {
	shards     []*shard
	registry   *registry
	outbox     *outbox // nil without a Sink
	spool      *spool.Spool
	live       metric.Sink
	log        *slog.Logger
	putTimeout time.Duration
	flush      int64
	idle       [line.Kinds]int64

	born            int64 // no counter began before
	last, lastFlush int64
	age             int64        // how long it ran, in milliseconds
	alive           []population // by shard
	stamped         stamped
	parcel          []metric.Sample // being filled
	batch           []metric.Sample // of the live window, used again
	entries         []spool.Entry   // used again
	empty           *sketch.Sketch
	loss            *loss
	watch           *watch
	liveFailing     bool
	kept            kept
	tidied          mark // what the spool was told that the Sink has
	turn            int  // how often the clock was set back

	hold     bool     // ticks wait for the spool of the daemon before
	held     []second // what they brought
	restored bool     // the open interval comes from there, and may be over

	asked []func(*ticker) // who waits for a look at the records
}

// population is the series of one shard.
type population struct {
	chunks []*chunk
	ids    bitmap
}

func (p *population) at(id uint32) *record { return &p.chunks[id/chunkSize][id%chunkSize] }

// newTicker begins the first epoch at now.
func newTicker(c Config, r *registry, out *outbox, l *loss, now time.Time) *ticker {
	t := &ticker{
		shards: r.shards, registry: r, outbox: out, spool: c.Spool, live: c.LiveSink, log: c.Logger,
		putTimeout: c.PutTimeout, flush: c.Flush.Milliseconds(), idle: c.idle(),
		alive: make([]population, len(r.shards)), stamped: stamped{}, empty: new(sketch.Sketch),
		loss: l, watch: new(watch),
	}
	t.born = metric.Millis(now)
	t.last = multiple(t.born, c.Live.Milliseconds())
	t.lastFlush = t.boundary(t.last)
	for _, s := range r.shards {
		s.swap(t.lastFlush) // for the shards to know it
	}
	return t
}

// boundary returns the multiple of flush at or before the instant.
func (t *ticker) boundary(at int64) int64 { return multiple(at, t.flush) }

// multiple returns the last multiple of every at or before an instant, both in
// milliseconds since 1970: time.Truncate counts from another year.
func multiple(at, every int64) int64 { return at - at%every }

// tick ends the epoch at the instant at, which is a multiple of the live
// interval, or any instant when it is the last one.
func (t *ticker) tick(ctx context.Context, at int64, end ending) {
	if t.hold {
		t.asked = nil // they do not wait that long
		t.held = append(t.held, t.gather(at))
		return
	}
	if end == lastTick || end == handOver {
		at = max(at, t.lastFlush+1) // never the same instant twice
	}
	t.enter(at)
	t.restored = false
	t.advance(at)
	t.harvest(at, func(h harvest) { t.reap(at, h) })
	t.finish(ctx, at, end)
}

// ending says what the tick is the last of.
type ending uint8

const (
	goesOn    ending = iota
	lastTick         // of the daemon: the open interval is flushed
	handOver         // of this process: the next one goes on with the spool
	catchesUp        // none: the second was held
)

// advance moves the ticker's own time. A clock that was set counts as a flush at
// most: nobody was idle meanwhile.
func (t *ticker) advance(at int64) { t.age += min(max(at-t.last, 1), t.flush) }

// now is the age as records keep it, in tenths of a second; 0 is never.
func (t *ticker) now() uint32 { return uint32(t.age/100) + 1 }

// finish shows, keeps and sends what the epoch that ended at at brought.
func (t *ticker) finish(ctx context.Context, at int64, end ending) {
	if at < t.last {
		t.turn++ // the clock was set back
	}
	t.keep(at, end)
	t.tidy() // not after the flush: what outlives it is kept in the next second
	t.showLive(ctx, at)
	t.loss.show(at, t.show)
	t.showAll(ctx)
	if end != catchesUp { // what is held may still point to what they take away
		t.answer() // before the flush: the open interval is whole
	}
	boundary := t.boundary(at)
	switch {
	case end == handOver && t.canLeave():
	case end == lastTick, end == handOver:
		t.keepEnd(at)
		t.send(at)
	case boundary != t.lastFlush: // also when the clock went back
		t.send(boundary)
		if end != catchesUp { // what is held may still bring something
			t.expire()
		}
	}
	t.last = at
}

// harvest swaps the epochs of all shards and gives out what they brought. For
// gauges that several records brought, what was set comes before deltas.
func (t *ticker) harvest(at int64, fn func(harvest)) {
	flushed := t.lastFlush
	if t.hold { // the daemon before flushes
		flushed = max(flushed, t.boundary(at-1))
	}
	epochs := make([]swapped, len(t.shards))
	for i, s := range t.shards {
		epochs[i] = s.swap(flushed)
	}
	t.watch.begin(at)
	var deltas []harvest
	for i := range epochs {
		e := &epochs[i]
		t.alive[i].chunks = e.chunks
		for _, id := range e.fresh {
			t.alive[i].ids.grow(id + 1)
			t.alive[i].ids.set(id)
		}
		// First: what a series got for an earlier time came before it got lines
		// without one.
		for _, st := range e.stamps {
			r := e.at(st.id)
			r.use(t.now())
			fn(harvest{series: r.series(), stamp: &st})
		}
		e.touched.each(func(id uint32) {
			e.touched.clear(id)
			r := e.at(id)
			if r.use(t.now()) {
				return
			}
			h := r.take(e.epoch)
			t.watch.see(&h)
			if h.series.kind == line.Gauge && !h.isSet {
				deltas = append(deltas, h)
				return
			}
			fn(h)
		})
	}
	for _, h := range deltas {
		fn(h)
	}
	t.watch.end()
}

// reap merges one harvest into its series.
func (t *ticker) reap(at int64, h harvest) {
	if h.stamp != nil {
		s := h.series
		s.touched = t.now()
		before := s.value
		s.apply(&h.stamp.sample, h.stamp.end-t.flush)
		at := told{h.stamp.end, s.value, s.value - before}
		t.stamped[s] = append(t.stamped[s], at)
		t.keepStamp(s, at)
		return
	}
	t.keepMembers(&h)
	h.series.reap(&h, t.start(at), t.now())
}

// start is where a counter that is touched for the first time stood at zero: a
// daemon that follows another within one flush must not look like it.
func (t *ticker) start(at int64) int64 {
	start := max(t.boundary(t.last), t.born)
	if start > at { // the clock was set back
		start = t.boundary(at) - t.flush
	}
	return start
}

// each calls fn with every series that is alive.
func (t *ticker) each(fn func(shard int, id uint32, s *record)) {
	for i := range t.alive {
		p := &t.alive[i]
		p.ids.each(func(id uint32) { fn(i, id, p.at(id)) })
	}
}
