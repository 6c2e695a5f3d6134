package counterd

import (
	"context"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
)

// liveIdle is how long an idle series is shown each second; after that, at
// flushes only.
const liveIdle = time.Minute

// showLive shows the state after this second, with each timing's sketch of this
// second alone, and moves these sketches into the flush's.
func (t *ticker) showLive(ctx context.Context, at int64) {
	idle := t.now() - min(t.now(), uint32(liveIdle.Milliseconds()/100))
	flushes := t.boundary(at) != t.lastFlush
	t.each(func(_ int, _ uint32, s *record) {
		if s.filled && t.live != nil && (s.touched > idle || flushes) {
			var second *sketch.Sketch
			if isTiming(s.kind) {
				second = t.orEmpty(s.rich.second)
			}
			t.show(s.sample(t.last, at, second))
			if len(t.batch) == parcelSize {
				t.showAll(ctx)
			}
		}
		if isTiming(s.kind) {
			s.rich.closeSecond()
		}
	})
	// The second's sketches are merged when the live window has seen them: Put
	// does not keep what it is given.
	t.showAll(ctx)
}

func (t *ticker) show(s metric.Sample) {
	if t.live != nil {
		t.batch = append(t.batch, s)
	}
}

// showAll puts what was gathered for the live window.
func (t *ticker) showAll(ctx context.Context) {
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
	clear(t.batch)
	t.batch = t.batch[:0]
}

// closeSecond moves the second's sketch into the flush's.
func (r *rich) closeSecond() {
	switch {
	case r.second == nil:
	case r.window == nil:
		r.window = r.second
	default:
		r.window.Merge(r.second)
	}
	r.second = nil
}

func (t *ticker) orEmpty(s *sketch.Sketch) *sketch.Sketch {
	if s == nil {
		return t.empty
	}
	return s
}
