package counterd

import (
	"plimsoll/internal/metric"
)

// send ends the flush interval at the instant at.
func (t *ticker) send(at int64) {
	emit := func(metric.Sample) {}
	if t.outbox != nil {
		t.parcel = t.outbox.buffer()
		emit = func(s metric.Sample) {
			if t.parcel = append(t.parcel, s); len(t.parcel) == parcelSize {
				t.outbox.push(parcel{samples: t.parcel, spooled: t.canLeave()})
				t.parcel = t.outbox.buffer()
			}
		}
	}
	t.stamped.due(at, emit)
	t.each(func(_ int, _ uint32, s *record) {
		if !s.filled {
			return
		}
		t.sendOne(s, at, emit)
	})
	t.loss.flush(at, emit)
	if t.outbox != nil {
		t.outbox.push(parcel{samples: t.parcel, spooled: t.canLeave(), ends: &mark{at, t.turn}})
		t.parcel = nil
	}
	t.lastFlush = at
	for _, s := range t.shards {
		s.noteFlush(at)
	}
	t.kept.gap = false
}

func (t *ticker) sendOne(s *record, at int64, emit func(metric.Sample)) {
	s.recent = 0
	if !needsRich(s.kind) {
		emit(s.sample(t.lastFlush, at, nil))
		return
	}
	window := s.rich.window
	if isTiming(s.kind) {
		window = t.orEmpty(window)
	}
	emit(s.sample(t.lastFlush, at, window))
	if s.rich.compat != nil {
		s.rich.compat.samples(at, window, emit)
	}
	s.rich.window, s.rich.members = nil, nil
}

// expire forgets the series that were idle for too long, and those that were
// made for a line that was refused after all.
func (t *ticker) expire() {
	idle := func(r *record) bool { return r.touched == 0 || int64(t.now()-r.touched)*100 >= t.idle[r.kind] }
	t.each(func(shard int, id uint32, s *record) {
		if !idle(s) || len(t.stamped[s]) > 0 {
			return
		}
		if t.registry.expire(makeRef(shard, id)) {
			t.alive[shard].ids.clear(id)
		}
	})
	t.registry.expireAliases(idle)
	t.registry.bury()
}
