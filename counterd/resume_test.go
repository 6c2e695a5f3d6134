package counterd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plimsoll/counterd/mapping"
	"plimsoll/internal/durable/durabletest"
)

func TestTheIntervalGoesOnAfterAKill(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("hits:5|c\nq:100\nu:a|s\nu:b|s\ng:7|g\nsize:3|d\nok_login:1\nhits:1|c|#host:web3")
	b.tick(10)
	l.wants("before", "10 hits_total 5 since 0", "10 q_seconds n=1 sum=0.1 p50=0.1 since 0", "10 u 2", "10 g 7",
		"10 size n=1 sum=3 p50=3 since 0", `10 login_total{result="ok"} 1 since 0`, `10 hits_total{host="web3"} 1 since 0`)
	b.lines("hits:2|c\nq:300\nu:a|s\nu:c|s\nsize:4|d\nok_login:1\nhits:1|c|#host:web3")
	b.tick(12)
	b.lines("u:d|s\nq:300")
	b.tick(13)
	b.lines("hits:100|c") // the second that a kill costs
	l.kill()

	b = l.start(15)
	l.wants("at the start")
	b.lines("hits:3|c\nq:700\nu:a|s\nu:e|s\ng:+1|g\nnew:1|c\nhits:1|c|#host:web3")
	b.tick(20)
	l.wants("after", "20 hits_total 10 since 0", "20 q_seconds n=3 sum=1.3 p50=0.3 since 10", "20 u 4", "20 g 8",
		"20 size n=1 sum=4 p50=4 since 10", `20 login_total{result="ok"} 2 since 0`, "20 new_total 1 since 15",
		`20 hits_total{host="web3"} 3 since 0`)
	if st := b.Stats(); st.Refused != 0 {
		t.Errorf("%d refused", st.Refused)
	}
}

func TestKilledAgainInTheSameInterval(t *testing.T) {
	l := newLives(t)
	for life := range 5 {
		b := l.start(2 * life)
		b.lines("hits:1|c\nq:100")
		b.tick(2*life + 1)
		l.kill()
	}
	l.start(10).tick(10)
	l.wants("the end", "10 hits_total 5 since 0", "10 q_seconds n=5 sum=0.5 p50=0.1 since 0")
}

// An interval that ended while nobody ran goes out with its own time.
func TestAnIntervalThatEndedMeanwhile(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("hits:1|c\nq:100")
	b.tick(5)
	l.kill()
	b = l.start(47)
	b.tick(48)
	l.wants("at the start", "10 hits_total 1 since 0", "10 q_seconds n=1 sum=0.1 p50=0.1 since 0")
	b.lines("hits:1|c\nq:200")
	b.tick(50)
	l.wants("then", "50 hits_total 2 since 0", "50 q_seconds n=1 sum=0.2 p50=0.2 since 40")
}

// Intervals that the Sink did not take before the kill go out each with its own.
func TestIntervalsThatWereNotDelivered(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	for s := 5; s <= 25; s += 5 {
		b.lines("hits:1|c\nq:100")
		b.ticker.tick(context.Background(), at(s), goesOn) // nothing is delivered
	}
	l.kill()
	b = l.start(26)
	l.wants("at the start",
		"10 hits_total 2 since 0", "10 q_seconds n=2 sum=0.2 p50=0.1 since 0",
		"20 hits_total 4 since 0", "20 q_seconds n=2 sum=0.2 p50=0.1 since 10")
	b.tick(30)
	l.wants("then", "30 hits_total 5 since 0", "30 q_seconds n=1 sum=0.1 p50=0.1 since 20")
}

// What the Sink has, it gets again, with the same instant, and refuses.
func TestKilledBetweenPutAndDelivered(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("hits:1|c\nq:100")
	b.tick(10) // the spool learns of the delivery at the next tick
	l.kill()
	l.sent()
	b = l.start(12)
	b.tick(13)
	b.lines("hits:1|c\nq:200")
	b.tick(20)
	l.wants("then", "20 hits_total 2 since 0", "20 q_seconds n=1 sum=0.2 p50=0.2 since 10")
	if st := b.Stats(); st.Refused != 3 { // the listener's loss is the third
		t.Errorf("%d refused", st.Refused)
	}
}

// The last interval of a daemon that was told to end is sent before its end.
func TestKilledWhileItEnds(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("hits:1|c\nq:100")
	b.ticker.tick(context.Background(), at(5), lastTick)
	b.deliver()
	l.kill()
	l.wants("the end", "5 hits_total 1 since 0", "5 q_seconds n=1 sum=0.1 p50=0.1 since 0")
	b = l.start(7)
	b.lines("hits:1|c\nq:200")
	b.tick(10)
	l.wants("then", "10 hits_total 2 since 0", "10 q_seconds n=1 sum=0.2 p50=0.2 since 0")
}

func TestEndedInPeaceTheSpoolIsEmpty(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("hits:1|c\nq:100\ng:1|g")
	b.tick(1)
	b.ticker.tick(context.Background(), at(5), lastTick)
	b.deliver()
	b.ticker.tidy()
	if err := b.ticker.spool.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(l.dir, "*.wal*")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// What waits for a later interval outlives the flush of this one.
func TestStampsOutliveAFlushAndAKill(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	noon := at(0) / 1000
	b.lines(fmt.Sprintf("a:1|c|T%d\na:2|c|T%d\na:4|c|T%d\nb:7|g|T%d", noon+3, noon+8, noon+15, noon+16))
	b.tick(5)
	l.kill()
	b = l.start(6)
	b.tick(10)
	l.wants("the first", "10 a_total 3 since 0")
	b.tick(11)
	l.kill()
	b = l.start(12)
	b.lines(fmt.Sprintf("b:+1|g|T%d", noon+17))
	b.tick(13)
	l.kill()
	b = l.start(13)
	b.tick(20)
	l.wants("the second", "20 a_total 4 since 10", "20 b 8")
}

// A gauge to which somebody adds must not begin at zero again.
func TestGaugesOutliveAFlushAndAKill(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	b.lines("load:100|g\nhits:1|c")
	b.tick(10)
	b.tick(11)
	l.kill()
	l.sent()
	b = l.start(15)
	b.lines("load:+5|g")
	b.tick(20)
	l.wants("then", "20 load 105")
}

func TestOverflowAndMappedSeriesGoOn(t *testing.T) {
	l := newLives(t)
	rules := func(label string) *mapping.Mapper {
		m, err := mapping.Parse([]byte("mappings:\n- match: web.*.hits\n  name: web_hits_total\n  labels:\n    " + label + ": $1\n"))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	l.change = func(c *Config) { c.Mapper, c.MaxSeries = rules("host"), 2 }
	b := l.start(0)
	b.lines("web.a.hits:1|c\nother:1|c\nmore:1|c\nother:5|c|#x:y\nweb.b.hits:1|c")
	b.tick(5)
	l.kill()
	b = l.start(6)
	b.lines("web.a.hits:1|c\nother:1|c\nmore:1|c\nother:5|c|#x:y\nweb.b.hits:1|c")
	b.tick(10)
	l.wants("then", `10 web_hits_total{host="a"} 2 since 0`, "10 other_total 2 since 0", "10 __other___total 2 since 0",
		`10 other_total{__other__="true"} 10 since 0`, `10 web_hits_total{__other__="true"} 2 since 0`)
	l.kill()

	// With other rules the lines go elsewhere; what was counted does not.
	l.change = func(c *Config) { c.Mapper = rules("server") }
	b.tick(11)
	b = l.start(12)
	b.lines("web.a.hits:1|c")
	b.tick(20)
	if got := l.sent()[`20 {__name__="web_hits_total", server="a"}`]; got != `web_hits_total{server="a"} 1 since 12` {
		t.Errorf("with other rules: %q", got)
	}
}

func TestDamagedSpoolIsNoHindrance(t *testing.T) {
	l := newLives(t)
	b := l.start(0)
	for s := 1; s <= 5; s++ {
		b.lines(strings.Repeat("hits:1|c\nq:100\n", s))
		b.tick(s)
	}
	l.kill()
	files, _ := filepath.Glob(filepath.Join(l.dir, "*.wal"))
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2]++
	if err := os.WriteFile(files[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	b = l.start(6)
	if bad, _ := filepath.Glob(filepath.Join(l.dir, "*.bad")); len(bad) != 1 {
		t.Errorf("set aside: %v", bad)
	}
	b.lines("hits:1|c")
	b.tick(10)
	got := l.sent()
	if got[`10 {__name__="hits_total"}`] != "hits_total 16 since 0" || !strings.HasPrefix(got[`10 {__name__="q_seconds"}`], "q_seconds n=1") {
		t.Errorf("%v", got) // of the timing at least the first and the last second are there
	}
}

func TestADaemonGoesOnWithoutItsSpool(t *testing.T) {
	l := newLives(t)
	disk := durabletest.New(durabletest.Full, 0)
	l.fs = disk
	b := l.start(0)
	b.lines("hits:1|c\nidle:1|c\nq:100")
	b.tick(1)
	disk.Break()
	b.lines("hits:1|c\nidle:1|c\nq:100")
	b.tick(2)
	if !b.ticker.kept.failing {
		t.Fatal("nobody noticed")
	}
	b.lines("hits:1|c")
	b.tick(3)
	disk.Heal()
	b.lines("hits:1|c")
	b.tick(4)
	b.lines("hits:1|c")
	b.tick(5) // all series are told again
	l.kill()
	l.fs = nil
	l.start(6).tick(10)
	l.wants("after a kill", "10 hits_total 5 since 0", "10 idle_total 2 since 0", "10 q_seconds n=1 sum=0.1 p50=0.1 since 0")

	b.tick(10)
	if st := b.Stats(); st.Waiting != 0 {
		t.Errorf("%+v", st)
	}
}
