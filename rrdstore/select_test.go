package rrdstore

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore/rrdfile"
)

// A series is read when its points are asked for, not before.
func TestSelectReadsOneSeriesAtATime(t *testing.T) {
	r, files := many(t, 50)
	r.flush()
	for _, sorted := range []bool{false, true} {
		q, err := r.Querier(epoch, r.now)
		if err != nil {
			t.Fatal(err)
		}
		files.read.Store(0)
		set := q.Select(nothing, sorted, nil, labels.MustNewMatcher(labels.MatchEqual, metric.NameLabel, "g"))
		var all []storage.Series
		for set.Next() {
			all = append(all, set.At())
		}
		if n := files.read.Load(); len(all) != 50 || n != 0 {
			t.Fatalf("%d series, %d reads for their labels", len(all), n)
		}
		if it := all[7].Iterator(nil); it.Next() != chunkenc.ValFloat || files.read.Load() != 1 {
			t.Errorf("%d reads for the points of one series, %v", files.read.Load(), it.Err())
		}
		if sorted && !slices.IsSortedFunc(all, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) }) {
			t.Error("not sorted")
		}
	}
}

// A query that goes past max_samples is ended by the series that does.
func TestRefusedQueryReadsLittle(t *testing.T) {
	r, files := many(t, 50)
	r.flush()
	e := query.New(r.Store, query.Config{Timeout: time.Minute, MaxSamples: 100, Lookback: 5 * time.Minute, Now: r.config.Now})
	files.read.Store(0)
	_, err := e.Query(nothing, metric.Query{Expr: "count(g)", Start: metric.Time(r.now), End: metric.Time(r.now + 240_000), Step: 10 * time.Second})
	if n := files.read.Load(); !errors.Is(err, metric.ErrTooMuch) || n > 7 {
		t.Errorf("%v after %d reads, want a refusal by the fifth, and at most 1 + 2 + 4 read: each has 25 points", err, n)
	}
}

var errBroken = errors.New("disk on fire")

type brokenFiles struct{ nativeFiles }

func (f brokenFiles) Open(path string) (archiveFile, error) {
	file, err := f.nativeFiles.Open(path)
	return brokenArchive{file}, err
}

type brokenArchive struct{ archiveFile }

func (brokenArchive) Fetch(int, int64, int64, []rrdfile.Point) (rrdfile.Rows, error) {
	return rrdfile.Rows{}, errBroken
}

// An archive that cannot be read fails the query, whatever it does with it.
func TestReadErrorsAreTold(t *testing.T) {
	r := newRig(t, func(c *Config) { c.files = brokenFiles{} })
	r.putMany(3)
	r.flush()
	end := metric.Time(r.now - 1) // what is newer is in memory
	for _, expr := range []string{"g", "rate(g[1m])", "timestamp(g)", "absent(g)", "sum(last_over_time(g[5m]))", "max_over_time(g[1m:10s])", "g @ end()"} {
		for _, step := range []time.Duration{0, 10 * time.Second} {
			if _, err := r.engine.Query(nothing, metric.Query{Expr: expr, Start: end, End: end, Step: step}); !errors.Is(err, errBroken) {
				t.Errorf("%s, step %s: %v, want the error of the archive", expr, step, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(nothing)
	q, err := r.Querier(epoch, r.now)
	if err != nil {
		t.Fatal(err)
	}
	set := q.Select(ctx, false, nil, labels.MustNewMatcher(labels.MatchEqual, metric.NameLabel, "g"))
	cancel()
	if !set.Next() || !errors.Is(set.At().Iterator(nil).Err(), context.Canceled) {
		t.Error("a series was read after the end of its query")
	}
}

// The newest minutes, of which no long row is made yet, weigh no more in an average
// than those before.
func TestAverageOfMixedRows(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 1120; i++ {
		r.put(gaugeSample(named("g"), epoch+i*10_000, float64(i)))
		if i%30 == 0 {
			r.flush()
		}
	}
	for expr, want := range map[string]float64{
		"avg_over_time(g[1h])": 1120 - 179.5, "avg_over_time(g[2h])": 1120 - 359.5, "quantile_over_time(0.5, g[2h])": 1120 - 359.5,
		"last_over_time(g[1h])": 1120, "avg_over_time(g[1m])": 1120 - 2.5,
	} {
		if v := r.value(expr, r.now); math.Abs(v-want) > 30 || math.IsNaN(v) {
			t.Errorf("%s = %v, want about %v", expr, v, want)
		}
	}
}
