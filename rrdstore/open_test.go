package rrdstore

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// openings counts the archives that a store opens.
type openings struct {
	nativeFiles
	n atomic.Int64
}

func (o *openings) Open(path string) (archiveFile, error) {
	o.n.Add(1)
	return o.nativeFiles.Open(path)
}

// leanStore is the directory of a store of n gauges and counters, each in an
// archive of few rows, that was closed or else killed after an update of all.
func leanStore(tb testing.TB, n int, closed bool) Config {
	tb.Helper()
	c := testConfig(tb.TempDir())
	c.Tiers = []Tier{{10 * time.Second, 5 * time.Minute}, {time.Minute, time.Hour}}
	c.DrainTimeout = time.Hour
	c.Now = func() time.Time { return metric.Time(epoch + 20_000) }
	s, err := Open(c)
	if err != nil {
		tb.Fatal(err)
	}
	for round := range int64(2) {
		var samples []metric.Sample
		for i := range n {
			l := named(fmt.Sprintf("node_metric_%d_total", i/200), "instance", fmt.Sprintf("web%d.example:9100", i%200), "job", "node")
			at := epoch + 10_000*round
			if i%2 == 0 {
				samples = append(samples, gaugeSample(l, at, 1))
			} else {
				samples = append(samples, counterSample(l, at, 0, float64(at)))
			}
			if len(samples) == 1000 || i == n-1 {
				if err := s.Put(nothing, samples); err != nil {
					tb.Fatal(err)
				}
				samples = samples[:0]
			}
		}
	}
	if closed {
		err = s.Close()
	} else {
		err = s.FlushAll(nothing)
		s.abandon()
	}
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// countedEntry counts the looks at a directory entry.
type countedEntry struct {
	fs.DirEntry
	stats *int
}

func (e countedEntry) Info() (fs.FileInfo, error) {
	*e.stats++
	return e.DirEntry.Info()
}

// A start costs one stat for each archive: none but a few are opened.
func TestStartOpensNoArchives(t *testing.T) {
	n := 3000
	if os.Getenv("PLIMSOLL_TORTURE") != "" {
		n = 100_000
	}
	c := leanStore(t, n, true)
	v, stats := newSurvey(&c), 0
	err := walkArchives(c.Dir, func(path string, e fs.DirEntry) error {
		if strings.HasSuffix(path, ".rrd") {
			v.look(path, countedEntry{e, &stats})
		}
		return nil
	})
	opened := 0
	for _, k := range v.known {
		opened += k.opened
	}
	if err != nil || stats != n || opened > 2*sampled {
		t.Errorf("a survey of %d archives: %d stats, %d opened, %v", n, stats, opened, err)
	}
	files := &openings{}
	c.files = files
	began := time.Now()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	t.Logf("start with %d archives: %v", n, time.Since(began))
	if got := s.Stats(); got.Files != n || got.Series != n || files.n.Load() != 0 {
		t.Errorf("%d archives opened for %+v", files.n.Load(), got)
	}
}

// BenchmarkStart is the start with 100,000 archives: of a store that was closed,
// and of one that was killed when all of them were updated and none was synced.
func BenchmarkStart(b *testing.B) {
	for name, closed := range map[string]bool{"closed": true, "killed": false} {
		b.Run(name, func(b *testing.B) {
			c := leanStore(b, 100_000, closed)
			for b.Loop() {
				s, err := Open(c)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				s.abandon()
				b.StartTimer()
			}
		})
	}
}
