package counterd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"plimsoll/counterd/admin"
	"plimsoll/counterd/listen"
)

// shown ticks, and returns what a look at that tick sees of a kind.
func (b *bench) shown(k admin.Kind, seconds int) (out []admin.Series) {
	b.ticker.asked = append(b.ticker.asked, func(t *ticker) { out = t.snapshot(k) })
	b.tick(seconds)
	slices.SortFunc(out, func(a, b admin.Series) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// removed ticks, and deletes at that tick.
func (b *bench) removed(k admin.Kind, pattern string, seconds int) (gone, busy []string) {
	var r removed
	b.ticker.asked = append(b.ticker.asked, func(t *ticker) { r = t.remove(k, pattern) })
	b.tick(seconds)
	slices.Sort(r.gone)
	return r.gone, r.busy
}

func TestSnapshotShowsTheOpenInterval(t *testing.T) {
	b := newBench(t, nil)
	b.lines("hits:3|c\nhits:2|c|@0.5\nhits:1|c|#host:a\nok_login:1\nok_login:0\ntemp:21|g\nusers:bob|s\nusers:eve|s\nq:10|ms\nq:30|ms\nsize:5|d\n")
	want := map[admin.Kind][]admin.Series{
		admin.Counters: {{Name: "hits", Value: 7}, {Name: "hits|#host:a", Value: 1}, {Name: "ok_login:0", Value: 1}, {Name: "ok_login:1", Value: 1}},
		admin.Gauges:   {{Name: "temp", Value: 21}},
		admin.Sets:     {{Name: "users", Value: 2}},
		admin.Timers: {
			{Name: "q", Timing: &admin.Timing{Count: 2, Lower: 10, Upper: 30, Sum: 40, Mean: 20, Std: 10}},
			{Name: "size", Timing: &admin.Timing{Count: 1, Lower: 5, Upper: 5, Sum: 5, Mean: 5}},
		},
	}
	for i, k := range []admin.Kind{admin.Counters, admin.Gauges, admin.Sets, admin.Timers} {
		if diff := gocmp.Diff(want[k], b.shown(k, i+1)); diff != "" {
			t.Errorf("kind %d -want +got:\n%s", k, diff)
		}
	}
	if got := b.shown(admin.Counters, 10); got[0].Value != 7 {
		t.Errorf("at the tick that flushes: %v", got)
	}
	if got := b.shown(admin.Counters, 11); got[0].Value != 0 || got[0].Name != "hits" {
		t.Errorf("after the flush: %v", got)
	}
	if got := b.shown(admin.Timers, 12); *got[0].Timing != (admin.Timing{}) {
		t.Errorf("after the flush: %v", got[0].Timing)
	}
}

func TestDeleteForgetsByNameAndFolder(t *testing.T) {
	b := newBench(t, nil)
	b.lines("a.b.x:1|c\na.b.y:1|c\na.bc:1|c\na.b.x:1|g\nz:1|c|#k:v\nz:1|c\n")
	b.tick(1)
	for i, c := range []struct{ pattern, gone string }{
		{"a.b.*", "a.b.x; a.b.y"},
		{"a.b.*", ""},
		{"a.b*", ""},
		{"*", ""},
		{"z|#k:v", "z|#k:v"},
		{"z", "z"},
		{"a.bc", "a.bc"},
	} {
		gone, busy := b.removed(admin.Counters, c.pattern, i+2)
		if sorted(gone) != c.gone || len(busy) > 0 {
			t.Errorf("%s: gone %q, busy %q", c.pattern, gone, busy)
		}
	}
	if got := b.shown(admin.Counters, 12); len(got) != 0 {
		t.Errorf("left: %v", got)
	}
	if got := b.shown(admin.Gauges, 13); len(got) != 1 {
		t.Errorf("gauges left: %v", got)
	}
	b.lines("a.b.x:5|c\n")
	if got := b.shown(admin.Counters, 14); len(got) != 1 || got[0].Value != 5 {
		t.Errorf("begun again: %v", got)
	}
}

func TestDeleteLeavesWhatLinesComeFor(t *testing.T) {
	b := newBench(t, nil)
	b.lines("busy:1|c\n")
	b.ticker.asked = append(b.ticker.asked, func(*ticker) { b.lines("busy:1|c\n") }) // after the swap
	gone, busy := b.removed(admin.Counters, "busy", 1)
	if len(gone) != 0 || sorted(busy) != "busy" {
		t.Errorf("gone %q, busy %q", gone, busy)
	}
	if gone, busy := b.removed(admin.Counters, "busy", 2); sorted(gone) != "busy" || len(busy) != 0 {
		t.Errorf("at the next tick, which has the line: gone %q, busy %q", gone, busy)
	}
	if got := b.tick(10); len(got) != 0 {
		t.Errorf("the flush has %v", got)
	}
}

// Whoever asked may be gone before the ticker has the answer.
func TestLookThatTimesOut(t *testing.T) {
	b := newBench(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp, done := make(chan struct{}), make(chan struct{})
	go func() { // the ticker; the test waits for it
		defer close(done)
		(<-b.asks)(b.ticker)
	}()
	got, err := look(ctx, b.Server, func(*ticker) []string {
		cancel()
		<-gaveUp
		return []string{"late"}
	})
	close(gaveUp)
	<-done
	if got != nil || !errors.Is(err, errNoLook) {
		t.Errorf("%q, %v", got, err)
	}
}

// The ticker is at work on the answer when they give up: run with -race.
func TestSnapshotAndDeleteThatTimeOut(t *testing.T) {
	b := newBench(t, nil)
	for i := range 5000 {
		b.lines(fmt.Sprintf("n%d:1|c", i))
	}
	b.tick(1)
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := b.snapshotOf(ctx, admin.Counters); return err },
		func(ctx context.Context) error { _, _, err := b.deleteAll(ctx, admin.Counters, "n1"); return err },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { // the ticker; the test waits for it
			defer close(done)
			fn := <-b.asks
			go cancel() // nobody waits: it ends at once
			fn(b.ticker)
		}()
		if err := ask(ctx); err != nil && !errors.Is(err, errNoLook) {
			t.Error(err)
		}
		<-done
	}
}

func TestDeleteForgetsStampsToo(t *testing.T) {
	b := newBench(t, nil)
	b.lines(fmt.Sprintf("g:7|g|T%d\n", noon.Unix()+5))
	if gone, _ := b.removed(admin.Gauges, "g", 1); sorted(gone) != "g" {
		t.Fatalf("gone %q", gone)
	}
	if got := b.tick(10); len(got) != 0 {
		t.Errorf("the flush has %v", got)
	}
}

func TestLookWaitsForTheTickAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newPipe()
		c := Default()
		c.Listen, c.Listeners = nil, []listen.Listener{in}
		s, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		desk := s.Admin(time.Now)
		if _, err := desk.Snapshot(t.Context(), admin.Counters); !errors.Is(err, errNoLook) {
			t.Errorf("before Run: %v", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		in.send("a:1|c\n")
		synctest.Wait()
		began := time.Now()
		got, err := desk.Snapshot(ctx, admin.Counters)
		if err != nil || len(got) != 1 || got[0].Value != 1 || time.Since(began) > c.Live {
			t.Errorf("%v after %v: %v", got, time.Since(began), err)
		}
		gone, busy, err := desk.Delete(ctx, admin.Counters, "a")
		if sorted(gone) != "a" || len(busy) > 0 || err != nil {
			t.Errorf("gone %q, busy %q: %v", gone, busy, err)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// BenchmarkSnapshot100000 is how long the ticker is kept from other work.
func BenchmarkSnapshot100000(b *testing.B) {
	d := newBench(b, nil)
	for i := range 100_000 {
		d.lines(fmt.Sprintf("app.name%d:1|c\n", i))
	}
	d.tick(1)
	for b.Loop() {
		if got := d.ticker.snapshot(admin.Counters); len(got) != 100_000 {
			b.Fatal(len(got))
		}
	}
}
