package rrdfile

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func mustBackfill(t rapid.TB, f *File, from int64, points []Point) Backfilled {
	t.Helper()
	done, err := f.Backfill(from, points)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// deep is a schema with the steps of all time in a test, and other archives.
func deep(t *rapid.T) Schema {
	s := drawSchema(t)
	for i := range s.DS {
		s.DS[i].Type, s.DS[i].Heartbeat = "GAUGE", 6*s.Step
	}
	s.RRA = append(s.RRA, RRA{CF: "AVERAGE", Rows: 1000, Steps: 1, XFF: 0.5})
	return s
}

// nextTo is the first point at or after a time.
func nextTo(points []Point, at int64) Point {
	for _, p := range points {
		if p.At >= at {
			return p
		}
	}
	return Point{}
}

// One stream, some of whose known values come late: the rows of every archive, the open ones
// and all that follow are those of the stream in order.
func TestBackfillIsAsIfInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := deep(t)
		points := drawPoints(t, s, began*1000, rapid.IntRange(3, 80).Draw(t, "points"))
		for i := range points {
			points[i].At -= points[i].At % 1000 // unknown time is counted in whole seconds
		}
		n := len(points)
		late := rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "late")
		var inTime []Point
		for i, p := range points {
			if !late[i] || i == n-1 || slices.ContainsFunc(p.Values, math.IsNaN) {
				inTime = append(inTime, p)
			}
		}
		got, want := filled(t, s, inTime), filled(t, s, points)
		// All in between comes again, cut where steps end.
		step, last := s.Step*1000, points[n-1].At
		from := floor(began*1000, step)
		cut := rapid.Int64Range(0, (last-from)/step).Draw(t, "cut")*step + from
		for _, part := range cutAt(points, began*1000, max(cut, began*1000)) {
			mustBackfill(t, got, part.from, part.points)
		}
		sameRows(t, got, want)
		after := drawPoints(t, s, last, 30)
		mustUpdate(t, got, after)
		mustUpdate(t, want, after)
		sameRows(t, got, want)
	})
}

type part struct {
	from   int64
	points []Point
}

// cutAt cuts points in two at the end of a step, the later part first.
func cutAt(points []Point, from, cut int64) []part {
	var before, after []Point
	for _, p := range points {
		if p.At < cut {
			before = append(before, p)
		} else if p.At > cut {
			after = append(after, p)
		}
	}
	if p := nextTo(points, cut); p.Values != nil && cut > from {
		before = append(before, Point{At: cut, Values: p.Values})
	}
	return []part{{cut, after}, {from, before}}
}

// Short rings, edges anywhere, points that contradict what is stored: twice is
// once, and no row that was known becomes unknown.
func TestBackfillTwiceIsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawSchema(t)
		f := filled(t, s, drawPoints(t, s, began*1000, rapid.IntRange(1, 80).Draw(t, "points")))
		before := contentOf(t, bytesOf(f)).Rows
		from := began*1000 + rapid.Int64Range(0, f.LastMillis()-began*1000-1).Draw(t, "from")
		points := drawPoints(t, s, from, rapid.IntRange(1, 40).Draw(t, "late"))
		for i := range points {
			if points[i].At > f.LastMillis() {
				points = points[:i]
				break
			}
		}
		mustBackfill(t, f, from, points)
		once := append([]byte(nil), bytesOf(f)...)
		done := mustBackfill(t, f, from, points)
		if !bytes.Equal(once, bytesOf(f)) || done.Rows != 0 {
			t.Fatalf("the second time changed %+v", done)
		}
		after := contentOf(t, bytesOf(f)).Rows
		for i := range before {
			for k, v := range before[i] {
				if !math.IsNaN(v) && math.IsNaN(after[i][k]) {
					t.Fatalf("archive %d value %d was %v", i, k, v)
				}
			}
		}
	})
}

// rowsOf is an archive from its oldest row on.
func rowsOf(t rapid.TB, f *File, rra int) []float64 {
	t.Helper()
	rows, err := f.Fetch(rra, 0, math.MaxInt64, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rows.Values
}

// What has no finer rows: unknown takes what the points say, maxima widen, the
// rest stays and is counted; what has left its ring too.
func TestBackfillWithoutFinerRows(t *testing.T) {
	const start = began/60*60 + 60
	nan := math.NaN()
	s := Schema{Step: 10, DS: []DS{gauge("v", 60)}, RRA: []RRA{
		{"AVERAGE", 3, 1, 0.5}, {"AVERAGE", 3, 6, 0.5}, {"MAX", 3, 6, 0.5}, {"MIN", 3, 6, 0.5},
	}}
	stored := steady(s, start-20, 20, func(i int) float64 {
		if i < 8 {
			return nan // up to the end of the first minute
		}
		return 5
	})
	for name, c := range map[string]struct {
		from   int64
		points []Point
		want   Backfilled
		avg    []float64
		max    float64
	}{
		"into the unknown":  {start, steady(s, start, 6, climb), Backfilled{Rows: 3, Gone: 6}, []float64{3.5, 5, 5}, 6},
		"too few":           {start, steady(s, start, 2, climb), Backfilled{Gone: 2}, []float64{nan, 5, 5}, nan},
		"over all known":    {start + 60, steady(s, start+60, 6, climb), Backfilled{Rows: 3, Gone: 6}, []float64{nan, 3.5, 5}, nan},
		"over some known":   {start + 60, steady(s, start+60, 5, func(i int) float64 { return float64(i + 4) }), Backfilled{Rows: 2, Kept: 1, Gone: 5}, []float64{nan, 5, 5}, nan},
		"with what is kept": {start + 120, steady(s, start+120, 6, func(int) float64 { return 5 }), Backfilled{Gone: 3}, []float64{nan, 5, 5}, nan},
	} {
		f := filled(t, s, stored)
		if done := mustBackfill(t, f, c.from*1000, c.points); done != c.want {
			t.Errorf("%s: %+v, want %+v", name, done, c.want)
		}
		if d := cmp.Diff(c.avg, rowsOf(t, f, 1), cmpopts.EquateNaNs()); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		if got := rowsOf(t, f, 2)[0]; !nearly(got, c.max) {
			t.Errorf("%s: maximum %v, want %v", name, got, c.max)
		}
	}
}

// A timing: one row an interval, all columns of it replaced, unknown ones not.
func TestBackfillReplacesWholeRows(t *testing.T) {
	s := Schema{Step: 600, RRA: []RRA{{"AVERAGE", 10, 1, 0.5}}}
	for _, name := range []string{"count", "min", "max", "p95"} {
		s.DS = append(s.DS, gauge(name, 1200))
	}
	const start = began/600*600 + 600
	f := filled(t, s, []Point{{(start + 600) * 1000, []float64{1, 1, 1, 1}}, {(start + 3000) * 1000, []float64{2, 2, 2, 2}}})
	late := []Point{{(start + 1200) * 1000, []float64{7, 6, 5, 4}}, {(start + 1800) * 1000, []float64{3, math.NaN(), 3, 3}}}
	if done := mustBackfill(t, f, (start+600)*1000, late); done != (Backfilled{Rows: 2}) {
		t.Errorf("%+v", done)
	}
	if done := mustBackfill(t, f, start*1000, []Point{{(start + 600) * 1000, []float64{9, 8, math.NaN(), 7}}}); done != (Backfilled{Rows: 1}) {
		t.Errorf("%+v", done)
	}
	nan := math.NaN()
	want := []float64{9, 8, 1, 7, 7, 6, 5, 4, 3, nan, 3, 3, nan, nan, nan, nan, nan, nan, nan, nan}
	if got := rowsOf(t, f, 0); cmp.Diff(want, got[len(got)-20:], cmpopts.EquateNaNs()) != "" {
		t.Errorf("%v, want %v", got, want)
	}
}

// A counter needs to know where it stood.
func TestBackfillOfACounter(t *testing.T) {
	s := Schema{Step: 10, DS: []DS{gauge("v", 60)}, RRA: []RRA{{"AVERAGE", 4, 1, 0.5}}}
	s.DS[0].Type = "COUNTER"
	f := filled(t, s, steady(s, began+100, 1, climb))
	late := []Point{{(began + 70) * 1000, []float64{100}}, {(began + 80) * 1000, []float64{150}}, {(began + 90) * 1000, []float64{250}}}
	if done := mustBackfill(t, f, (began+70)*1000, late); done.Rows != 2 {
		t.Errorf("%+v", done)
	}
	if d := cmp.Diff([]float64{5, 10}, rowsOf(t, f, 0)[:2]); d != "" {
		t.Error(d)
	}
}

func TestBackfillRefuses(t *testing.T) {
	f := filled(t, small, steady(small, began, 10, climb))
	was := append([]byte(nil), bytesOf(f)...)
	good := steady(small, began+10, 3, climb)
	for name, c := range map[string]struct {
		from   int64
		points []Point
	}{
		"the future":      {began * 1000, steady(small, began+90, 2, climb)},
		"before from":     {good[0].At + 1, good},
		"one time twice":  {began * 1000, []Point{good[0], good[0]}},
		"too few values":  {began * 1000, []Point{{At: good[0].At, Values: []float64{1}}}},
		"a reading short": {good[0].At, []Point{{At: good[0].At, Values: []float64{1}}}},
		"before 1970":     {-1, good},
		"the end of time": {began * 1000, []Point{good[0], {At: math.MaxInt64, Values: []float64{1, 2}}}},
		"from that end":   {math.MaxInt64, good},
	} {
		if done, err := f.Backfill(c.from, c.points); err == nil || done != (Backfilled{}) {
			t.Errorf("%s: %+v, %v", name, done, err)
		}
	}
	if done, err := f.Backfill(0, nil); err != nil || done != (Backfilled{}) || !bytes.Equal(was, bytesOf(f)) {
		t.Errorf("nothing: %+v, %v", done, err)
	}
}

// Whichever write fails, and however much of it arrived, the same points again
// give the file that was meant, in this process and in the next.
func TestBackfillFaultIsRepairedByTheSamePoints(t *testing.T) {
	s := small
	s.RRA = append([]RRA{{"AVERAGE", 40, 1, 0.5}, {"MAX", 4, 4, 0.5}, {"AVERAGE", 3, 12, 0.5}}, small.RRA...)
	base := filled(t, s, append(steady(s, began, 5, climb), steady(s, began+200, 9, climb)...))
	from, late := int64(began+53)*1000, steady(s, began+53, 20, func(i int) float64 { return 50 + float64(i) })
	start := append([]byte(nil), bytesOf(base)...)
	want := &memory{b: append([]byte(nil), start...)}
	f := openMemory(t, want)
	mustBackfill(t, f, from, late)
	if want.writes < 5 {
		t.Fatalf("only %d writes", want.writes)
	}
	for failAt := 1; failAt <= want.writes; failAt++ {
		for _, torn := range []bool{false, true} {
			m := &memory{b: append([]byte(nil), start...), failAt: failAt, torn: torn}
			f := openMemory(t, m)
			header := f.MutableHeader()
			if _, err := f.Backfill(from, late); !errors.Is(err, errFault) || !bytes.Equal(f.MutableHeader(), header) {
				t.Fatalf("write %d: %v", failAt, err)
			}
			crashed := &memory{b: append([]byte(nil), m.b...)}
			checkCrashed(t, crashed, header, torn && failAt == want.writes)
			m.failAt = 0
			for _, f := range []*File{f, openMemory(t, crashed)} {
				mustBackfill(t, f, from, late)
			}
			if !bytes.Equal(m.b, want.b) || !bytes.Equal(crashed.b, want.b) {
				t.Fatalf("write %d: the points again give another file", failAt)
			}
		}
	}
}
