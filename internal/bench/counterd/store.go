package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/bench/counterd/load"
	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore"
)

const (
	storedTimers = 1000
	storedValues = 1000 // of each timer
	storedPuts   = 5    // flushes over which they come
	storedPlain  = 20_000
)

// runStore puts active series into a store and prints what each of them holds of
// the heap: its labels and state, of a timer the open sketches of all tiers, and
// points not yet in an archive. It ends without closing the store, which would
// make the archives.
func runStore(dir, kind string) error {
	// Past the whole hour, so that no tier's interval ends meanwhile but the finest's.
	now := time.Now().Truncate(24 * time.Hour).Add(time.Second)
	c := rrdstore.Default()
	c.Dir, c.Now = dir, func() time.Time { return now }
	store, err := rrdstore.Open(c)
	if err != nil {
		return err
	}
	before := liveHeap()
	series := storedPlain
	if kind == "timer" {
		series = storedTimers
	}
	random := rand.New(rand.NewPCG(1, 2))
	for put := range storedPuts {
		at := now.Truncate(c.Step).Add(time.Duration(put+1) * c.Step)
		for samples := range slices.Chunk(samplesOf(kind, at, c.Step, random), 1000) {
			if err := store.Put(context.Background(), samples); err != nil {
				return err
			}
		}
	}
	after := liveHeap()
	runtime.KeepAlive(store)
	return json.NewEncoder(os.Stdout).Encode(counts{HeapBytes: (after - before) / uint64(series), Series: series})
}

func samplesOf(kind string, at time.Time, step time.Duration, random *rand.Rand) []metric.Sample {
	switch kind {
	case "timer":
		return timers(at, step, random)
	case "counter":
		return plain(metric.Counter, at)
	}
	return plain(metric.Gauge, at)
}

func plain(kind metric.Kind, at time.Time) []metric.Sample {
	samples := make([]metric.Sample, storedPlain)
	for i := range samples {
		samples[i] = metric.Sample{
			Labels: labels.FromStrings(metric.NameLabel, load.Name(load.Counter, i)),
			Kind:   kind, At: at.UnixMilli(), Value: float64(at.Unix()),
		}
	}
	return samples
}

func timers(at time.Time, step time.Duration, random *rand.Rand) []metric.Sample {
	samples := make([]metric.Sample, storedTimers)
	for i := range samples {
		sk := new(sketch.Sketch)
		for range storedValues / storedPuts {
			sk.Add(math.Exp(random.NormFloat64()-4), 1)
		}
		samples[i] = metric.Sample{
			Labels: labels.FromStrings(metric.NameLabel, load.Name(load.Timer, i)),
			Kind:   metric.Timing, At: at.UnixMilli(), Start: at.Add(-step).UnixMilli(), Sketch: sk,
		}
	}
	return samples
}

func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // sync.Pools keep what they hold for one more
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// stored asks a child what an active series of a kind holds in the store.
func stored(self, kind string) (float64, error) {
	dir, err := os.MkdirTemp("", "bench-counterd-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	out, err := exec.Command(self, "store", "-data", dir, "-kind", kind).Output()
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	var c counts
	err = json.Unmarshal(out, &c)
	return float64(c.HeapBytes), err
}
