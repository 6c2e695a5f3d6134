package e2e

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestKill9 kills the real binary at random moments under load, and holds every
// row of every archive against what was sent each time.
func TestKill9(t *testing.T) {
	rounds := 30
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		rounds = 1000
	}
	// A short flush makes kills hit the updates of archives too. Timings of a time
	// long past would be taken for silent, and their rows be ended.
	config := writeFile(t, t.TempDir(), "plimsoll.yml", "storage: {flush_interval: 1s, checkpoint_interval: 1s, close_grace: 720h}\nagent: {enabled: false}\n")
	data, l, h, p := t.TempDir(), newLoad(), newTimings(), newPulse()
	report := func() {
		t.Logf("%d of %d batches and %d of %d tens of seconds of a timing acknowledged, %d timings sent",
			l.acknowledged.Load(), loadSteps, h.acknowledged.Load(), timingSteps, len(p.sent))
	}
	for round := range rounds {
		s := serve(t, data, "-config", config)
		l.verify(t, s)
		h.verify(t, s)
		p.judge(t, s)
		if l.acknowledged.Load() == loadSteps {
			s.kill()
			report()
			data, l, h, p = t.TempDir(), newLoad(), newTimings(), newPulse()
			s = serve(t, data, "-config", config)
		}
		// Now and then the counter daemon gets time for whole seconds too.
		life := time.Duration(20+rand.IntN(180)) * time.Millisecond
		if round%10 == 5 {
			life += 2500 * time.Millisecond
		}
		var writers sync.WaitGroup // they end when the server is killed
		writers.Go(func() { l.run(s.url) })
		writers.Go(func() { h.run(s.url) })
		p.run(t, s.udp, life)
		s.kill()
		writers.Wait()
	}
	s := serve(t, data, "-config", config)
	l.verify(t, s)
	h.verify(t, s)
	p.run(t, s.udp, time.Second) // so that some are stored though the directory was changed late
	p.verify(t, s)
	report()
	last := l.base + 10*l.acknowledged.Load()
	for _, name := range []string{"load_gauge", "load_total"} {
		archivesAgree(t, s, name, last-20_000, last)
	}
}

// verify holds what a process left against what was sent to it: what is read
// before it is in archives, and then the archives themselves.
func (l *load) verify(t *testing.T, s *server) {
	t.Helper()
	if l.acknowledged.Load() < 2 {
		return
	}
	l.ask(t, s)
	flush(t, s)
	found := int64(-1)
	for n := range int64(loadSeries) {
		for name, row := range map[string]func(i, n int64) float64{"load_gauge": gaugeRow, "load_total": rateRow} {
			a := openArchive(t, s.data, name+"/n="+strconv.FormatInt(n, 10)+".rrd")
			last := (a.last - l.base) / 10
			if found < 0 {
				found = last
			}
			if last != found {
				t.Fatalf("%s goes to step %d, others to %d: a batch was torn", a.path, last, found)
			}
			a.check(t, l.base-10, func(at int64) float64 {
				if i := (at - l.base) / 10; i <= found {
					return row(i, n)
				}
				return math.NaN()
			})
		}
	}
	if found+1 < l.acknowledged.Load() || found+1 > l.attempted.Load() {
		t.Fatalf("%d batches found, %d acknowledged, %d attempted", found+1, l.acknowledged.Load(), l.attempted.Load())
	}
}

// ask checks what the service says, of rows that are in archives and of those
// that only wait for it, and each counter's total.
func (l *load) ask(t *testing.T, s *server) {
	t.Helper()
	acknowledged := l.acknowledged.Load()
	first, last := max(0, acknowledged-2000), acknowledged-1
	for name, row := range map[string]func(i, n int64) float64{"load_gauge": gaugeRow, "load_total": rateRow} {
		path := fmt.Sprintf("/api/plimsoll/v1/fetch?match=%s&cf=AVERAGE&resolution=10&start=%d&end=%d", name, l.base+10*(first-1), l.base+10*last)
		var answer fetched
		if err := s.json(path, &answer); err != nil {
			t.Fatal(err) // before the first update there is no archive to answer from
		}
		for _, one := range answer.Series {
			// The batch behind the last one acknowledged may be there too.
			if n := int64(len(one.Rows)); n < acknowledged-first || first+n > l.attempted.Load() {
				t.Fatalf("%s: %d rows from step %d, %d of %d acknowledged", one.File, n, first, acknowledged, l.attempted.Load())
			}
			n, _ := strconv.ParseInt(one.Labels["n"], 10, 64)
			for _, r := range one.Rows {
				i := (int64(r[0].(float64)) - l.base) / 10
				if v := number(r[1].([]any)[0]); !near(v, row(i, n)) {
					t.Fatalf("%s at step %d of %d: %v, want %v", one.File, i, acknowledged, v, row(i, n))
				}
			}
		}
	}
	l.askTotals(t, s, last)
}

// askTotals checks that nothing was counted twice, and nothing missed. What was
// attempted may be counted.
func (l *load) askTotals(t *testing.T, s *server, last int64) {
	t.Helper()
	got, err := s.ask(fmt.Sprintf("/api/v1/query?query=load_total&time=%d", l.base+10*l.attempted.Load()))
	if err != nil || len(got) != loadSeries {
		t.Fatalf("%d counters, want %d, %v", len(got), loadSeries, err)
	}
	for _, one := range got {
		n, _ := strconv.ParseInt(one.Metric["n"], 10, 64)
		want := 0.0
		for i := range last + 1 {
			want += increase(i, n)
		}
		if v := one.Value.float(t); v != want && v != want+increase(last+1, n) {
			t.Fatalf("counter %d is at %v after step %d, want %v", n, v, last, want)
		}
	}
}

// number is a value of a row: null is unknown.
func number(v any) float64 {
	if f, is := v.(float64); is {
		return f
	}
	return math.NaN()
}
