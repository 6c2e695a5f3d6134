package counterd

import (
	"maps"
	"slices"

	"plimsoll/counterd/line"
	"plimsoll/counterd/spool"
)

// What the ticker keeps in the spool each second, so that a daemon that is
// killed loses no more than its last one. An entry's kind is
//
//	bits 0–2  line.Kind, or noteKind
//	bits 3–5  record.state
//	bit 6     a line told a time: Start is the end of its interval, Value what
//	          it brought to a counter, or what the gauge stood at then
//
// and its Raw the key of the record. Of a counter the running total is kept, not
// the increase: the daemon that follows goes on with it, so that the store sees
// no reset and what it has already cannot count twice. Of a timing there is the
// sketch of the second, of a set its new members.
//
// What was touched in a second is kept with it. What must outlive the flush that
// covers this second is kept again in the first second after it: the gauges, to
// which others add, and stamps that wait for a later interval. The last second
// before a hand-over has all series, so that none begins anew.
//
// A note has neither labels nor value, but says in Raw what happened then.
const (
	kindBits  = 0b111
	noteKind  = kindBits // no line.Kind is as great
	stateBit  = 3
	stampBit  = 1 << 6
	stateBits = (mapped | reserve) << stateBit

	noteEnded  = "ended"  // the interval ended at this very instant
	noteStamps = "stamps" // those that follow are all that wait
)

func entryKind(s *record) uint8 { return uint8(s.kind) | s.state&(mapped|reserve)<<stateBit }

// kept is what the ticker knows of its spool.
type kept struct {
	interval int64 // lastFlush, when gauges and stamps were kept last
	failing  bool
	gap      bool // something since the last flush is missing
	owed     bool // all series, since what was touched in a second is missing
}

// keepMembers notes what a set gained.
func (t *ticker) keepMembers(h *harvest) {
	if t.spool == nil || len(h.members) == 0 {
		return
	}
	e := t.entry(h.series)
	e.Members = slices.Collect(maps.Keys(h.members))
	t.entries = append(t.entries, e)
}

// keepStamp notes what a series stood at when a line told a time.
func (t *ticker) keepStamp(s *record, at told) {
	if t.spool == nil {
		return
	}
	e := t.entry(s)
	e.Kind |= stampBit
	e.Start, e.Value = at.end, at.more
	if s.kind == line.Gauge {
		e.Value = at.value
	}
	t.entries = append(t.entries, e)
}

// keepStamps notes all that wait, anew.
func (t *ticker) keepStamps() {
	if len(t.stamped) == 0 {
		return
	}
	t.entries = append(t.entries, spool.Entry{Kind: noteKind, Raw: noteStamps})
	for s, all := range t.stamped {
		for i := range all {
			t.keepStamp(s, all[i])
		}
	}
}

func (t *ticker) entry(s *record) spool.Entry {
	return spool.Entry{Labels: s.labels, Raw: s.key, Kind: entryKind(s)}
}

// keep writes down what this second changed, and what a flush would cover.
func (t *ticker) keep(at int64, end ending) {
	if t.spool == nil {
		return
	}
	all := end == handOver || t.kept.owed && !t.kept.failing
	begins := t.kept.interval != t.lastFlush
	t.kept.interval = t.lastFlush
	if all {
		t.kept.owed = false // until one of them cannot be written
	}
	if all || begins {
		t.keepStamps()
	}
	mark := t.now()
	t.each(func(_ int, _ uint32, s *record) {
		touched := s.touched == mark && s.kind != line.Set // whose members are there already
		carried := all || begins && s.kind == line.Gauge
		if !s.filled || !touched && !carried {
			return
		}
		t.keepSeries(s)
		if len(t.entries) >= parcelSize {
			t.append(at)
		}
	})
	t.append(at)
}

func (t *ticker) keepSeries(s *record) {
	e := t.entry(s)
	switch {
	case isTiming(s.kind):
		e.Sketch = s.rich.second
	case s.kind != line.Set:
		e.Value, e.Start = s.value, s.start
	}
	t.entries = append(t.entries, e)
}

// keepEnd writes down that the interval is sent as it ended, not at a multiple
// of flush: should this process die before it knows that the Sink has it, the
// next one sends the same again, which the Sink refuses if it has.
func (t *ticker) keepEnd(at int64) {
	if t.spool == nil {
		return
	}
	t.entries = append(t.entries, spool.Entry{Kind: noteKind, Raw: noteEnded})
	t.append(at)
}

func (t *ticker) append(at int64) {
	if len(t.entries) == 0 {
		return
	}
	err := t.spool.Append(at, t.entries)
	if err != nil {
		t.kept.gap, t.kept.owed = true, true
	}
	t.noteSpool(err)
	clear(t.entries)
	t.entries = t.entries[:0]
}

// noteSpool says once that the spool fails, and once that it works again.
func (t *ticker) noteSpool(err error) {
	switch {
	case err != nil && !t.kept.failing:
		t.log.Error("the spool of the counters fails: a crash would lose up to one flush interval", "error", err)
	case err == nil && t.kept.failing:
		t.log.Info("the spool of the counters works again")
	}
	t.kept.failing = err != nil
}

// canLeave tells whether the spool has all of the open interval.
func (t *ticker) canLeave() bool { return t.spool != nil && !t.kept.gap }

// mark is a flush that the Sink has. A clock that was set back since makes it
// void: seconds that were kept after it may have earlier times.
type mark struct {
	at   int64
	turn int
}

// tidy drops from the spool what is safe with the Sink, and says so once.
func (t *ticker) tidy() {
	if t.spool == nil || t.outbox == nil {
		return
	}
	m := t.outbox.deliveredUpTo()
	if m == t.tidied || m.turn != t.turn {
		return
	}
	err := t.spool.Delivered(m.at)
	if err == nil {
		t.tidied = m
	}
	t.noteSpool(err)
}
