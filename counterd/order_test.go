package counterd

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/counterd/admin"
	"plimsoll/counterd/listen"
)

// What must outlive a flush outlives a kill within the second after it, however
// soon the Sink has the flush.
func TestKilledInTheSecondAfterAFlush(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("load:100|g")
	for s := 1; s <= 20; s++ {
		if s == 15 {
			b.lines(fmt.Sprintf("b:7|c|T%d", at(25)/1000))
		}
		b.ticker.tick(context.Background(), at(s), goesOn)
		b.deliver()
	}
	l.kill() // before second 21
	b = l.start(22)
	b.lines("load:+5|g")
	b.tick(30)
	got := l.sent()
	if got[`30 {__name__="load"}`] != "load 105" || got[`30 {__name__="b_total"}`] == "" {
		t.Errorf("%v", got)
	}
}

// A line that tells its time comes before one that does not: each counts where
// it belongs.
func TestATimeThenNone(t *testing.T) {
	for _, pause := range []int{0, 1, 3} {
		b := newBench(t, nil)
		b.tick(1000)
		b.lines(fmt.Sprintf("g:1|g|T%d\nc:5|c|T%d\ng2:1|g|T%d", at(695)/1000, at(695)/1000, at(1001)/1000))
		for s := 1001; s <= 1001+pause; s++ {
			b.tick(s)
		}
		b.lines("g:9|g\nc:7|c\ng2:9|g")
		want := "c_total 12 @1010; c_total 5 @700; g 1 @700; g 9 @1010; g2 9 @1010"
		if pause == 0 {
			b.tick(1002)
		}
		if got := stampedString(b.tick(1010)); got != want {
			t.Errorf("pause %d: %s\nwant %s", pause, got, want)
		}
	}
}

func TestASeriesWithTimesThatWaitDoesNotExpire(t *testing.T) {
	b := newBench(t, func(c *Config) { c.IdleExpiry = time.Minute })
	b.lines(fmt.Sprintf("old:7|c|T%d", at(15)/1000))
	b.tick(10)
	for s := 20; s <= 120; s += 10 { // the clock was set back an hour
		b.tick(s - hour)
	}
	for s := 130; s <= 200; s += 10 {
		b.lines("new:1|c")
		b.tick(s - hour)
	}
	if s := find(t, b.tick(20), `{__name__="new_total"}`); s.Value != 8 {
		t.Errorf("new_total is %g: it got the time of another series", s.Value)
	}
}

func TestNobodyTakesAwayWhatIsHeld(t *testing.T) {
	l := newLives(t)
	b := l.born(0)
	for s := 1; s <= 2; s++ {
		b.lines("old:5|c")
		b.ticker.tick(context.Background(), at(s), goesOn)
	}
	b.ticker.asked = append(b.ticker.asked, func(t *ticker) {
		t.remove(admin.Counters, "old")
		b.lines("new:1|c") // would take the record that is free
	})
	l.takeOver(b)
	b.tick(10)
	b.tick(20)
	if got := l.sent()[`20 {__name__="new_total"}`]; got != "new_total 1 since 0" && got != "new_total 1 since 10" {
		t.Errorf("%q", got)
	}
}

// A flush that arrives after the clock was set back strikes off no second that
// was kept since.
func TestDeliveredAfterTheClockWasSetBack(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	for _, s := range []int{20, 12, 13} {
		b.lines("hits:1|c")
		b.ticker.tick(context.Background(), at(s), goesOn)
	}
	b.deliver()
	b.ticker.tick(context.Background(), at(14), goesOn)
	l.kill()
	l.sent()
	b = l.start(15)
	b.tick(20)
	b.tick(30)
	if got := l.sent(); got[`30 {__name__="hits_total"}`] != "hits_total 3 since 0" {
		t.Errorf("%v", got)
	}
}

// A daemon that ends before it could take over sends what it has, and says so.
func TestEndWhileHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, sink := newPipe(), &memory{}
		c := Default()
		c.Listen, c.Listeners, c.Sink, c.Hold = nil, []listen.Listener{in}, sink, true
		stop, _ := running(t, c)
		for range 5 {
			in.send("hits:1|c")
			time.Sleep(time.Second)
		}
		in.send("hits:1|c")
		if err := stop(); err == nil {
			t.Error("no error")
		}
		if v := find(t, sink.take(), `{__name__="hits_total"}`).Value; v != 6 {
			t.Errorf("%g of 6 are sent", v)
		}
	})
}

func TestTopWithALongLiveInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newPipe()
		c := Default()
		c.Listen, c.Listeners, c.Live, c.Flush = nil, []listen.Listener{in}, 30*time.Second, time.Minute
		stop, s := running(t, c)
		time.Sleep(time.Second)
		in.send("hits:1|c")
		if top, err := s.Top(t.Context(), 10); err != nil || len(top) != 1 {
			t.Errorf("%v %v", top, err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheTableIsGivenBack(t *testing.T) {
	b := newBench(t, nil)
	b.ticker.watch.until.Store(at(5))
	b.lines("hits:1|c")
	b.tick(1)
	b.tick(3600)
	if w := b.ticker.watch; w.last != nil || w.counts != nil {
		t.Errorf("an hour later: %v %v", w.last, w.counts)
	}
}

func TestTicksAreMultiplesSince1970(t *testing.T) {
	const seven = 7000
	for _, at := range []int64{0, 1, 6999, 7000, 1_767_355_200_123} {
		if got := multiple(at, seven); got%seven != 0 || got > at || got+seven <= at {
			t.Errorf("multiple(%d) is %d", at, got)
		}
	}
}
