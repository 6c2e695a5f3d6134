package remote

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// batchOf returns a sample of each of n series.
func batchOf(n int, at int64) []metric.Sample {
	batch := make([]metric.Sample, n)
	for i := range batch {
		batch[i] = metric.Sample{
			Labels: named("node_network_receive_bytes_total", "device", "eth0", "instance", fmt.Sprintf("web%05d.example.com:9100", i), "job", "node"),
			Kind:   metric.Counter, At: epoch + at, Start: epoch, Value: float64(int64(i) * at),
		}
	}
	return batch
}

// BenchmarkPut is what it takes to have samples safe, and how long they are on
// disk.
func BenchmarkPut(b *testing.B) {
	const n = 10_000
	c := testConfig(b.TempDir(), nil)
	c.fs = durable.Disk{}
	s, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := 0; b.Loop(); i++ {
		if err := s.Put(context.Background(), batchOf(n, int64(i+1)*10)); err != nil {
			b.Fatal(err)
		}
	}
	samples := float64(b.N) * n
	b.ReportMetric(samples/b.Elapsed().Seconds(), "samples/s")
	b.ReportMetric(float64(s.journal.Bytes())/samples, "bytes/sample")
}

// BenchmarkCatchUp is how fast what waits is sent once the engine is back.
func BenchmarkCatchUp(b *testing.B) {
	const n, batches = 10_000, 20
	takes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer takes.Close()
	for b.Loop() {
		b.StopTimer()
		c := testConfig(b.TempDir(), nil)
		c.fs, c.Write = durable.Disk{}, takes.URL
		s, err := Open(c)
		if err != nil {
			b.Fatal(err)
		}
		for i := range int64(batches) {
			if err := s.Put(context.Background(), batchOf(n, (i+1)*10)); err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }() // ends below
		if err := s.FlushAll(ctx); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		cancel()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N)*n*batches/b.Elapsed().Seconds(), "samples/s")
}
