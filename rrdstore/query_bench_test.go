package rrdstore

import (
	"fmt"
	"testing"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
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
