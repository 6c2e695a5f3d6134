package counterd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/counterd/line"
	"plimsoll/counterd/spool"
	"plimsoll/internal/metric"
)

// What the ticker keeps in the spool each second, so that a daemon that is
// killed loses no more than its last one. An entry's kind is
//
//	bits 0–2  line.Kind
//	bits 3–5  record.state
//	bit 6     a stamp: Start is the end of its interval, Value what it brings
//	bit 7     of a stamp: Value is a delta of a gauge
//
// and its Raw the key of the record. Of a counter the running total is kept, not
// the increase: the daemon that follows goes on with it, so that the store sees
// no reset and what it has already cannot count twice.
const (
	kindBits  = 0b111
	stateBit  = 3
	stampBit  = 1 << 6
	deltaBit  = 1 << 7
	stateBits = (mapped | reserve) << stateBit
)

func entryKind(s *record) uint8 { return uint8(s.kind) | s.state&(mapped|reserve)<<stateBit }

// keepMembers notes what a set gained.
func (t *ticker) keepMembers(h *harvest) {
	if t.spool == nil || len(h.members) == 0 {
		return
	}
	e := t.entry(h.series)
	e.Members = slices.Collect(maps.Keys(h.members))
	t.entries = append(t.entries, e)
}

// keepStamp notes a value with its time.
func (t *ticker) keepStamp(s *record, st *stamp) {
	if t.spool == nil {
		return
	}
	e := t.entry(s)
	e.Kind |= stampBit
	e.Start, e.Value = st.end, st.sample.Value/st.sample.Rate
	if st.sample.Delta {
		e.Kind |= deltaBit
	}
	t.entries = append(t.entries, e)
}

func (t *ticker) entry(s *record) spool.Entry {
	return spool.Entry{Labels: s.labels, Raw: s.key, Kind: entryKind(s)}
}

// keep writes down what this second changed.
func (t *ticker) keep(at int64) {
	if t.spool == nil {
		return
	}
	mark := t.mark()
	t.each(func(_ int, _ uint32, s *record) {
		if s.touched != mark || !s.filled || s.kind == line.Set {
			return
		}
		e := t.entry(s)
		e.Value, e.Start = s.value, s.start
		if isTiming(s.kind) {
			e.Value, e.Sketch = 0, s.rich.second
		}
		if t.entries = append(t.entries, e); len(t.entries) >= parcelSize {
			t.append(at)
		}
	})
	if len(t.entries) > 0 {
		t.append(at)
	}
}

func (t *ticker) append(at int64) {
	t.noteSpool(t.spool.Append(at, t.entries))
	clear(t.entries)
	t.entries = t.entries[:0]
}

// noteSpool says once that the spool fails, and once that it works again.
func (t *ticker) noteSpool(err error) {
	switch {
	case err != nil && !t.spoolFailing:
		t.log.Error("the spool of the counters fails: a crash would lose up to one flush interval", "error", err)
	case err == nil && t.spoolFailing:
		t.log.Info("the spool of the counters works again")
	}
	t.spoolFailing = err != nil
}

// resume takes over what the daemon before left in the spool, and then what this
// one gathered meanwhile. Intervals that ended go out with their own time.
func (t *ticker) resume(ctx context.Context, now time.Time) error {
	var err error
	if t.spool != nil {
		err = t.restore(now.UnixMilli())
	}
	t.hold = false
	for _, s := range t.held {
		t.advance(s.at)
		for _, h := range s.harvests {
			t.reap(s.at, h)
		}
		t.finish(ctx, s.at, goesOn)
	}
	t.held = nil
	return err
}

// second is what was gathered in one second while ticks are held.
type second struct {
	at       int64
	harvests []harvest
}

func (t *ticker) gather(at int64) second {
	s := second{at: at}
	t.harvest(at, func(h harvest) { s.harvests = append(s.harvests, h) })
	return s
}

func (t *ticker) restore(now int64) error {
	seconds := 0
	err := t.spool.Replay(func(at int64, entries []spool.Entry) error {
		// The second before at lies in the interval that begins here.
		if begin := t.boundary(at - 1); seconds == 0 || begin < t.lastFlush {
			t.lastFlush = begin
		} else if begin > t.lastFlush {
			t.send(t.lastFlush + t.flush)
			t.lastFlush = begin
		}
		seconds++
		for i := range entries {
			t.restoreEntry(&entries[i])
		}
		t.each(func(_ int, _ uint32, s *record) {
			if isTiming(s.kind) {
				s.rich.closeSecond()
			}
		})
		t.last = at
		return nil
	})
	if err != nil {
		return fmt.Errorf("restore the open interval of the counters: %w", err)
	}
	if begin := t.boundary(now); seconds > 0 && begin > t.lastFlush {
		t.send(t.lastFlush + t.flush)
		t.lastFlush = begin
	}
	t.last = max(t.last, t.lastFlush)
	if seconds > 0 {
		t.log.Info("took over what the counter daemon before left", "seconds", seconds)
	}
	return nil
}

// restoreEntry merges one entry into its series.
func (t *ticker) restoreEntry(e *spool.Entry) {
	shard, id, s := t.registry.restore(e)
	if s == nil {
		return // its name belongs to another now
	}
	t.alive[shard].chunks = t.shards[shard].chunks()
	t.alive[shard].ids.grow(id + 1)
	t.alive[shard].ids.set(id)
	s.touched = t.mark()
	if e.Kind&stampBit != 0 {
		sample := line.Sample{Kind: s.kind, Value: e.Value, Rate: 1, Delta: e.Kind&deltaBit != 0}
		t.stamped.add(s, stamp{end: e.Start, sample: sample})
		return
	}
	s.filled = true
	switch {
	case isTiming(s.kind):
		s.reap(&harvest{series: s, gathered: gathered{sketch: e.Sketch}}, 0, t.mark())
	case s.kind == line.Set:
		members := map[string]struct{}{}
		for _, m := range e.Members {
			members[m] = struct{}{}
		}
		s.rich.join(members)
	default:
		s.value, s.start = e.Value, e.Start
	}
}

// restore finds or makes the series of an entry, in the first shard. It returns
// nil when somebody else has its name.
func (r *registry) restore(e *spool.Entry) (int, uint32, *record) {
	raw, tags, _ := strings.Cut(e.Raw, "|")
	c := claim{
		kind: line.Kind(e.Kind & kindBits), raw: []byte(raw), tags: []byte(tags),
		name: e.Labels.Get(metric.NameLabel), labels: e.Labels, state: e.Kind & stateBits >> stateBit,
	}
	if int(c.kind) >= line.Kinds {
		return 0, 0, nil
	}
	sh := r.shards[0]
	sh.mu.Lock()
	defer sh.mu.Unlock()
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
	return r.placeLocked(sh.slab.at(id).series)
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
