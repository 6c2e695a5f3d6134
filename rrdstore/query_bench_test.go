package rrdstore

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore/rrdfile"
)

// BenchmarkInstant asks instant queries over 1,000 timers of one name and 1,000
// of different names, whose rows are in memory, and over 500 gauges in archives.
func BenchmarkInstant(b *testing.B) {
	c := testConfig(b.TempDir())
	at := epoch + 15_000
	c.Now = func() time.Time { return metric.Time(at) }
	s, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	defer s.abandon()
	var samples []metric.Sample
	for i := range 500 {
		samples = append(samples, gaugeSample(named("node_load1", "instance", fmt.Sprintf("web%d:9100", i), "job", "node"), epoch+10_000, 1))
	}
	mustPut(b, s, samples)
	if err := s.FlushAll(nothing); err != nil {
		b.Fatal(err)
	}
	samples = nil
	for i := range 1000 {
		samples = append(samples,
			timingSample(named("request_seconds", "instance", fmt.Sprintf("web%d:9100", i), "job", "node"), epoch+10_000, 1, 2),
			timingSample(named(fmt.Sprintf("task_%d_seconds", i)), epoch+10_000, 1, 2))
	}
	mustPut(b, s, samples)
	e := query.New(s, query.Config{Timeout: time.Minute, MaxSamples: 50_000_000, Lookback: 5 * time.Minute, Resolution: s.Resolution, Now: c.Now})
	for _, expr := range []string{
		`request_seconds{quantile="0.95"}`, `request_seconds_count`, `{__name__=~"task_.*_seconds",quantile="0.95"}`,
		`task_77_seconds{quantile="0.5"}`, `count({instance=~".+"})`, `node_load1`,
	} {
		b.Run(expr, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if got, err := e.Query(nothing, metric.Query{Expr: expr, End: metric.Time(at)}); err != nil || len(got.Series) == 0 {
					b.Fatalf("%d series, %v", len(got.Series), err)
				}
			}
		})
	}
}

func mustPut(b *testing.B, s *Store, samples []metric.Sample) {
	b.Helper()
	if err := s.Put(nothing, samples); err != nil {
		b.Fatal(err)
	}
}

// farm has series of gauges and counters, a sample each ten seconds for 25 hours,
// of which the last five minutes wait in memory, as in a running store.
func farm(b *testing.B, gauges, counters int, span time.Duration, change func(*Config)) (*query.Engine, int64) {
	b.Helper()
	c := testConfig(b.TempDir())
	if change != nil {
		change(&c)
	}
	at := epoch
	c.Now = func() time.Time { return metric.Time(at) }
	s, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.abandon)
	host := func(i int) string { return fmt.Sprintf("web%d:9100", i) }
	end := epoch + span.Milliseconds()
	for at < end {
		at += 10_000
		samples := make([]metric.Sample, 0, gauges+counters)
		for i := range gauges {
			samples = append(samples, gaugeSample(named("load1", "instance", host(i), "job", "node"), at, float64(i)))
		}
		for i := range counters {
			samples = append(samples, counterSample(named("hits_total", "instance", host(i), "job", "node"), at, epoch, float64((at-epoch)/1000*int64(i))))
		}
		mustPut(b, s, samples)
		if at == end-300_000 || at%(6*3_600_000) == 0 {
			if err := s.FlushAll(nothing); err != nil {
				b.Fatal(err)
			}
		}
	}
	e := query.New(s, query.Config{Timeout: time.Minute, MaxSamples: 50_000_000, Lookback: 5 * time.Minute, Resolution: s.Resolution, Now: c.Now})
	return e, at
}

// measure asks a query again and again, the first time without being measured.
func measure(b *testing.B, e *query.Engine, q metric.Query, series int) {
	b.Helper()
	b.Run(q.Expr, func(b *testing.B) {
		ask := func() {
			if got, err := e.Query(nothing, q); err != nil || len(got.Series) != series {
				b.Fatalf("%d series, %v", len(got.Series), err)
			}
		}
		ask()
		b.ReportAllocs()
		before := spent(b)
		for b.Loop() {
			ask()
		}
		b.ReportMetric(float64(spent(b)-before)/float64(b.N), "cpu-ns/op")
	})
}

// spent is the time of processors that the process took: others at work on the
// machine do not change it.
func spent(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkInstant10k asks for the present of 10,000 series in archives.
func BenchmarkInstant10k(b *testing.B) {
	e, at := farm(b, 5000, 5000, 20*time.Minute, nil)
	for expr, series := range map[string]int{
		`{job="node"}`: 10_000, `sum({job="node"})`: 1, `count(load1) + sum(hits_total)`: 1,
		`rate(hits_total[5m])`: 5000, `max_over_time(load1[5m])`: 5000, `sum(rate(hits_total[5m]))`: 1,
	} {
		measure(b, e, metric.Query{Expr: expr, End: metric.Time(at)}, series)
	}
}

// BenchmarkDayOf100 asks for a day of 100 series with the step of a chart.
func BenchmarkDayOf100(b *testing.B) {
	e, at := farm(b, 100, 100, 25*time.Hour, nil)
	for _, step := range []time.Duration{time.Minute, 5 * time.Minute} {
		b.Run(step.String(), func(b *testing.B) {
			for _, expr := range []string{`load1`, `hits_total`, `rate(hits_total[5m])`, `max_over_time(load1[10m])`} {
				measure(b, e, metric.Query{Expr: expr, Start: metric.Time(at).Add(-day), End: metric.Time(at), Step: step}, 100)
			}
		})
	}
}

// BenchmarkHourOf100 asks for the newest hour of 100 series again and again, as a
// dashboard does, with its rows in memory and without.
func BenchmarkHourOf100(b *testing.B) {
	for name, files := range map[string]archiveFiles{"rows in memory": nil, "rows read": nativeFiles{new(rrdfile.Opener)}} {
		b.Run(name, func(b *testing.B) {
			e, at := farm(b, 100, 100, 2*time.Hour, func(c *Config) { c.files = files })
			for _, expr := range []string{`load1`, `rate(hits_total[1m])`} {
				measure(b, e, metric.Query{Expr: expr, Start: metric.Time(at).Add(-time.Hour), End: metric.Time(at), Step: 15 * time.Second}, 100)
			}
		})
	}
}
