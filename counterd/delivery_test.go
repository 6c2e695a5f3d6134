package counterd

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// slow is a Sink that takes its time, unless the call ends before.
type slow struct {
	memory
	takes time.Duration
}

func (s *slow) Put(ctx context.Context, samples []metric.Sample) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(s.takes):
		return s.memory.Put(ctx, samples)
	}
}

// However many parcels wait, the end of Run is bounded, and what was not delivered
// is accounted for.
func TestTheEndIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sink := newPipe(), &slow{takes: 3 * time.Second}
		c := Default()
		c.Listen, c.Listeners, c.Sink = nil, []listen.Listener{p}, sink
		stop, s := running(t, c)
		const names = 10*parcelSize - 1 // and the listener's own
		for i := range names {
			p.in <- fmt.Appendf(nil, "n%d:1|c", i)
			if i%500 == 0 {
				synctest.Wait()
			}
		}
		time.Sleep(10 * time.Second) // a flush: the first parcel is on its way
		synctest.Wait()
		began := time.Now()
		err := stop()
		if took := time.Since(began); took > 2*c.PutTimeout || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the end took %v: %v", took, err)
		}
		st := s.Stats()
		got := st.Delivered + st.Dropped["sink"]
		if got != 2*(names+1) || st.Waiting != 0 || st.Delivered == 0 {
			t.Errorf("%d delivered, %d dropped, %d wait", st.Delivered, st.Dropped["sink"], st.Waiting)
		}
	})
}

// What the store does not take at the end is no loss when the spool has it.
func TestWhatIsLeftAtTheEndStaysInTheSpool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLives(t)
		sink := &memory{}
		daemon := func() (*pipe, func() error, *Server) {
			p, c := newPipe(), Default()
			c.Listen, c.Listeners, c.Sink, c.Spool = nil, []listen.Listener{p}, sink, l.spool()
			stop, s := running(t, c)
			return p, stop, s
		}
		time.Sleep(5 * time.Second)
		p, stop, s := daemon()
		sink.setFail(true)
		p.send("hits:1|c\nq:100")
		time.Sleep(15 * time.Second) // over two boundaries
		p.send("hits:1|c\nq:100")
		time.Sleep(2 * time.Second)
		if err := stop(); err != nil {
			t.Errorf("nothing is lost: %v", err)
		}
		st := s.Stats()
		if st.Dropped["sink"] != 0 || st.Waiting == 0 {
			t.Errorf("%d dropped, %d wait", st.Dropped["sink"], st.Waiting)
		}
		if err := s.config.Spool.Close(); err != nil {
			t.Fatal(err)
		}
		sink.setFail(false)
		_, stop, _ = daemon()
		time.Sleep(10 * time.Second)
		if err := stop(); err != nil {
			t.Error(err)
		}
		last, n := 0.0, 0.0
		for _, s := range sink.take() {
			switch s.Name() {
			case "hits_total":
				last = s.Value
			case "q_seconds":
				n += s.Sketch.Count()
			}
		}
		if last != 2 || n != 2 {
			t.Errorf("the next process delivered %g hits and %g timings", last, n)
		}
	})
}
