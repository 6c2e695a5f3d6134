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
// took in what the lines brought and before it flushes, and returns what fn does.
// Readers go on meanwhile.
func look[T any](ctx context.Context, s *Server, fn func(*ticker) T) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Live+lookWithin)
	defer cancel()
	answer := make(chan T, 1) // room for the one, so that the ticker never waits
	ask := func(t *ticker) {
		if ctx.Err() == nil {
			answer <- fn(t)
		}
	}
	var none T
	select {
	case s.asks <- ask:
	case <-ctx.Done():
		return none, errNoLook
	}
	select {
	case out := <-answer:
		return out, nil
	case <-ctx.Done():
		return none, errNoLook // fn may run yet, and nobody takes its answer
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

// removed are the names of series that were forgotten, and of those that were not,
// because a reader used them since the tick began.
type removed struct{ gone, busy []string }

// remove forgets the series that match, as if they had been idle for too long.
func (t *ticker) remove(k admin.Kind, pattern string) (r removed) {
	t.each(func(shard int, id uint32, s *record) {
		if adminKind(s.kind) != k || !s.matches(pattern) {
			return
		}
		name := s.called()
		if !t.registry.expire(makeRef(shard, id)) {
			r.busy = append(r.busy, name)
			return
		}
		t.alive[shard].ids.clear(id)
		delete(t.stamped, s)
		r.gone = append(r.gone, name)
	})
	t.registry.bury()
	return r
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
	case tags == otherTags && isReserved(name):
		return name
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
func (s *Server) snapshotOf(ctx context.Context, k admin.Kind) ([]admin.Series, error) {
	out, err := look(ctx, s, func(t *ticker) []admin.Series { return t.snapshot(k) })
	if err != nil {
		return nil, fmt.Errorf("list the series: %w", err)
	}
	return out, nil
}

// deleteTries bounds the ticks that a series has to be still at.
const deleteTries = 3

// deleteAll tries again what lines came for between the tick and the look.
func (s *Server) deleteAll(ctx context.Context, k admin.Kind, pattern string) (gone, busy []string, err error) {
	for range deleteTries {
		r, err := look(ctx, s, func(t *ticker) removed { return t.remove(k, pattern) })
		if err != nil {
			return nil, nil, fmt.Errorf("delete %q: %w", pattern, err)
		}
		gone, busy = append(gone, r.gone...), r.busy
		if len(busy) == 0 {
			break
		}
	}
	return gone, busy, nil
}
