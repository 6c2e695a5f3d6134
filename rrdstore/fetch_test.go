package rrdstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

func nameIs(value string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, value)
}

// filled has two hours of a gauge, a counter and a timing, a part of it still
// waiting.
func filled(t *testing.T) *rig {
	r := newRig(t, nil)
	for i := int64(1); i <= 720; i++ {
		at := epoch + i*10_000
		r.put(gaugeSample(named("g"), at, math.Sin(float64(i))), counterSample(named("c_total"), at, epoch, float64(i*i)),
			timingSample(named("t_seconds"), at, float64(i%7)))
		if i == 400 {
			r.flush()
		}
	}
	return r
}

// What Fetch gives is, to the last digit, what librrd reads in the files once
// all is written; and it is the same before.
func TestFetchIsLibrrds(t *testing.T) {
	r := filled(t)
	for _, c := range []struct {
		name, cf        string
		resolution, age int64
		step            int64
	}{
		{"g", "AVERAGE", 10, 3600, 10},
		{"g", "AVERAGE", 60, 7000, 60},
		{"g", "MAX", 1, 3600, 10},
		{"g", "MAX", 600, 3600, 600},
		{"g", "AVERAGE", 10, 2 * 86400, 60},
		{"c_total", "AVERAGE", 3600, 7200, 3600},
		{"t_seconds", "AVERAGE", 600, 7200, 600},
		{"t_seconds_count", "AVERAGE", 10, 600, 10},
	} {
		end := r.now / 1000
		req := FetchRequest{Matchers: []*labels.Matcher{nameIs(c.name)}, CF: c.cf, Resolution: c.resolution, Start: end - c.age, End: end}
		waiting := fetchOne(r, req)
		r.flush()
		flushed := fetchOne(r, req)
		if waiting.Step != c.step || !cmp.Equal(waiting, flushed, cmpopts.EquateNaNs()) {
			t.Errorf("%s: step %d, want %d; %s", c.name, waiting.Step, c.step, cmp.Diff(waiting, flushed, cmpopts.EquateNaNs()))
		}
		want, err := librrd.Fetch(filepath.Join(r.config.Dir, flushed.File), c.cf, req.Start, req.End, c.resolution)
		if err != nil {
			t.Fatal(err)
		}
		compareRows(t, c.name, flushed.Rows, splitRows(want))
	}
}

func fetchOne(r *rig, req FetchRequest) FetchedSeries {
	r.Helper()
	got, err := r.Fetch(r.Context(), req)
	if err != nil || len(got) != 1 {
		r.Fatalf("Fetch: %d series, %v", len(got), err)
	}
	return got[0]
}

// compareRows allows librrd rows behind the end of the data, all unknown.
func compareRows(t *testing.T, name string, got []FetchedRow, want []row) {
	t.Helper()
	theirs := map[int64][]float64{}
	for _, w := range want {
		theirs[w.at/1000] = w.values
	}
	for _, g := range got {
		w, there := theirs[g.At]
		if !there || !cmp.Equal(g.Values, w, cmpopts.EquateNaNs()) {
			t.Errorf("%s at %d: %v, librrd has %v", name, g.At, g.Values, w)
		}
		delete(theirs, g.At)
	}
	for at, values := range theirs {
		if !unknown(values) {
			t.Errorf("%s at %d: nothing, librrd has %v", name, at, values)
		}
	}
}

// countingFiles notes what is read and made.
type countingFiles struct {
	nativeFiles
	made, read *atomic.Int64
}

func newCountingFiles() countingFiles {
	return countingFiles{made: new(atomic.Int64), read: new(atomic.Int64)}
}

func (f countingFiles) Create(path string, template []byte, last int64) error {
	f.made.Add(1)
	return f.nativeFiles.Create(path, template, last)
}

func (f countingFiles) Open(path string) (archiveFile, error) {
	file, err := f.nativeFiles.Open(path)
	return &countingArchive{file, f.read}, err
}

type countingArchive struct {
	archiveFile
	read *atomic.Int64
}

func (a *countingArchive) Fetch(rra int, from, to int64, pending []rrdfile.Point) (rrdfile.Rows, error) {
	a.read.Add(1)
	return a.archiveFile.Fetch(rra, from, to, pending)
}

// many has n gauges of one sample each, and counts what is done to their files.
func many(t *testing.T, n int) (*rig, countingFiles) {
	files := newCountingFiles()
	r := newRig(t, func(c *Config) { c.files = files })
	r.putMany(n)
	return r, files
}

// A fetch that asks for too much is refused before a row is read.
func TestFetchIsBounded(t *testing.T) {
	r, files := many(t, 30)
	r.flush()
	end := r.now / 1000
	req := FetchRequest{Matchers: []*labels.Matcher{nameIs("g")}, CF: "AVERAGE", Resolution: 3600, Start: end - 400*86400 + 7200, End: end}
	for _, c := range []struct{ limit, want int64 }{{0, 0}, {30 * 9598, 0}, {30*9598 - 1, 30}, {1000, 1}} {
		files.read.Store(0)
		req.MaxValues = c.limit
		got, err := r.Fetch(nothing, req)
		values := int64(0)
		for _, one := range got {
			values += int64(len(one.Rows))
		}
		if c.want == 0 && (err != nil || values != 30*9598) {
			t.Errorf("limit %d: %d values, %v, want %d", c.limit, values, err, 30*9598)
		}
		want := fmt.Sprintf("of 30 series: the first %d alone have %d values", c.want, c.want*9598)
		if c.want > 0 && (!errors.Is(err, metric.ErrTooMuch) || !strings.Contains(err.Error(), want) || files.read.Load() != 0) {
			t.Errorf("limit %d: %v after %d reads, want %q and no read", c.limit, err, files.read.Load(), want)
		}
	}
}

func TestFetchMakesNoFile(t *testing.T) {
	r, files := many(t, 3)
	got, err := r.Fetch(nothing, FetchRequest{CF: "AVERAGE", Start: epoch / 1000, End: r.now / 1000})
	if err != nil || len(got) != 0 || files.made.Load() != 0 {
		t.Errorf("%d series, %d files made, %v, want none", len(got), files.made.Load(), err)
	}
}

func TestFetchedRowAsJSON(t *testing.T) {
	b, err := json.Marshal(FetchedRow{At: 10, Values: []float64{1.5, math.NaN()}})
	if err != nil || string(b) != `[10,[1.5,null]]` {
		t.Errorf("%s %v", b, err)
	}
}
