package remote

import (
	"context"
	"errors"
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

// BenchmarkCatchUp is how fast what waits is sent once the engine is back: near,
// and 100 ms away, with as many requests at a time as given.
func BenchmarkCatchUp(b *testing.B) {
	for _, c := range []struct {
		away  time.Duration
		sends int
	}{{0, 1}, {0, 4}, {0, 8}, {100 * time.Millisecond, 1}, {100 * time.Millisecond, 4}, {100 * time.Millisecond, 8}, {100 * time.Millisecond, 16}} {
		b.Run(fmt.Sprintf("away=%s/sends=%d", c.away, c.sends), func(b *testing.B) {
			const n, batches = 10_000, 40
			b.StopTimer()
			for range b.N {
				catchUp(b, c.away, c.sends, n, batches)
			}
			b.ReportMetric(float64(b.N)*n*batches/b.Elapsed().Seconds(), "samples/s")
		})
	}
}

func catchUp(b *testing.B, away time.Duration, sends, n, batches int) {
	takes := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(away) // the way there and back
		w.WriteHeader(http.StatusNoContent)
	}))
	defer takes.Close()
	c := testConfig(b.TempDir(), nil)
	c.fs, c.Write, c.MaxSends = durable.Disk{}, takes.URL, sends
	s, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	s.v1.Store(true) // nothing is to be found out
	for i := range batches {
		if err := s.Put(context.Background(), batchOf(n, int64(i+1)*10)); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	ended := make(chan error, 1)
	b.StartTimer()
	go func() { ended <- s.Run(ctx) }() // ends below
	err = s.FlushAll(ctx)
	b.StopTimer()
	cancel()
	if err = errors.Join(err, <-ended, s.Close()); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	var entries []entry
	for _, sm := range batchOf(1000, 10) {
		entries = append(entries, entry{Sample: sm})
	}
	record, err := encodeRecord(1, entries)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := decodeRecord(record); err != nil {
			b.Fatal(err)
		}
	}
}
