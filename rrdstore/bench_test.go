package rrdstore

import (
	"fmt"
	"math"
	"testing"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// BenchmarkPut puts batches of 1,000 gauges, journal on, nothing flushed.
func BenchmarkPut(b *testing.B) {
	const width = 1000
	c := testConfig(b.TempDir())
	c.fs = durable.Disk{}
	c.MaxPerArchive, c.MaxBufferedBytes = math.MaxInt, math.MaxInt/2
	c.Now = func() time.Time { return metric.Time(epoch + 1<<50) }
	s, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	defer s.abandon()
	samples := make([]metric.Sample, width)
	for i := range samples {
		samples[i] = gaugeSample(named("node_cpu_seconds", "instance", "web1:9100", "cpu", fmt.Sprint(i)), 0, 0)
	}
	b.ResetTimer()
	for n := range b.N {
		for i := range samples {
			samples[i].At = epoch + int64(n+1)*10_000
			samples[i].Value = float64(n * i)
		}
		if err := s.Put(nothing, samples); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*width)/b.Elapsed().Seconds(), "samples/s")
}

// BenchmarkFlush writes the 30 points of five minutes into each of
// 200 archives.
func BenchmarkFlush(b *testing.B) {
	c := testConfig(b.TempDir())
	c.Now = func() time.Time { return metric.Time(epoch + 1<<50) }
	s, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	defer s.abandon()
	at, points := epoch, 0
	for range b.N {
		b.StopTimer()
		for range 30 {
			at += 10_000
			var samples []metric.Sample
			for i := range 200 {
				samples = append(samples, gaugeSample(named("g", "i", fmt.Sprint(i)), at, float64(at%977)))
			}
			if err := s.Put(nothing, samples); err != nil {
				b.Fatal(err)
			}
			points += len(samples)
		}
		b.StartTimer()
		if err := s.FlushAll(nothing); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(points)/b.Elapsed().Seconds(), "points/s")
}

// BenchmarkReplay applies the journal's record of 1,000 gauges, their labels told.
func BenchmarkReplay(b *testing.B) {
	entries := make([]entry, 1000)
	for i := range entries {
		sr := &series{ref: uint32(i), labels: named("node_cpu_seconds", "cpu", fmt.Sprint(i), "instance", "web1:9100")}
		entries[i] = entry{series: sr, at: epoch, value: float64(i) / 7}
	}
	record, err := encodeBatch(nil, entries, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for n := range b.N {
		r := newReplayer(newStore(testConfig(b.TempDir())))
		for segment := range uint64(2) {
			if err := r.record(segment+1, record); err != nil || r.damaged > 0 {
				b.Fatal(n, err, r.damaged)
			}
		}
	}
}
