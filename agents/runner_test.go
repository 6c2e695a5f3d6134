package agents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// agentFunc is an Agent made of a function.
type agentFunc struct {
	name   string
	sample func(ctx context.Context, at time.Time) ([]metric.Sample, error)
}

func (a agentFunc) Name() string { return a.name }
func (a agentFunc) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	return a.sample(ctx, at)
}

// targets are agents that measure the host, also live.
func targets(all ...Agent) []Target {
	var out []Target
	for _, a := range all {
		out = append(out, Target{a, Options{Live: true}})
	}
	return out
}

// steady returns an agent that measures one gauge after a delay.
func steady(name string, delay time.Duration) Agent {
	return agentFunc{name, func(ctx context.Context, at time.Time) ([]metric.Sample, error) {
		time.Sleep(delay)
		return one(name, at), nil
	}}
}

func one(name string, at time.Time) []metric.Sample {
	return []metric.Sample{{Labels: labels.FromStrings(metric.NameLabel, name), At: metric.Millis(at), Value: 1}}
}

// sink remembers what it was given; fail makes it refuse whole batches.
type sink struct {
	mu      sync.Mutex
	samples []metric.Sample
	fail    func(batch []metric.Sample) error
}

func (s *sink) Put(_ context.Context, batch []metric.Sample) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.fail != nil {
		err = s.fail(batch)
	}
	var refused *metric.RefusedError
	if err == nil || errors.As(err, &refused) {
		s.samples = append(s.samples, batch...)
	}
	return err
}

// seconds returns the instants of a series, as seconds since the test began.
func (s *sink) seconds(name string) []float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []float64{}
	for _, m := range s.samples {
		if m.Name() == name {
			out = append(out, float64(m.At-start.UnixMilli())/1000)
		}
	}
	return out
}

// awayFor fails every Put until so long after the test began.
func awayFor(d time.Duration) func([]metric.Sample) error {
	return func([]metric.Sample) error {
		if time.Since(start) < d {
			return errors.New("away")
		}
		return nil
	}
}

// start is when the clock of synctest begins: midnight of 2000-01-01 UTC.
var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// run runs a Runner for d of fake time and returns how long it took to stop.
func run(t *testing.T, d time.Duration, edit func(*Config)) time.Duration {
	t.Helper()
	cfg := Default()
	cfg.Instance = "web1"
	edit(&cfg)
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- r.Run(ctx) }()
	time.Sleep(d)
	cancel()
	stopping := time.Now()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return time.Since(stopping)
}

// value returns the counter of a name, with the given value of its label.
func value(t *testing.T, reg prometheus.Gatherer, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func TestTicksAreAlignedAndStamped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(3 * time.Second)
		var stored, live sink
		run(t, 20*time.Second, func(c *Config) {
			c.Targets = targets(steady("load", time.Millisecond))
			c.Live, c.Sink, c.LiveSink = 2*time.Second, &stored, &live
		})
		if diff := cmp.Diff([]float64{10, 20}, stored.seconds("load")); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]float64{4, 6, 8, 12, 14, 16, 18, 22}, live.seconds("load")); diff != "" {
			t.Errorf("live (-want +got):\n%s", diff)
		}
	})
}

func TestRoundCarriesHeartbeatAndLabels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored sink
		run(t, 11*time.Second, func(c *Config) {
			c.Targets = targets(steady("a", 0), steady("b", time.Second))
			c.Sink = &stored
		})
		var got []string
		for _, s := range stored.samples {
			got = append(got, fmt.Sprint(s.Labels, " ", s.Value))
		}
		slices.Sort(got)
		want := []string{
			`{__name__="a", instance="web1", job="node"} 1`,
			`{__name__="b", instance="web1", job="node"} 1`,
			`{__name__="plimsoll_agent_dropped_samples_total", instance="web1", job="node"} 0`,
			`{__name__="plimsoll_agent_duration_seconds", agent="a", instance="web1", job="node"} 0`,
			`{__name__="plimsoll_agent_duration_seconds", agent="b", instance="web1", job="node"} 1`,
			`{__name__="plimsoll_agent_interval_seconds", instance="web1", job="node"} 10`,
			`{__name__="plimsoll_agent_last_success_timestamp_seconds", agent="a", instance="web1", job="node"} 9.4668481e+08`,
			`{__name__="plimsoll_agent_last_success_timestamp_seconds", agent="b", instance="web1", job="node"} 9.4668481e+08`,
			`{__name__="plimsoll_agent_success", agent="a", instance="web1", job="node"} 1`,
			`{__name__="plimsoll_agent_success", agent="b", instance="web1", job="node"} 1`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMetaDescribesWhatTheRunnerAdds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored sink
		run(t, 11*time.Second, func(c *Config) {
			silent := agentFunc{"silent", func(context.Context, time.Time) ([]metric.Sample, error) { return nil, nil }}
			c.Targets = append(targets(silent), Target{silent, Options{Job: "j", Instance: "i"}})
			c.Sink = &stored
		})
		added, described := map[string]string{}, map[string]string{}
		for _, s := range stored.samples {
			added[s.Name()] = s.Kind.String()
		}
		for _, m := range Meta() {
			described[m.Name] = m.Type
			if m.Help == "" {
				t.Errorf("%s has no help", m.Name)
			}
		}
		delete(added, "up") // which the collector describes
		if diff := cmp.Diff(added, described); diff != "" {
			t.Errorf("(-added +described):\n%s", diff)
		}
	})
}

func TestHungAgentDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		calls := 0
		hung := agentFunc{"hung", func(ctx context.Context, at time.Time) ([]metric.Sample, error) {
			if calls++; calls == 1 {
				<-release
			}
			return one("hung", at), nil
		}}
		broken := agentFunc{"broken", func(context.Context, time.Time) ([]metric.Sample, error) { panic("oh") }}
		reg := prometheus.NewPedanticRegistry()
		var stored, live sink
		time.AfterFunc(39*time.Second, func() { close(release) })
		run(t, 45*time.Second, func(c *Config) {
			c.Targets = targets(hung, broken, steady("good", time.Millisecond))
			c.Sink, c.LiveSink, c.Live, c.Registerer = &stored, &live, time.Second, reg
		})
		if got := stored.seconds("good"); !slices.Equal(got, []float64{10, 20, 30, 40}) {
			t.Errorf("the good agent was stored at %v", got)
		}
		if got := len(live.seconds("good")); got != 41 { // 45 seconds less 4 ticks
			t.Errorf("the good agent had %d live ticks", got)
		}
		if got := stored.seconds("hung"); !slices.Equal(got, []float64{40}) {
			t.Errorf("the hung agent was stored at %v", got)
		}
		if got := value(t, reg, "plimsoll_agents_hung_calls_total", "hung"); got != 3 {
			t.Errorf("%v hung calls are counted, want 3", got)
		}
	})
}

func TestSlowAgentHasNoLiveTicks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored, live sink
		run(t, 35*time.Second, func(c *Config) {
			c.Targets = targets(steady("slow", 3*time.Second))
			c.Sink, c.LiveSink, c.Live = &stored, &live, time.Second
		})
		if got := stored.seconds("slow"); !slices.Equal(got, []float64{10, 20, 30}) {
			t.Errorf("stored at %v", got)
		}
		if got := live.seconds("slow"); len(got) != 0 {
			t.Errorf("live at %v", got)
		}
	})
}

func TestSinkAwayIsRetriedInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stored := sink{fail: awayFor(65 * time.Second)}
		run(t, 95*time.Second, func(c *Config) {
			c.Targets = targets(steady("load", 0))
			c.Sink = &stored
		})
		want := []float64{10, 20, 30, 40, 50, 60, 70, 80, 90}
		if got := stored.seconds("load"); !slices.Equal(got, want) {
			t.Errorf("stored at %v", got)
		}
	})
}

func TestFullQueueDropsOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stored := sink{fail: awayFor(65 * time.Second)}
		run(t, 95*time.Second, func(c *Config) {
			c.Targets = targets(steady("load", 0))
			c.Sink, c.QueueSamples, c.BatchSamples = &stored, 10, 5 // a round has 5
		})
		// The first was being put when the queue overflowed, so it is kept.
		got := stored.seconds("load")
		if !slices.IsSorted(got) || got[0] != 10 || got[len(got)-1] != 90 || len(got) == 9 {
			t.Errorf("stored at %v", got)
		}
		last := 0.0
		for _, s := range stored.samples {
			if s.Name() == "plimsoll_agent_dropped_samples_total" {
				last = s.Value
			}
		}
		if want := float64(6 * (9 - len(got))); last != want {
			t.Errorf("%v samples are reported as dropped, want %v", last, want)
		}
	})
}

func TestStopDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored sink
		took := run(t, 10*time.Second+100*time.Millisecond, func(c *Config) {
			c.Targets = targets(steady("load", 500*time.Millisecond))
			c.Sink = &stored
		})
		if got := stored.seconds("load"); !slices.Equal(got, []float64{10}) {
			t.Errorf("stored at %v", got)
		}
		if took > time.Second {
			t.Errorf("stopping took %v", took)
		}
	})
}

func TestStopGivesUpAfterDrainTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stored := sink{fail: func([]metric.Sample) error { return errors.New("away") }}
		reg := prometheus.NewPedanticRegistry()
		took := run(t, 25*time.Second, func(c *Config) {
			c.Targets = targets(steady("load", 0))
			c.Sink, c.Registerer = &stored, reg
		})
		if took > Default().DrainTimeout {
			t.Errorf("stopping took %v", took)
		}
		if got := value(t, reg, "plimsoll_agents_dropped_samples_total", ""); got != 12 {
			t.Errorf("%v samples are counted as dropped, want 12", got)
		}
	})
}

func TestRefusedSamplesAreCountedAndNotRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		puts := 0
		stored := sink{fail: func(batch []metric.Sample) error {
			puts++
			var refused *metric.RefusedError
			return refused.Refuse(batch[0], "late").OrNil()
		}}
		reg := prometheus.NewPedanticRegistry()
		run(t, 25*time.Second, func(c *Config) {
			c.Targets = targets(steady("load", 0))
			c.Sink, c.Registerer = &stored, reg
		})
		if puts != 2 {
			t.Errorf("two rounds were put %d times", puts)
		}
		if got := value(t, reg, "plimsoll_agents_refused_samples_total", "late"); got != 2 {
			t.Errorf("%v samples are counted as refused, want 2", got)
		}
	})
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{Live: 3}.Validate()
	for _, key := range []string{"interval", "live", "instance", "job", "batch_samples", "drain_timeout"} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s is not in %v", key, err)
		}
	}
}

// TestALastingErrorIsLoggedOnce with what the call itself says of its deadline,
// whatever port it had here, and so is its end.
func TestALastingErrorIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		waits := agentFunc{"waits", func(ctx context.Context, at time.Time) ([]metric.Sample, error) {
			if calls++; calls > 2 {
				return one("waits", at), nil
			}
			<-ctx.Done()
			return one("part", at), fmt.Errorf("read 10.0.0.1:3000%d->10.0.0.2:1: i/o timeout", calls)
		}}
		var stored sink
		var logged strings.Builder
		run(t, 45*time.Second, func(c *Config) {
			c.Targets = targets(waits)
			c.Sink, c.Logger = &stored, slog.New(slog.NewTextHandler(&logged, nil))
		})
		if got := stored.seconds("part"); !slices.Equal(got, []float64{10, 20}) {
			t.Errorf("what was measured until the deadline was stored at %v", got)
		}
		lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `level=WARN msg="could not measure" agent=waits`) ||
			!strings.Contains(lines[0], "30001->10.0.0.2:1: i/o timeout") || !strings.Contains(lines[1], `level=INFO msg="measured again" agent=waits`) {
			t.Errorf("%s", logged.String())
		}
	})
}
