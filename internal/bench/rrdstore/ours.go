package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"time"

	"plimsoll/internal/bench/process"
	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

// batchSize is how many points a Put, or a BATCH of rrdcached, has.
const batchSize = 1000

// round is what some work cost.
type round struct {
	Points    int             `json:"points"`
	CPU       time.Duration   `json:"cpu"`
	Wall      time.Duration   `json:"wall"`
	Written   process.Written `json:"written"`
	PutCPU    time.Duration   `json:"put_cpu"`
	HeapBytes uint64          `json:"heap_bytes"` // live, while all points of the round waited
	RSSBytes  int64           `json:"rss_bytes"`  // then
	Device    int64           `json:"-"`          // bytes that the disk was given until all was clean
	Error     string          `json:"error"`
}

// micros is the CPU of a point.
func (r round) micros() float64 { return float64(r.CPU.Nanoseconds()) / 1e3 / float64(r.Points) }

func (r round) perPoint(bytes int64) float64 { return float64(bytes) / float64(r.Points) }

// ours is a child process: the store, fed by itself.
type ours struct {
	store   *rrdstore.Store
	series  int
	n       int          // the next instant
	now     atomic.Int64 // ms; what the store takes for the clock
	clock   clock
	samples []metric.Sample // one of each series
}

func oursCommand(args []string) error {
	f := flag.NewFlagSet("ours", flag.ContinueOnError)
	dir := f.String("dir", "", "data directory")
	series := f.Int("series", 100_000, "how many")
	begin := f.Int64("begin", 0, "the instant before the first point, in ms")
	profile := f.String("cpuprofile", "", "file for a profile of the CPU")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *profile != "" {
		p, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer p.Close()
		if err := pprof.StartCPUProfile(p); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	o := &ours{series: *series, clock: clock{*begin}}
	if err := o.open(*dir); err != nil {
		return err
	}
	return errors.Join(o.answer(), o.store.Close())
}

func (o *ours) open(dir string) error {
	c := storeConfig(dir, o.series)
	o.now.Store(o.clock.begin)
	c.Now = func() time.Time { return time.UnixMilli(o.now.Load()) }
	var err error
	o.store, err = rrdstore.Open(c)
	return err
}

// storeConfig is ours but for the ladder, and for bounds on what is buffered: no
// clock drives the store, the bench flushes it.
func storeConfig(dir string, series int) rrdstore.Config {
	c := rrdstore.Default()
	c.Dir, c.Tiers, c.Step = dir, ladder(), step
	c.MaxSeries = max(c.MaxSeries, series)
	c.MaxBufferedBytes = math.MaxInt / 4
	c.DrainTimeout = time.Minute
	return c
}

// answer does what each line of the standard input says and prints what it cost.
func (o *ours) answer() error {
	fmt.Println("ready")
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		r, err := o.do(in.Text())
		if err != nil {
			r.Error = err.Error()
		}
		if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
			return err
		}
	}
	return in.Err()
}

func (o *ours) do(line string) (round, error) {
	var points int
	var what string
	if _, err := fmt.Sscan(line, &what, &points); err != nil {
		return round{}, fmt.Errorf("%q: %w", line, err)
	}
	switch what {
	case "labels":
		o.label()
		return round{HeapBytes: liveHeap(), RSSBytes: o.rss()}, nil
	case "round":
		return o.round(points, true)
	case "put":
		return o.round(points, false)
	case "flush":
		return round{}, o.store.FlushAll(context.Background())
	}
	return round{}, fmt.Errorf("%q: no such command", line)
}

// label makes the samples, which a sender would hold, not the store.
func (o *ours) label() {
	o.samples = make([]metric.Sample, o.series)
	for i := range o.samples {
		o.samples[i] = metric.Sample{Labels: labelsOf(i), Kind: metric.Gauge}
	}
}

// round puts points of each series, and then brings all of them into the
// archives, as Run does once in a flush interval. Every checkpointEvery points it
// makes a checkpoint, as Run does.
func (o *ours) round(points int, flush bool) (round, error) {
	var writing round
	write := func(do func() error) error {
		u := begin()
		err := do()
		writing.add(u.end(0))
		return err
	}
	u := begin()
	for n := range points {
		if err := o.putInstant(); err != nil {
			return round{}, err
		}
		if done := n + 1; flush && done%checkpointEvery == 0 && done < points {
			if err := write(o.store.Checkpoint); err != nil {
				return round{}, err
			}
		}
	}
	r := u.end(points * o.series)
	r.PutCPU = r.CPU - writing.CPU
	r.HeapBytes, r.RSSBytes = liveHeap(), o.rss()
	if !flush {
		return r, nil
	}
	v := begin()
	err := o.store.FlushAll(context.Background())
	if err == nil {
		err = o.store.Checkpoint()
	}
	r.add(v.end(0))
	return r, err
}

// checkpointEvery is ours by default, five minutes.
const checkpointEvery = 30

// add counts what some more work cost.
func (r *round) add(more round) {
	r.CPU += more.CPU
	r.Wall += more.Wall
	r.Written.Calls += more.Written.Calls
	r.Written.Pages += more.Written.Pages
	if r.Error == "" {
		r.Error = more.Error
	}
}

func (o *ours) putInstant() error {
	o.n++
	at := o.clock.at(o.n)
	o.now.Store(at)
	for from := 0; from < o.series; from += batchSize {
		part := o.samples[from:min(from+batchSize, o.series)]
		for i := range part {
			part[i].At, part[i].Value = at, valueOf(from+i, o.n)
		}
		if err := o.store.Put(context.Background(), part); err != nil {
			return err
		}
	}
	return nil
}

func (o *ours) rss() int64 {
	n, _ := process.RSSBytes(os.Getpid()) // our own can be read
	return n
}

func liveHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
