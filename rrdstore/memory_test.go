package rrdstore

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/sketch"
	"plimsoll/rrdstore/backlog"
)

// busyDay puts, for each of n timers, what a day less ten seconds brings, with
// 1,000 log-normal values in each ten seconds: as few samples as give every
// tier its open interval.
func busyDay(r *rig, n int) {
	const dayTens, hourTens, tenMinuteTens, minuteTens = 8640, 360, 60, 6
	left := dayTens - 1
	for _, tens := range []int{dayTens - hourTens, hourTens - tenMinuteTens, tenMinuteTens - minuteTens, minuteTens - 1} {
		shared := likely(1000 * float64(tens))
		at := epoch + int64(dayTens-1-left+1)*10_000
		left -= tens
		samples := make([]metric.Sample, n)
		for i := range samples {
			samples[i] = metric.Sample{Labels: named("request_seconds", "host", fmt.Sprint("web", i)), Kind: metric.Timing, At: at, Sketch: shared}
		}
		for len(samples) > 0 { // small batches: the journal keeps its buffer
			r.put(samples[:20]...)
			samples = samples[20:]
		}
	}
}

// What a timer holds that is hit 100 times a second, ten seconds before
// midnight: the open intervals of all tiers, and the one that the counter daemon
// has, take at most 6 kB. What else the store keeps of it is labels, state and index.
func TestMemoryOfABusyTimer(t *testing.T) {
	const n = 1000
	r := newRig(t, nil)
	before := heapBytes()
	busyDay(r, n)
	all := heapBytes()
	flushed := make([]*sketch.Sketch, n) // the daemon's
	for i := range flushed {
		flushed[i] = logNormal(uint64(i), 1)
	}
	daemon := heapBytes() - all
	runtime.KeepAlive(flushed)
	for _, sr := range r.timings {
		for i := range sr.archives {
			sr.archives[i].pending = backlog.New(len(timerDS))
		}
	}
	written := heapBytes()
	for _, sr := range r.timings {
		if got := sr.timer.open[len(sr.timer.open)-1].sketch.Count(); got != 8_639_000 {
			t.Fatalf("the day has %g observations", got)
		}
		clear(sr.timer.open)
	}
	open := written - heapBytes()
	t.Logf("bytes for each timer: %.0f open intervals, %.0f in the daemon; %.0f points that wait, %.0f labels, state and index",
		open/n, daemon/n, (all-written)/n, (written-open-before)/n)
	if sum := (open + daemon) / n; !(sum > 3000 && sum <= 6000) {
		t.Errorf("open intervals take %.0f bytes for each timer", sum)
	}
	if rest := (written - open - before) / n; !(rest > 0 && rest <= 1000) {
		t.Errorf("the rest takes %.0f bytes for each timer", rest)
	}
}

// What a gauge or a counter with two labels holds, all else being written: its
// labels, its state, and its place in the index.
func TestMemoryOfAPlainSeries(t *testing.T) {
	const n, instances = 20_000, 200
	for kind, limit := range map[metric.Kind]float64{metric.Gauge: 350, metric.Counter: 420} {
		r := newRig(t, nil)
		before := heapBytes()
		samples := make([]metric.Sample, 0, instances)
		for i := range n {
			l := named(fmt.Sprintf("node_metric_%d", i/instances), "instance", fmt.Sprintf("web%d.example:9100", i%instances), "job", "node")
			samples = append(samples, metric.Sample{Labels: l, Kind: kind, At: epoch + 10_000, Value: 1})
			if len(samples) == instances {
				r.put(samples...)
				samples = samples[:0]
			}
		}
		all := heapBytes()
		for _, sr := range r.index.series {
			sr.archives[0].pending = backlog.New(1)
		}
		written := heapBytes()
		t.Logf("bytes for each %s: %.0f, and %.0f for a point that waits", kind, (written-before)/n, (all-written)/n)
		if sum := (written - before) / n; !(sum > 100 && sum <= limit) {
			t.Errorf("a %s takes %.0f bytes", kind, sum)
		}
	}
}

// What a series holds in all while it waits its turn of five minutes: labels,
// state, index, and thirty points of noisy numbers.
func TestMemoryOfAnActiveSeries(t *testing.T) {
	const n, batch = 5000, 500
	for kind, limit := range map[metric.Kind]float64{metric.Gauge: 550, metric.Counter: 650} {
		r := newRig(t, nil)
		random := rand.New(rand.NewPCG(1, 2))
		counted := make([]float64, n)
		names := make([]labels.Labels, n)
		for i := range names {
			names[i] = named(fmt.Sprintf("node_metric_%d", i/200), "instance", fmt.Sprintf("web%d.example:9100", i%200), "job", "node")
		}
		before := heapBytes()
		samples := make([]metric.Sample, 0, batch)
		for at := epoch + 10_000; at <= epoch+300_000; at += 10_000 {
			for i := range n {
				counted[i] += float64(1000 + random.IntN(200))
				v := counted[i]
				if kind == metric.Gauge {
					v = float64(1000 + random.IntN(200))
				}
				samples = append(samples, metric.Sample{Labels: names[i], Kind: kind, At: at, Start: epoch, Value: v})
				if len(samples) == batch {
					r.put(samples...)
					samples = samples[:0]
				}
			}
		}
		all := (heapBytes() - before) / n
		waiting := float64(r.Stats().BufferedBytes) / n
		runtime.KeepAlive(names)
		t.Logf("bytes for each %s: %.0f, of which %.0f for thirty points", kind, all, waiting)
		if !(waiting > 60 && all > waiting && all <= limit) {
			t.Errorf("a %s takes %.0f bytes, %.0f of them for its points", kind, all, waiting)
		}
	}
}

// The open intervals are the same to the last bit after kill -9, those that are
// in the checkpoint and those that are only in the journal.
func TestOpenSketchesSurviveAKill(t *testing.T) {
	for name, between := range map[string]func(r *rig){
		"journal":                func(*rig) {},
		"checkpoint":             func(r *rig) { _ = r.Checkpoint() },
		"checkpoint and flushed": func(r *rig) { r.flush(); _ = r.Checkpoint() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			l := named("request_seconds")
			for i := int64(1); i <= 40; i++ {
				r.put(metric.Sample{Labels: l, Kind: metric.Timing, At: epoch + i*10_000, Sketch: logNormal(uint64(i), 0.1)})
				if i == 25 {
					between(r)
				}
			}
			want := openSketches(t, r)
			r.crash()
			if got := openSketches(t, r); !slices.Equal(got, want) {
				t.Error("the open sketches differ")
			}
			if p95 := r.timings[0].timer.open[3].sketch.Quantile(0.95); math.Abs(p95/math.Exp(1.645)-1) > 0.1 {
				t.Errorf("p95 of the hour so far is %g", p95)
			}
		})
	}
}

func openSketches(t *testing.T, r *rig) (all []string) {
	t.Helper()
	for _, in := range r.timings[0].timer.open {
		if in.sketch == nil {
			all = append(all, "none")
			continue
		}
		b, err := in.sketch.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(b))
	}
	return all
}

// likely returns n log-normal values as they fall into the buckets when chance
// does nothing odd: so many can be had at once.
func likely(n float64) *sketch.Sketch {
	const bucket = math.Ln2 / 64
	s := new(sketch.Sketch)
	below := 0.0
	for i := -600; i <= 600; i++ {
		end := float64(i) * bucket
		upTo := math.Round(n * 0.5 * math.Erfc(-end/math.Sqrt2))
		s.Add(math.Exp(end-bucket/2), upTo-below)
		below = upTo
	}
	return s
}

// logNormal returns a sketch of so many thousand values.
func logNormal(seed uint64, thousands float64) *sketch.Sketch {
	random := rand.New(rand.NewPCG(1, seed))
	s := new(sketch.Sketch)
	for range int(1000 * thousands) {
		s.Add(math.Exp(random.NormFloat64()), 1)
	}
	return s
}

// heapBytes returns what is live on the heap.
func heapBytes() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
