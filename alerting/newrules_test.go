package alerting

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// TestNoisyDefaultRulesBeginAsInformation has a history in which memory runs
// short for half an hour many times a day: the rule that would have told so is
// judged once, begins as information, and stays so over restarts and reloads,
// until somebody sets it himself.
func TestNoisyDefaultRulesBeginAsInformation(t *testing.T) {
	t.Parallel()
	memory := query.NewMemory()
	for at := epoch.Add(-8 * 24 * time.Hour); at.Before(epoch); at = at.Add(time.Minute) {
		left := 50.0
		if at.Minute() < 30 && at.Hour()%2 == 0 {
			left = 1
		}
		for name, v := range map[string]float64{"node_memory_MemAvailable_bytes": left, "node_memory_MemTotal_bytes": 100, "up": 1} {
			s := metric.Sample{Labels: labels.FromStrings("__name__", name, "instance", "a", "job", "node"), At: at.UnixMilli(), Value: v}
			if err := memory.Put(t.Context(), []metric.Sample{s}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w, dir := newWorld(), t.TempDir()
	c := Default()
	c.Dir, c.Querier, c.Dialer, c.Clock = dir, query.New(memory, query.Default()), w, w.clock
	severity := func(e *Engine, name string) (s metric.Severity) {
		for _, r := range e.Rules() {
			if r.Name == name {
				s = r.Severity
			}
		}
		return s
	}
	e, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	if got := severity(e, "MemoryAlmostGone"); got != metric.Warning {
		t.Errorf("before the replay it is %s", got)
	}
	if err := e.judgeNewRules(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.takeIn(t.Context(), w.clock())
	if events, err := e.Events(t.Context(), metric.Selection{Start: epoch.Add(-time.Hour), End: epoch.Add(time.Hour), Limit: 10}); err != nil || len(events) != 1 {
		t.Errorf("events %+v, error %v", events, err)
	}
	for range 2 {
		if got, down := severity(e, "MemoryAlmostGone"), severity(e, "HostDown"); got != metric.Info || down != metric.Critical {
			t.Errorf("after the replay it is %s, HostDown %s", got, down)
		}
		if fresh, err := e.newRules(context.Background()); err != nil || len(fresh) > 0 {
			t.Errorf("%d rules are to be judged again, error %v", len(fresh), err)
		}
		e.Close()
		if e, err = Open(c); err != nil {
			t.Fatal(err)
		}
	}
	own := c
	for _, r := range DefaultRules() {
		if r.Name == "MemoryAlmostGone" {
			own.Rules = append(own.Rules, r)
		}
	}
	if err := e.Reload(own); err != nil {
		t.Fatal(err)
	}
	if got := severity(e, "MemoryAlmostGone"); got != metric.Warning {
		t.Errorf("set by hand it is %s", got)
	}
	e.Close()
}
