package rrdstore

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// A series is read when the set comes to it, not before.
func TestSelectReadsOneSeriesAtATime(t *testing.T) {
	r, files := many(t, 50)
	r.flush()
	for _, sorted := range []bool{false, true} {
		q, err := r.Querier(epoch, r.now)
		if err != nil {
			t.Fatal(err)
		}
		files.read.Store(0)
		set := q.Select(nothing, sorted, nil, nameIs("g"))
		if n := files.read.Load(); n != 0 {
			t.Errorf("%d reads before the first series", n)
		}
		var all []labels.Labels
		for set.Next() {
			all = append(all, set.At().Labels())
			if n := files.read.Load(); n != int64(len(all)) {
				t.Fatalf("%d reads for %d series", n, len(all))
			}
		}
		if len(all) != 50 || set.Err() != nil || set.Next() {
			t.Errorf("%d series, %v", len(all), set.Err())
		}
		if sorted && !slices.IsSortedFunc(all, labels.Compare) {
			t.Error("not sorted")
		}
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
	end := metric.Time(r.now)
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
	set := q.Select(ctx, false, nil, nameIs("g"))
	cancel()
	if set.Next() || !errors.Is(set.Err(), context.Canceled) {
		t.Error("a series was read after the end of its query")
	}
}
