package counterd

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/counterd/listen"
)

// leave ends a daemon for one that took over its sockets.
func (l *lives) leave(b *bench, seconds int) {
	l.t.Helper()
	b.ticker.tick(context.Background(), at(seconds), handOver)
	b.deliver()
	b.ticker.tidy()
	if err := b.ticker.spool.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// Both read for a while; every line counts once, in the interval that is open.
func TestHandOverWithinAnInterval(t *testing.T) {
	l := newLives(t)
	old := l.start(0)
	old.lines("hits:1|c\nidle:7|c\nload:100|g\nu:a|s\nq:100\nquiet:5")
	old.tick(10)
	l.sent()
	old.lines("hits:1|c\nq:100\nu:a|s")
	old.tick(11)
	next := l.born(11)
	next.lines("hits:10|c\nq:300\nu:b|s\nload:+1|g")
	old.lines("hits:1|c")
	next.tick(12)
	old.tick(12)
	old.lines("q:100\nu:c|s")
	l.leave(old, 13)
	next.lines("hits:10|c\nlate:1|c")
	next.tick(13)
	next.tick(14)
	l.wants("before", nothing...)
	l.takeOver(next)
	next.lines("idle:1|c")
	next.tick(20)
	l.wants("after", "20 hits_total 23 since 0", "20 idle_total 8 since 0", "20 load 101", "20 u 3",
		"20 q_seconds n=3 sum=0.5 p50=0.1 since 10", "20 quiet_seconds n=0 sum=0 p50=NaN since 10", "20 late_total 1 since 11")
}

var nothing []string

// The next one takes long: intervals go out with their own time.
func TestHandOverOverSeveralIntervals(t *testing.T) {
	l := newLives(t)
	old := l.start(0)
	old.lines("hits:1|c\nq:100")
	old.tick(5)
	next := l.born(5)
	l.leave(old, 6)
	for s := 6; s <= 35; s++ {
		next.lines("hits:1|c\nq:200")
		next.tick(s)
	}
	l.takeOver(next)
	next.tick(40)
	l.wants("all",
		"10 hits_total 6 since 0", "10 q_seconds n=6 sum=1.1 p50=0.2 since 0",
		"20 hits_total 16 since 0", "20 q_seconds n=10 sum=2 p50=0.2 since 10",
		"30 hits_total 26 since 0", "30 q_seconds n=10 sum=2 p50=0.2 since 20",
		"40 hits_total 31 since 0", "40 q_seconds n=5 sum=1 p50=0.2 since 30")
}

// The old one flushed an interval of which the next one had read a part: this
// counts into the next, for the Sink takes nothing twice.
func TestHandOverOverABoundary(t *testing.T) {
	l := newLives(t)
	old := l.start(0)
	old.lines("hits:1|c\nq:100")
	next := l.born(18)
	next.lines("hits:1|c\nq:200\nfresh:1|c")
	next.tick(19)
	next.lines("hits:1|c\nq:200")
	next.tick(20)
	old.tick(20)
	next.lines("hits:1|c\nq:200")
	next.tick(21)
	old.lines("hits:1|c\nq:100")
	l.leave(old, 21)
	l.wants("the old one", "20 hits_total 1 since 0", "20 q_seconds n=1 sum=0.1 p50=0.1 since 0")
	l.takeOver(next)
	next.tick(30)
	l.wants("the next", "30 hits_total 5 since 0", "30 q_seconds n=4 sum=0.7 p50=0.2 since 20", "30 fresh_total 1 since 20")
	if st := next.Stats(); st.Refused != 0 {
		t.Errorf("%d refused", st.Refused)
	}
}

// Nothing that is held expires before it is merged.
func TestHeldSeriesDoNotExpire(t *testing.T) {
	l := newLives(t)
	l.change = func(c *Config) { c.IdleExpiry = 10 * time.Second }
	next := l.born(0)
	for s := 1; s <= 60; s++ {
		if s == 55 {
			next.lines("hits:3|c\nq:100")
		}
		next.tick(s)
	}
	l.takeOver(next)
	l.wants("all", "60 hits_total 3 since 50", "60 q_seconds n=1 sum=0.1 p50=0.1 since 50")
}

// Without a spool that works the open interval is sent, as at any other end.
func TestHandOverWithoutASpool(t *testing.T) {
	l := newLives(t)
	b := newBench(t, func(c *Config) { c.Sink = l.sink })
	b.lines("hits:1|c")
	b.ticker.tick(context.Background(), at(5), handOver)
	b.deliver()
	l.wants("at the end", "5 hits_total 1 since 0")
}

func TestHandOverOfRunningDaemons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(3300 * time.Millisecond)
		l := newLives(t)
		begin := time.Now().Truncate(10 * time.Second).UnixMilli()
		daemon := func(hold bool) (*pipe, func() error, *Server) {
			p, c := newPipe(), Default()
			c.Listen, c.Listeners, c.Sink, c.Hold = nil, []listen.Listener{p}, l.sink, hold
			if !hold {
				c.Spool = l.spool()
			}
			stop, s := running(t, c)
			return p, stop, s
		}
		p, stop, old := daemon(false)
		p.send("hits:1|c\nq:100")
		time.Sleep(time.Second)
		q, stopNext, next := daemon(true)
		q.send("hits:1|c\nq:200")
		time.Sleep(500 * time.Millisecond)
		p.send("hits:1|c\nq:100")
		old.HandOver()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		if err := old.config.Spool.Close(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		q.send("hits:1|c\nq:200")
		time.Sleep(3 * time.Second) // past the boundary
		if got := l.sink.take(); len(got) != 0 {
			t.Fatalf("sent before it took over: %v", got)
		}
		next.Resume(l.spool())
		synctest.Wait()
		got := l.sink.take()
		if s := find(t, got, `{__name__="hits_total"}`); s.Value != 4 || s.At != begin+10_000 || s.Start != begin+3_300 {
			t.Errorf("%+v", s)
		}
		if s := find(t, got, `{__name__="q_seconds"}`); s.Sketch.Count() != 4 || s.At != begin+10_000 {
			t.Errorf("%+v", s)
		}
		if err := stopNext(); err != nil {
			t.Error(err)
		}
	})
}

// A daemon that never could go on says so.
func TestStoppedBeforeItTookOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, c := newPipe(), Default()
		c.Listen, c.Listeners, c.Sink, c.Hold = nil, []listen.Listener{p}, &memory{}, true
		stop, _ := running(t, c)
		p.send("hits:1|c")
		time.Sleep(1500 * time.Millisecond)
		if err := stop(); err == nil || !strings.Contains(err.Error(), "taken over") {
			t.Errorf("%v", err)
		}
	})
}
