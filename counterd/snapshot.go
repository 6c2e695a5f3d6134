package counterd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/counterd/admin"
	"plimsoll/counterd/line"
	"plimsoll/internal/sketch"
)

// lookWithin is how long somebody waits for a look at the records, besides the
// live interval.
const lookWithin = 2 * time.Second

var errNoLook = errors.New("the counter daemon has no time to look now: try again")

// look has the ticker, which owns the values, call fn at its next tick, after it
// took in what the lines brought and before it flushes. Readers go on meanwhile.
func (s *Server) look(ctx context.Context, fn func(*ticker)) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Live+lookWithin)
	defer cancel()
	done := make(chan struct{}) // closed by the ticker, once
	ask := func(t *ticker) {
		defer close(done)
		if ctx.Err() == nil {
			fn(t)
		}
	}
	select {
	case s.asks <- ask:
	case <-ctx.Done():
		return errNoLook
	}
	select {
	case <-done:
		return ctx.Err()
	case <-ctx.Done():
		return errNoLook // fn may run yet, and nobody reads what it makes
	}
}

// answer calls those who asked for a look.
func (t *ticker) answer() {
	for _, fn := range t.asked {
		fn(t)
	}
	t.asked = nil
}

// snapshot copies the series of a kind.
func (t *ticker) snapshot(k admin.Kind) []admin.Series {
	var out []admin.Series
	t.each(func(_ int, _ uint32, s *record) {
		if adminKind(s.kind) == k && (s.filled || s.kind != line.Gauge) {
			out = append(out, s.show())
		}
	})
	return out
}

// remove forgets the series that match, as if they had been idle for too long,
// and reports those that a reader used since the tick began.
func (t *ticker) remove(k admin.Kind, pattern string) (gone, busy []string) {
	t.each(func(shard int, id uint32, s *record) {
		if adminKind(s.kind) != k || !s.matches(pattern) {
			return
		}
		name := s.called()
		if !t.registry.expire(makeRef(shard, id)) {
			busy = append(busy, name)
			return
		}
		t.alive[shard].ids.clear(id)
		delete(t.stamped, s)
		gone = append(gone, name)
	})
	t.registry.bury()
	return gone, busy
}

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

// called is the raw name with what tells its series apart: NAME, NAME|#TAGS, and
// ok_NAME:1 and ok_NAME:0 for the two counters of a yes-or-no.
func (s *record) called() string {
	_, tags, tagged := strings.Cut(s.key, "|")
	name := s.spelling()
	switch s.kind {
	case line.OK:
		name += ":1"
	case line.Fail:
		name += ":0"
	}
	switch {
	case tags == otherTags:
		return name + "|#" + otherLabel
	case tagged:
		return name + "|#" + tags
	}
	return name
}

// matches has the patterns of etsy's del… words: a name, or a.b.* for all below.
func (s *record) matches(pattern string) bool {
	if folder, is := strings.CutSuffix(pattern, "*"); is && strings.HasSuffix(folder, ".") {
		return strings.HasPrefix(s.spelling(), folder)
	}
	return pattern == s.spelling() || pattern == s.called()
}

// show says what the open interval brought, or what a gauge stands at.
func (s *record) show() admin.Series {
	out := admin.Series{Name: s.called(), Value: s.value}
	switch {
	case isTiming(s.kind):
		out.Timing = timing(s.rich.window, s.kind)
	case s.kind == line.Set:
		out.Value = float64(len(s.rich.members))
	case s.kind != line.Gauge:
		out.Value = float64(s.recent)
	}
	return out
}

// timing sums up a sketch, whose seconds become the milliseconds that were sent.
func timing(w *sketch.Sketch, k line.Kind) *admin.Timing {
	if w == nil || w.Count() == 0 {
		return &admin.Timing{}
	}
	unit := 1.0
	if k == line.Millis {
		unit = 1000
	}
	return &admin.Timing{
		Count: w.Count(), Lower: w.Min() * unit, Upper: w.Max() * unit,
		Sum: w.Sum() * unit, Mean: w.Mean() * unit, Std: w.Stddev() * unit,
	}
}

// snapshotOf and deleteAll are look with an answer.
func (s *Server) snapshotOf(ctx context.Context, k admin.Kind) (out []admin.Series, err error) {
	if err := s.look(ctx, func(t *ticker) { out = t.snapshot(k) }); err != nil {
		return nil, fmt.Errorf("list the series: %w", err)
	}
	return out, nil
}

// deleteTries bounds the ticks that a series has to be still at.
const deleteTries = 3

// deleteAll tries again what lines came for between the tick and the look.
func (s *Server) deleteAll(ctx context.Context, k admin.Kind, pattern string) (gone, busy []string, err error) {
	for range deleteTries {
		var more []string
		if err := s.look(ctx, func(t *ticker) { more, busy = t.remove(k, pattern) }); err != nil {
			return nil, nil, fmt.Errorf("delete %q: %w", pattern, err)
		}
		if gone = append(gone, more...); len(busy) == 0 {
			break
		}
	}
	return gone, busy, nil
}
