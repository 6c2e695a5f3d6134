package main

import (
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore"
)

// step is the distance of samples.
const step = 10 * time.Second

// ladder is lean, so that two trees of 100,000 files fit on a common disk, 25 kB
// a file. Averages of all, and greatest values from ten minutes up, as ours has
// them by default: six archives.
func ladder() []rrdstore.Tier {
	return []rrdstore.Tier{
		{Step: step, Keep: time.Hour},
		{Step: time.Minute, Keep: 12 * time.Hour},
		{Step: 10 * time.Minute, Keep: 3 * 24 * time.Hour},
		{Step: time.Hour, Keep: 16 * 24 * time.Hour},
	}
}

// seriesPerName is how many instances each metric has.
const seriesPerName = 10_000

func nameOf(i int) string { return fmt.Sprintf("bench_metric_%02d", i/seriesPerName) }

func instanceOf(i int) string { return fmt.Sprintf("host%05d:9100", i%seriesPerName) }

func labelsOf(i int) labels.Labels {
	return labels.FromStrings(metric.NameLabel, nameOf(i), "instance", instanceOf(i), "job", "node")
}

// fileOf is the archive of a series below a data directory of ours; the peers'
// files have the same names.
func fileOf(i int) string {
	return filepath.Join("archives", nameOf(i), "instance="+instanceOf(i)+",job=node.rrd")
}

// valueOf is the n-th value of series i. A quarter of the series each stand
// still, are whole numbers, have two decimals, and have all digits of a double.
func valueOf(i, n int) float64 {
	h := uint64(i)*0x9e3779b97f4a7c15 + uint64(n)*0xbf58476d1ce4e5b9
	h ^= h >> 29
	switch i % 4 {
	case 0:
		return float64(i % 100)
	case 1:
		return float64(1000 + 3*n + int(h%7))
	case 2:
		return float64(2000+h%500) / 100
	}
	return math.Sqrt(float64(h % 1000003))
}

// clock gives the instants of the load: simulated time, as fast as it can be had.
type clock struct{ begin int64 }

func (c clock) at(n int) int64 { return c.begin + int64(n)*step.Milliseconds() }
