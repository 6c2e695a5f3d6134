package counterd

import (
	"context"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

const hour = 3600 // seconds

func TestClockSetAheadForgetsNothing(t *testing.T) {
	b := newBench(t, func(c *Config) { c.IdleExpiry = time.Hour })
	b.lines("load:100|g\nhits:7|c")
	b.tick(10)
	b.lines("hits:1|c")
	b.tick(hour + 20)
	b.lines("load:+5|g")
	got := b.tick(hour + 30)
	if g := find(t, got, `{__name__="load"}`); g.Value != 105 {
		t.Errorf("the gauge is %g, want 105", g.Value)
	}
	if c := find(t, got, `{__name__="hits_total"}`); c.Value != 8 || c.Start != at(0) {
		t.Errorf("the counter began again: %+v", c)
	}
}

func TestIdlenessCountsOnAfterTheClockWasSet(t *testing.T) {
	for _, step := range []int{hour, -hour} {
		b := newBench(t, func(c *Config) { c.IdleExpiry = time.Minute })
		b.lines("load:100|g")
		b.tick(10)
		for s := 20; s < 60; s += 10 {
			if got := b.tick(step + s); len(got) != 1 {
				t.Fatalf("step %d: forgotten at second %d", step, s)
			}
		}
		for s := 60; s <= 90; s += 10 {
			b.tick(step + s)
		}
		if n := b.Stats().Series; n != 0 {
			t.Errorf("step %d: %d idle series are left", step, n)
		}
	}
}

// strict is a Sink that refuses what is not newer than the last, as the store does.
type strict struct {
	memory
	last map[string]int64
}

func (s *strict) Put(ctx context.Context, batch []metric.Sample) error {
	var refused *metric.RefusedError
	for _, m := range batch {
		if key := m.Labels.String(); m.At > s.last[key] {
			s.last[key] = m.At
			_ = s.memory.Put(ctx, []metric.Sample{m})
			continue
		}
		refused = refused.Refuse(m, "late")
	}
	return refused.OrNil()
}

func TestClockSetBackAnHourIsOnlyRefused(t *testing.T) {
	sink := &strict{last: map[string]int64{}}
	b := newBench(t, func(c *Config) { c.Sink = sink })
	b.lines("hits:1|c")
	b.tick(hour)
	sink.take()
	for s := 10; s < hour; s += 10 {
		b.lines("hits:1|c\nfresh:1|c")
		b.tick(s)
	}
	got := sink.take()
	if f := got[0]; len(got) != hour/10-1 || f.Name() != "fresh_total" || f.At != at(10) || f.Start != at(0) {
		t.Errorf("%d samples of the name that came after the step, the first %+v", len(got), f)
	}
	if st := b.Stats(); st.Refused != 2*(hour/10-1) || st.SinkErrors != 0 || st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
	b.tick(hour + 10)
	if c := find(t, sink.take(), `{__name__="hits_total"}`); c.Value != hour/10 || c.At != at(hour+10) {
		t.Errorf("once the time is reached again: %+v", c)
	}
}
