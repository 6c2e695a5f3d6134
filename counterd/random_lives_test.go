package counterd

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"plimsoll/internal/metric"
)

// Random lines, kills and hand-overs at random seconds: the Sink's totals are
// those of the lines, and each interval has its own observations.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		l := newLives(t)
		b, next := l.start(0), (*bench)(nil)
		want, observed := 0.0, 0.0
		for s := 1; s <= 90; s++ {
			for range r.IntN(5) {
				one := b
				if next != nil && r.IntN(2) == 0 {
					one = next
				}
				one.lines(fmt.Sprintf("hits:%d|c\nq:%d", s, s))
				want += float64(s)
				observed++
			}
			if next != nil {
				next.tick(s)
			}
			switch what := r.IntN(12); {
			case s == 90:
			case next != nil && what < 4:
				l.leave(b, s)
				l.takeOver(next)
				b, next = next, nil
				continue
			case next == nil && what == 4:
				b.tick(s)
				l.kill()
				b = l.start(s + r.IntN(2))
				continue
			case next == nil && what == 5:
				next = l.born(s)
			}
			b.tick(s)
		}
		if next != nil {
			l.leave(b, 90)
			l.takeOver(next)
			b = next
		}
		b.tick(100)
		l.sums(fmt.Sprintf("seed %d", seed), want, observed)
	}
}

// sums checks what the Sink got of hits and q. A counter that was not touched
// since the flush before a kill begins anew, at a later start.
func (l *lives) sums(what string, want, observed float64) {
	l.t.Helper()
	var total, count float64
	var last metric.Sample
	for _, s := range l.sink.take() {
		switch {
		case s.Kind == metric.Timing:
			count += s.Sketch.Count()
		case s.Name() == "hits_total" && s.Start > last.Start:
			if s.Start < last.At {
				l.t.Errorf("%s: began anew at %d, before the last sample at %d", what, s.Start, last.At)
			}
			total += s.Value
			last = s
		case s.Name() == "hits_total":
			if s.Value < last.Value {
				l.t.Errorf("%s: the counter fell from %g to %g", what, last.Value, s.Value)
			}
			total += s.Value - last.Value
			last = s
		}
	}
	if total != want || count != observed {
		l.t.Errorf("%s: total %g of %g, %g observations of %g", what, total, want, count, observed)
	}
}
