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
)

// runStore puts active timers into a store and prints what each of them holds of
// the heap: its open sketches of all tiers, its labels, and rows not yet in an
// archive. It ends without closing the store, which would make the archives.
func runStore(dir string) error {
	// Past the whole hour, so that no tier's interval ends meanwhile but the finest's.
	now := time.Now().Truncate(24 * time.Hour).Add(time.Second)
	c := rrdstore.Default()
	c.Dir, c.Now = dir, func() time.Time { return now }
	store, err := rrdstore.Open(c)
	if err != nil {
		return err
	}
	before := liveHeap()
	random := rand.New(rand.NewPCG(1, 2))
	for put := range storedPuts {
		at := now.Truncate(c.Step).Add(time.Duration(put+1) * c.Step)
		if err := store.Put(context.Background(), timers(at, c.Step, random)); err != nil {
			return err
		}
	}
	after := liveHeap()
	runtime.KeepAlive(store)
	return json.NewEncoder(os.Stdout).Encode(counts{HeapBytes: (after - before) / storedTimers, Series: storedTimers})
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

// storedTimer asks a child what an active timer holds in the store.
func storedTimer(self string) (float64, error) {
	dir, err := os.MkdirTemp("", "bench-counterd-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	out, err := exec.Command(self, "store", "-data", dir).Output()
	if err != nil {
		return 0, fmt.Errorf("store: %w", err)
	}
	var c counts
	err = json.Unmarshal(out, &c)
	return float64(c.HeapBytes), err
}
