package counterd

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/counterd/line"
	"plimsoll/counterd/spool"
	"plimsoll/internal/metric"
)

// second is what was gathered in one second while ticks are held.
//
// BUG: the seconds that are held have no bound of their own: some 50 bytes for
// each name that a second touched, for as long as the process before takes to
// end, for which internal/app waits a minute at most.
type second struct {
	at       int64
	harvests []harvest
}

func (t *ticker) gather(at int64) second {
	s := second{at: at}
	t.harvest(at, func(h harvest) { s.harvests = append(s.harvests, h) })
	return s
}

// resume takes over what the daemon before left in the spool, and then what this
// one gathered meanwhile. Intervals that ended go out with their own time.
func (t *ticker) resume(ctx context.Context) (err error) {
	if t.spool != nil {
		err = t.restore()
	}
	t.hold = false
	for _, s := range t.held {
		t.catchUp(ctx, s)
	}
	t.held = nil
	return err
}

// enter makes sure that the interval which holds the second before at is open.
// The one that was restored is over otherwise, and goes out.
func (t *ticker) enter(at int64) {
	begin := t.boundary(at - 1)
	if !t.restored || begin <= t.lastFlush {
		return
	}
	t.send(t.lastFlush + t.flush)
	t.lastFlush = begin
	t.last = max(t.last, begin)
}

// catchUp is a tick for a second that was held. What belongs to an interval that
// the daemon before has flushed already counts into the next: the Sink takes
// nothing for an instant that it has.
func (t *ticker) catchUp(ctx context.Context, s second) {
	at := s.at
	if t.boundary(at-1) < t.lastFlush {
		at = t.lastFlush + 1
	}
	t.enter(at)
	t.advance(at)
	for _, h := range s.harvests {
		t.reap(at, h)
	}
	t.finish(ctx, at, catchesUp)
}

// restore reads the spool.
func (t *ticker) restore() error {
	records, foreign := 0, 0
	err := t.spool.Replay(func(at int64, entries []spool.Entry) error {
		t.reopen(at)
		records++
		for i := range entries {
			if !t.restoreEntry(at, &entries[i]) {
				foreign++
			}
		}
		t.each(func(_ int, _ uint32, s *record) {
			if isTiming(s.kind) {
				s.rich.closeSecond()
			}
		})
		return nil
	})
	if err != nil {
		err = fmt.Errorf("restore the open interval of the counters: %w", err)
	}
	if records > 0 {
		t.log.Info("took over what the counter daemon before left",
			"until", metric.Time(t.last), "refused_series", foreign)
	}
	return err
}

// reopen goes to the interval that holds the second before at.
func (t *ticker) reopen(at int64) {
	t.enter(at)
	t.restored, t.lastFlush, t.last = true, t.boundary(at-1), at
}

// restoreEntry merges one entry into its series. It reports false when the name
// belongs to another now.
func (t *ticker) restoreEntry(at int64, e *spool.Entry) bool {
	if e.Kind&kindBits == noteKind {
		t.heed(at, e.Raw)
		return true
	}
	shard, id, s := t.registry.restore(e)
	if s == nil {
		return false
	}
	t.alive[shard].chunks = t.shards[shard].chunks()
	t.alive[shard].ids.grow(id + 1)
	t.alive[shard].ids.set(id)
	s.touched = t.now()
	if e.Kind&stampBit != 0 {
		t.restoreStamp(s, e)
		return true
	}
	s.filled = true
	switch {
	case isTiming(s.kind):
		s.reap(&harvest{series: s, gathered: gathered{sketch: e.Sketch}}, 0, t.now())
	case s.kind == line.Set:
		members := map[string]struct{}{}
		for _, m := range e.Members {
			members[m] = struct{}{}
		}
		s.rich.join(members)
	default:
		s.value, s.start = e.Value, e.Start
	}
	return true
}

// restoreStamp restores what a line told with its time. A series that has lines
// without one as well has all that in its value.
func (t *ticker) restoreStamp(s *record, e *spool.Entry) {
	at := told{end: e.Start, value: e.Value}
	if s.kind != line.Gauge {
		at.value, at.more = s.value+e.Value, e.Value
	}
	t.stamped[s] = append(t.stamped[s], at)
	if !s.filled {
		s.value, s.start = at.value, cmp.Or(s.start, e.Start-t.flush)
	}
}

// untell takes back what restoreStamp did: all that waits is told anew.
func (t *ticker) untell() {
	for s, all := range t.stamped {
		for _, at := range all {
			if !s.filled {
				s.value -= at.more
			}
		}
	}
	clear(t.stamped)
}

// heed does what a note says.
func (t *ticker) heed(at int64, note string) {
	switch note {
	case noteStamps:
		t.untell()
	case noteEnded:
		begin := t.lastFlush
		t.send(at)
		t.lastFlush = begin // the same interval goes on, as after a start
	}
}

// orphanMark stands behind the tags of a series that no line finds any more. No
// line holds this byte.
const orphanMark = "\x02"

// restore finds or makes the series of an entry, in the first shard. It returns
// nil when somebody else has its name.
func (r *registry) restore(e *spool.Entry) (int, uint32, *record) {
	if e.Kind&kindBits >= line.Kinds {
		return 0, 0, nil
	}
	sh := r.shards[0]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	c := r.claimOf(e)
	r.mu.Lock()
	defer r.mu.Unlock()
	c.hash = sh.hash(c.kind, c.raw, c.tags)
	id := sh.lookUpLocked(c.hash, c.kind, c.raw, c.tags)
	if id == 0 {
		owner, clash := r.ownerLocked(&c)
		if clash != nil {
			return 0, 0, nil
		}
		if id, _, _ = r.enterLocked(sh, &c, owner, r.findLocked(owner, c.labels)); id == 0 {
			return 0, 0, nil
		}
	}
	return r.placeLocked(sh.slab.at(id).series())
}

// claimOf makes the claim of an entry anew. When lines of its name go elsewhere
// now, because the mapping rules changed, the series is only sent to its end.
func (r *registry) claimOf(e *spool.Entry) claim {
	raw, tags, _ := strings.Cut(e.Raw, "|")
	c := claim{kind: line.Kind(e.Kind & kindBits), raw: []byte(raw), tags: []byte(tags), restored: true}
	state := e.Kind & stateBits >> stateBit
	now := c
	why := r.name(&now)
	if state&reserve == 0 && why == line.Good && now.state == state && labels.Equal(now.labels, e.Labels) {
		return now
	}
	c.name, c.labels, c.state, c.scale = e.Labels.Get(metric.NameLabel), e.Labels, state, now.scale
	if state&reserve == 0 && !strings.HasSuffix(tags, orphanMark) {
		c.tags = append(c.tags, orphanMark...)
	}
	return c
}

// placeLocked finds where a series stands, by its name or its labels.
func (r *registry) placeLocked(s *record) (int, uint32, *record) {
	same := func(id uint32) bool { return r.at(ref(id)) == s }
	id := r.owners.find(r.hashName(s.labels.Get(metric.NameLabel)), same)
	if id == 0 {
		id = r.series.find(hashLabels(s.labels), same)
	}
	return ref(id).shard(), ref(id).id(), s
}

func (s *shard) chunks() []*chunk {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.slab.chunks
}
