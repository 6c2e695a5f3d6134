package collector

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"pgregory.net/rapid"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
)

// batch makes samples of now of the series named, which are of one instance.
func batch(instance string, names ...string) []metric.Sample {
	out := make([]metric.Sample, 0, len(names))
	for _, name := range names {
		out = append(out, metric.Sample{
			Labels: labels.FromStrings(metric.NameLabel, name, "instance", instance), At: metric.Millis(time.Now()), Value: 1,
		})
	}
	return out
}

func TestOffenderIsNamedWithAnExample(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stored, reg := newCollector(t, func(cfg *Config) { cfg.Limits.Series = 2 })
		err := c.From("graphite 10.0.0.8").Put(t.Context(), batch("web1", "a", "b", "c"))
		var refused *metric.RefusedError
		if !errors.As(err, &refused) || refused.Reasons[limit.ReasonSeries] != 1 || refused.First.Name() != "c" {
			t.Errorf("error is %v", err)
		}
		if len(stored.samples) != 2 {
			t.Errorf("stored %v", stored.text())
		}
		now := time.Now()
		want := []Source{{
			Source: "graphite 10.0.0.8", Instances: "web1", FirstSeen: now, LastSeen: now, LastSample: now.UTC(),
			Samples: 2, SamplesPerSecond: 2. / 60, Series: 2, Refused: map[string]int{limit.ReasonSeries: 1},
			Example: &Example{Reason: limit.ReasonSeries, Series: `{__name__="c", instance="web1"}`, At: now.UTC(), SeenAt: now},
		}}
		if diff := cmp.Diff(want, c.Sources()); diff != "" {
			t.Error(diff)
		}
		if n := metricValue(t, reg, "plimsoll_collector_source_refused_samples_total", limit.ReasonSeries); n != 1 {
			t.Errorf("%v are counted for the source", n)
		}
	})
}

// What is not stored because the sink is away takes nothing of the rate: it comes
// again.
func TestRetriesDoNotUseUpTheRate(t *testing.T) {
	c, stored, _ := newCollector(t, func(cfg *Config) { cfg.Limits.Burst, cfg.Limits.SamplesPerSecond = 2, 1 })
	stored.err = errors.New("disk full")
	for range 5 {
		if err := c.From("a").Put(t.Context(), batch("web1", "a", "b")); !errors.Is(err, stored.err) {
			t.Fatalf("error is %v", err)
		}
	}
	stored.err = nil
	if err := c.From("a").Put(t.Context(), batch("web1", "a", "b")); err != nil {
		t.Error(err)
	}
	if s := c.Sources(); s[0].Samples != 2 || s[0].LastError != "disk full" {
		t.Errorf("sources are %+v", s)
	}
}

func TestRemoteWriteKeepsToLimits(t *testing.T) {
	c, stored, _ := newCollector(t, func(cfg *Config) {
		cfg.Limits.Sources = []limit.Rule{{Match: "remote write 192.0.2.*", Limits: limit.Limits{Series: 1}}}
	})
	status, text := postV1(t, c, prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		series(1000, 1, "__name__", "a"), series(1000, 1, "__name__", "b"), series(2000, 1, "__name__", "a"),
	}})
	if status != 400 || !strings.Contains(text, limit.ReasonSeries+": 1") || len(stored.samples) != 2 {
		t.Errorf("status %d, %s; stored %v", status, text, stored.text())
	}
}

// A sender by remote write can wait: it is told to, and loses nothing to a rate.
func TestRemoteWriteWaitsForItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stored, reg := newCollector(t, func(cfg *Config) { cfg.Limits.SamplesPerSecond, cfg.Limits.Burst = 1, 4 })
		req, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
			series(1000, 1, "__name__", "a"), series(1000, 1, "__name__", "b"), series(1000, 1, "__name__", "c"),
		}}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{204, 429, 204} {
			status, text, h := post(t, c, v1Type, req)
			if status != want || status == 429 && h.Get("Retry-After") != "2" {
				t.Errorf("request %d: status %d, %s, %v", i, status, text, h)
			}
			if i == 1 {
				time.Sleep(2 * time.Second)
			}
		}
		if len(stored.samples) != 6 || len(c.Sources()[0].Refused) != 0 {
			t.Errorf("stored %d, %+v", len(stored.samples), c.Sources())
		}
		if n := metricValue(t, reg, "plimsoll_collector_failed_requests_total", "rate limit"); n != 1 {
			t.Errorf("%v requests are counted", n)
		}
	})
}

func TestSourcesBeyondTheirNumberAreForgotten(t *testing.T) {
	c, _, reg := newCollector(t, func(cfg *Config) { cfg.MaxSources = 2 })
	for _, name := range []string{"a", "b", "a", "c\xff"} {
		if err := c.From(name).Put(t.Context(), batch("web1", "x")); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for _, s := range c.Sources() {
		names = append(names, s.Source)
	}
	if diff := cmp.Diff([]string{"a", "c"}, names); diff != "" {
		t.Error(diff)
	}
	if n := metricValue(t, reg, "plimsoll_collector_forgotten_sources_total", ""); n != 1 {
		t.Errorf("%v are forgotten", n)
	}
}

func TestMemoryOfSeriesIsBoundedOverAllSources(t *testing.T) {
	now := time.Now()
	c, _, _ := newCollector(t, nil)
	for i := range 4 {
		if err := c.From(fmt.Sprint(i)).Put(t.Context(), batch("web1", "a", "b", "c")); err != nil {
			t.Fatal(err)
		}
	}
	c.sources.tidy(now, time.Hour, 5)
	got := map[string]int{}
	for _, s := range c.Sources() {
		got[s.Source] = s.Series
	}
	if diff := cmp.Diff(map[string]int{"3": 3, "2": 3, "1": 0, "0": 0}, got); diff != "" {
		t.Error(diff)
	}
	c.sources.tidy(now.Add(2*time.Hour), time.Hour, 5)
	if n := len(c.Sources()); n != 0 {
		t.Errorf("%d silent sources are still known", n)
	}
}

func TestOffendersAreBounded(t *testing.T) {
	c, _, reg := newCollector(t, func(cfg *Config) { cfg.Limits.Series = 1 })
	for i := range maxOffenders + 3 {
		_ = c.From(fmt.Sprintf("s%03d", i)).Put(t.Context(), batch("web1", "a", "b")) // b is refused
	}
	metrics := func(source string) (series int, others float64) {
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if f.GetName() != "plimsoll_collector_source_refused_samples_total" {
				continue
			}
			for _, m := range f.GetMetric() {
				series++
				if m.GetLabel()[1].GetValue() == source {
					others = m.GetCounter().GetValue()
				}
			}
		}
		return series, others
	}
	if series, others := metrics("others"); series != maxOffenders+1 || others != 3 {
		t.Errorf("%d sources, %v samples of others", series, others)
	}
	c.metrics.offenders.keep(func(name string) bool { return name == "s007" })
	_ = c.From("s101").Put(t.Context(), batch("web1", "b"))
	if series, own := metrics("s101"); series != 3 || own != 1 {
		t.Errorf("%d sources, %v samples", series, own)
	}
}

// One source's flood, in series, samples, labels or stamps, changes nothing of
// what is stored of another and what it is told.
func TestFloodChangesNothingForOthers(t *testing.T) {
	type round struct {
		quiet, flood int
		after        time.Duration
	}
	run := func(t *testing.T, rounds []round, flooding bool) (stored []string, told []string, of Source) {
		synctest.Test(t, func(t *testing.T) {
			c, s, _ := newCollector(t, func(cfg *Config) {
				cfg.Limits.Series, cfg.Limits.SamplesPerSecond, cfg.Limits.Burst = 4, 2, 6
			})
			for i, r := range rounds {
				time.Sleep(r.after)
				if flooding {
					flood := batch("bad", strings.Repeat("x ", r.flood), fmt.Sprint("n", i))
					for j := range r.flood {
						flood = append(flood, batch("bad", fmt.Sprint("f", i, "_", j))...)
					}
					_ = c.From("bad").Put(t.Context(), flood) // most of it is refused
				}
				names := make([]string, r.quiet)
				for j := range names {
					names[j] = fmt.Sprint("q", j)
				}
				told = append(told, fmt.Sprint(c.From("good").Put(t.Context(), batch("good", names...))))
			}
			for _, line := range s.text() {
				if strings.Contains(line, `instance="good"`) {
					stored = append(stored, line)
				}
			}
			for _, one := range c.Sources() {
				if one.Source == "good" {
					of = one
				}
			}
		})
		return stored, told, of
	}
	rapid.Check(t, func(rt *rapid.T) {
		rounds := make([]round, rapid.IntRange(1, 8).Draw(rt, "rounds"))
		for i := range rounds {
			rounds[i] = round{
				rapid.IntRange(0, 6).Draw(rt, "quiet"), rapid.IntRange(0, 50).Draw(rt, "flood"),
				time.Duration(rapid.IntRange(0, 4000).Draw(rt, "after")) * time.Second,
			}
		}
		stored, told, of := run(t, rounds, true)
		alone, toldAlone, ofAlone := run(t, rounds, false)
		if diff := cmp.Diff(alone, stored) + cmp.Diff(toldAlone, told) + cmp.Diff(ofAlone, of); diff != "" {
			rt.Fatal(diff)
		}
	})
}
