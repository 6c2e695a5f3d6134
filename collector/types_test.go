package collector

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/prompb"

	"plimsoll/internal/metric"
)

// told is a request of version 1.0 that tells types only, as Prometheus sends it.
var told = prompb.WriteRequest{Metadata: []prompb.MetricMetadata{
	{Type: prompb.MetricMetadata_GAUGE, MetricFamilyName: "pg_stat_activity_count"},
	{Type: prompb.MetricMetadata_COUNTER, MetricFamilyName: "node_vmstat_pgfault"},
	{Type: prompb.MetricMetadata_HISTOGRAM, MetricFamilyName: "latency"}, // each of its series is another
}}

func TestTypesOutliveARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newCollector(t, nil)
		stop := running(t, c)
		postV1(t, c, told)
		stop()

		again, stored, _ := newCollector(t, func(cfg *Config) { cfg.Dir = c.cfg.Dir })
		postV1(t, again, prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
			series(1000, 4, "__name__", "pg_stat_activity_count"),
			series(1000, 5, "__name__", "node_vmstat_pgfault"),
			series(1000, 6, "__name__", "latency_count"),
		}})
		want := []string{
			`{__name__="pg_stat_activity_count"} gauge 4 @1000 since 0`,
			`{__name__="node_vmstat_pgfault"} counter 5 @1000 since 0`,
			`{__name__="latency_count"} counter 6 @1000 since 0`,
		}
		if diff := cmp.Diff(want, stored.text()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTypesAreSavedOnceAMinuteWhenTheyChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newCollector(t, nil)
		file := filepath.Join(c.cfg.Dir, typesName)
		defer running(t, c)()
		saved := func(want bool) {
			t.Helper()
			if err := os.Remove(file); (err == nil) != want {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		}
		postV1(t, c, told)
		time.Sleep(59 * time.Second)
		saved(false)
		time.Sleep(2 * time.Second)
		saved(true)
		postV1(t, c, told) // no news
		time.Sleep(2 * time.Minute)
		saved(false)
	})
}

func TestTypesAreBounded(t *testing.T) {
	learnt := types{of: map[string]metric.Kind{}}
	learnt.learn(strings.Repeat("x", maxTypeBytes+1), typeGauge)
	for i := range maxTypes + 1 {
		learnt.learn(fmt.Sprint("name", i), typeGauge)
	}
	learnt.learn("name1", typeCounter) // a known one may still change
	if n := len(learnt.of); n != maxTypes || learnt.kind("name1") != metric.Counter {
		t.Errorf("%d types, name1 is a %v", n, learnt.kind("name1"))
	}
}

// A failed write of types is tried again.
func TestTypesThatCouldNotBeSavedStayDirty(t *testing.T) {
	learnt := types{of: map[string]metric.Kind{}}
	learnt.learn("pg_stat_activity_count", typeGauge)
	dir := filepath.Join(t.TempDir(), "later")
	if err := learnt.save(dir); err == nil {
		t.Fatal("saved where no directory is")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := learnt.save(dir); err != nil {
		t.Fatal(err)
	}
	back := types{of: map[string]metric.Kind{}}
	if err := back.load(dir); err != nil || back.dirty {
		t.Fatal(err, back.dirty)
	}
	if diff := cmp.Diff(learnt.of, back.of); diff != "" {
		t.Error(diff)
	}
}
