package rrdstore

import (
	"context"
	"encoding/json"
	"math"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/rrdstore/librrd"
)

func matcher(name, value string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, name, value)
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
		req := FetchRequest{Matchers: []*labels.Matcher{matcher("__name__", c.name)}, CF: c.cf, Resolution: c.resolution, Start: end - c.age, End: end}
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

func TestFetchedRowAsJSON(t *testing.T) {
	b, err := json.Marshal(FetchedRow{At: 10, Values: []float64{1.5, math.NaN()}})
	if err != nil || string(b) != `[10,[1.5,null]]` {
		t.Errorf("%s %v", b, err)
	}
}

func TestRunDrainsAndCloses(t *testing.T) {
	r := newRig(t, nil)
	ctx, cancel := context.WithCancel(nothing)
	done := make(chan error, 1)
	r.put(gaugeSample(named("g"), epoch+10_000, 1))
	go func() { done <- r.Store.Run(ctx) }()
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Run does not end")
	}
	if got := r.Stats(); got.BufferedValues != 0 || got.Files != 1 || got.Series != 1 {
		t.Errorf("after the drain: %+v", got)
	}
}
