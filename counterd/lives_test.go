package counterd

import (
	"context"
	"fmt"
	"maps"
	"os"
	"testing"

	"plimsoll/counterd/spool"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// lives is a daemon that is killed and started again, with one Sink, which
// refuses what it has already, as the store does.
type lives struct {
	t      testing.TB
	dir    string // of the spool; a new one after each kill
	sink   *strict
	fs     durable.FS // nil: the system's
	change func(*Config)
}

func newLives(t testing.TB) *lives {
	return &lives{t: t, dir: t.TempDir(), sink: &strict{last: map[string]int64{}}}
}

// born is a daemon that was started so many seconds after noon, which has not
// taken over yet what the one before left.
func (l *lives) born(seconds int) *bench {
	l.t.Helper()
	b := newBench(l.t, func(c *Config) {
		c.Sink = l.sink
		if l.change != nil {
			l.change(c)
		}
	})
	b.ticker = newTicker(b.config, b.registry, b.outbox, newLoss(b.inputs()), metric.Time(at(seconds)))
	b.ticker.log, b.ticker.hold = discard, true
	return b
}

func (l *lives) spool() *spool.Spool {
	l.t.Helper()
	c := spool.Default()
	c.Dir, c.FS = l.dir, l.fs
	sp, err := spool.Open(c)
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = sp.Close() })
	return sp
}

// start is a daemon that goes on after so many seconds from noon.
func (l *lives) start(seconds int) *bench {
	l.t.Helper()
	b := l.born(seconds)
	l.takeOver(b)
	return b
}

func (l *lives) takeOver(b *bench) {
	l.t.Helper()
	b.ticker.spool = l.spool()
	if err := b.ticker.resume(context.Background()); err != nil {
		l.t.Fatal(err)
	}
	b.deliver()
}

// kill leaves what is on the disk at this instant, and a lock that is free.
func (l *lives) kill() {
	l.t.Helper()
	dir := l.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(l.dir)); err != nil {
		l.t.Fatal(err)
	}
	l.dir = dir
}

// sent returns what the Sink took since the last call, as text by series and the
// second of the flush.
func (l *lives) sent() map[string]string {
	got := map[string]string{}
	for _, s := range l.sink.take() {
		second := (s.At - at(0)) / 1000
		text := show(s)
		if s.Kind != metric.Gauge {
			text += fmt.Sprintf(" since %d", (s.Start-at(0))/1000)
		}
		got[fmt.Sprintf("%d %s", second, s.Labels)] = text
	}
	return got
}

// wants compares what was sent since the last call with want.
func (l *lives) wants(what string, want ...string) {
	l.t.Helper()
	left := l.sent()
	for _, w := range want {
		var second int
		_, _ = fmt.Sscanf(w, "%d", &second)
		found := false
		for k, v := range left {
			var at int
			_, _ = fmt.Sscanf(k, "%d", &at)
			if at == second && fmt.Sprintf("%d %s", at, v) == w {
				delete(left, k)
				found = true
			}
		}
		if !found {
			l.t.Errorf("%s: not sent: %s", what, w)
		}
	}
	for _, k := range sortedKeys(left) {
		l.t.Errorf("%s: sent besides: %s: %s", what, k, left[k])
	}
}

func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range maps.Keys(m) {
		keys = append(keys, k)
	}
	sorted(keys)
	return keys
}
