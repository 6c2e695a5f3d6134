package counterd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/counterd/admin"
	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// stressLines are the lines of one datagram, of which it says how many counters
// they add one to. Names wander, so that old ones expire while new ones come; some
// have two spellings, some are timings, gauges and sets beside.
func stressLines(r *rand.Rand, round int) (text string, counts int) {
	var b strings.Builder
	for range 5 {
		k := (round/10 + r.IntN(30)) % 400
		switch r.IntN(6) {
		case 0:
			fmt.Fprintf(&b, "p%d.n%d:1|c\n", k%7, k)
		case 1:
			fmt.Fprintf(&b, "p%d.n%d:1|c|#a:%d,b:1\n", k%7, k, k%3)
		case 2:
			fmt.Fprintf(&b, "p%d.n%d:1|c|#b:1,a:%d\n", k%7, k, k%3)
		case 3:
			fmt.Fprintf(&b, "q%d.t%d:1:1|c\nq.z%d:5|ms|#a:%d\n", k%5, k, k, k%4)
			counts++
		case 4:
			fmt.Fprintf(&b, "w%d:1|c\nset%d:%d|s\n", k, k%9, round)
		case 5:
			fmt.Fprintf(&b, "g%d:1|g\nw%d:1|c\n", k, k)
		}
		counts++
	}
	return b.String(), counts
}

// tally adds up what the samples of counters say was counted, and holds that none
// falls.
type tally struct {
	t     *testing.T
	total float64
	last  map[string]metric.Sample
}

func (c *tally) add(all []metric.Sample) {
	for _, s := range all {
		if s.Kind != metric.Counter {
			continue
		}
		key := s.Labels.String()
		before, known := c.last[key]
		switch {
		case known && before.Start == s.Start:
			if s.Value < before.Value {
				c.t.Errorf("%s fell from %+v to %+v", key, before, s)
			}
			c.total += s.Value - before.Value
		case known && s.Start < before.At:
			c.t.Errorf("%s began anew before it ended: %+v, %+v", key, before, s)
		default:
			c.total += s.Value
		}
		c.last[key] = s
	}
}

// stress is a daemon that its readers, its ticker and all who look on use at once.
type stress struct {
	*bench
	stop  chan struct{} // closed when the readers are to end
	users sync.WaitGroup
	looks atomic.Int64 // that were answered
	gone  atomic.Int64 // series that were deleted

	mu   sync.Mutex // guards want
	want float64
}

// send is one reader: a few datagrams, then a rest, as sockets bring them.
func (s *stress) send(sh *shard, seed uint64) {
	r := rand.New(rand.NewPCG(seed, uint64(sh.number)))
	sum := 0
	for round := 0; !isClosed(s.stop); round++ {
		var batch []listen.Datagram
		for range 4 {
			text, n := stressLines(r, round)
			sum += n
			batch = append(batch, listen.Datagram{Data: []byte(text), From: somebody})
		}
		sh.datagrams(batch)
		time.Sleep(200 * time.Microsecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want += float64(sum)
}

// use calls fn again and again until the readers end.
func (s *stress) use(ctx context.Context, fn func(context.Context)) {
	s.users.Go(func() {
		for ctx.Err() == nil {
			fn(ctx)
			time.Sleep(time.Millisecond)
		}
	})
}

func (s *stress) lookOn(ctx context.Context) {
	s.use(ctx, func(context.Context) { s.Names() })
	s.use(ctx, func(context.Context) { s.Stats() })
	s.use(ctx, func(ctx context.Context) { _, _ = s.Top(ctx, 10) })
	s.use(ctx, func(ctx context.Context) { _, _ = s.Table(ctx, 10) })
	s.use(ctx, func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		defer cancel()
		s.Tail(ctx, "w7", func(Line) bool { return true })
	})
	// Not the counters: what was deleted would lack in the sum.
	for k, pattern := range map[admin.Kind]string{admin.Timers: "q.*", admin.Gauges: "g?", admin.Sets: "set?"} {
		s.use(ctx, func(ctx context.Context) {
			ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond) // some give up
			defer cancel()
			if _, err := s.snapshotOf(ctx, admin.Counters); err == nil {
				s.looks.Add(1)
			}
			gone, _, _ := s.deleteAll(ctx, k, strings.ReplaceAll(pattern, "?", fmt.Sprint(rand.IntN(9))))
			s.gone.Add(int64(len(gone)))
		})
	}
}

// tickAll ticks, as tickUntil does, faster than by the clock.
func (s *stress) tickAll(sum *tally, ticks, step int) (second int) {
	for range ticks {
		second += step
		for asked := true; asked; {
			select {
			case fn := <-s.asks:
				s.ticker.asked = append(s.ticker.asked, fn)
			default:
				asked = false
			}
		}
		s.ticker.watch.until.Store(at(second + 10)) // the clock of the test is another
		sum.add(s.tick(second))
		time.Sleep(2 * time.Millisecond)
	}
	return second
}

// Lines of three listeners race with ticks, expiry, deletion and all who look on:
// nothing is lost, doubled or left over, and nobody waits for ever.
func TestStress(t *testing.T) {
	for seed := range uint64(3) {
		s := &stress{stop: make(chan struct{}), bench: newBench(t, func(c *Config) {
			c.Listeners = []listen.Listener{newPipe(), newPipe(), newPipe()}
			c.IdleExpiry, c.MaxSeries, c.MaxSeriesPerPrefix = 10*time.Second, 120, 20
		})}
		ctx, cancel := context.WithCancel(t.Context())
		for _, sh := range s.shards {
			s.users.Go(func() { s.send(sh, seed) })
		}
		s.lookOn(ctx)
		sum := &tally{t: t, last: map[string]metric.Sample{}}
		second := s.tickAll(sum, 200, 1+2*int(seed))
		close(s.stop)
		cancel()
		s.users.Wait()
		sum.add(s.tick(second + 10))
		st := s.Stats()
		bad := uint64(0)
		for _, n := range st.Bad {
			bad += n
		}
		t.Logf("seed %d: %d lines, bad %v, %g counted, %d series, %d looks, %d deleted",
			seed, st.Lines, st.Bad, sum.total, st.Series, s.looks.Load(), s.gone.Load())
		if s.looks.Load() == 0 || s.gone.Load() == 0 || len(st.Offenders) == 0 {
			t.Errorf("seed %d: %d looks, %d deleted, %d offenders", seed, s.looks.Load(), s.gone.Load(), len(st.Offenders))
		}
		if st.Lines != st.Parsed+bad || st.Lines == 0 {
			t.Errorf("seed %d: %d lines, %d parsed, %d bad: %v", seed, st.Lines, st.Parsed, bad, st.Bad)
		}
		if sum.total != s.want {
			t.Errorf("seed %d: %g of %g are counted; bad: %v", seed, sum.total, s.want, st.Bad)
		}
		for end := second + 100; second < end; second += 10 {
			s.tick(second + 20)
		}
		s.nothingIsLeft(t)
	}
}

// nothingIsLeft holds that all was given back once every series expired.
func (s *stress) nothingIsLeft(t *testing.T) {
	t.Helper()
	r := s.registry
	if n := s.Stats().Series; n != 0 || r.owners.used != 0 || r.series.used != 0 {
		t.Errorf("%d series, %d owners and %d entries by labels are left", n, r.owners.used, r.series.used)
	}
	for i, sh := range s.shards {
		if sh.slab.inUse != 0 || sh.names.used != 0 {
			t.Errorf("shard %d: %d records and %d names are left", i, sh.slab.inUse, sh.names.used)
		}
	}
}
