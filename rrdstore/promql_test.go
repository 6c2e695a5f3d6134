package rrdstore

import (
	"math"
	"testing"
	"time"

	"plimsoll/internal/metric"
)

// counted has nine hours of a counter that grows by i%7 each ten seconds, and
// the totals.
func counted(t *testing.T) (*rig, map[int64]float64) {
	r := newRig(t, nil)
	totals, total := map[int64]float64{epoch: 0}, 0.0
	for i := int64(1); i <= 9*360; i++ {
		total += float64(i % 7)
		at := epoch + i*10_000
		r.put(counterSample(named("c_total"), at, epoch, total))
		totals[at] = total
		if i%500 == 0 {
			r.flush()
		}
	}
	return r, totals
}

// In every tier the difference of two instants is what was counted between them.
func TestDifferencesAreExactInEveryTier(t *testing.T) {
	r, totals := counted(t)
	for _, do := range []func(){func() {}, r.flush, r.reopen} {
		do()
		for tier, step := range map[string]time.Duration{"10s": 10 * time.Second, "1m": time.Minute, "10m": 10 * time.Minute, "1h": time.Hour} {
			from := epoch
			if tier == "10s" {
				from = epoch + 4*3_600_000 // farther than it reaches
			}
			got := r.query(metric.Query{Expr: "c_total", Start: metric.Time(from), End: metric.Time(r.now), Step: step})
			if len(got) != 1 || len(got[0].Points) < int((r.now-from)/step.Milliseconds()) {
				t.Fatalf("%s: %d series", tier, len(got))
			}
			for _, p := range got[0].Points {
				if p.Value != totals[p.At] {
					t.Fatalf("%s: total %v at %d s, want %v", tier, p.Value, (p.At-epoch)/1000, totals[p.At])
				}
			}
		}
	}
}

func TestRatesOfACounter(t *testing.T) {
	r, totals := counted(t)
	for expr, want := range map[string]float64{
		"rate(c_total[70s])":                                  0.35, // its seven points lie 60 s and 21 apart
		"increase(c_total[70s])":                              24.5,
		"rate(c_total[2h])":                                   0.3,
		"rate(c_total[70s] offset 7h)":                        0.35,
		"c_total - c_total offset 8h":                         totals[r.now] - totals[r.now-8*3_600_000],
		"increase(c_total[1m] anchored)":                      totals[r.now] - totals[r.now-60_000],
		"resets(c_total[9h])":                                 0,
		"count_over_time(c_total[1m])":                        6,
		"c_total":                                             totals[r.now],
		"delta(c_total[70s])":                                 24.5,
		"max_over_time(rate(c_total[40s])[1m:10s]) >= bool 0": 1,
	} {
		if got := r.value(expr, r.now); math.Abs(got-want) > 0.02*math.Max(math.Abs(want), 1) {
			t.Errorf("%s = %v, want %v", expr, got, want)
		}
	}
}

// The first row of a new counter shows what was counted in it.
func TestFirstIncreaseIsSeen(t *testing.T) {
	r := newRig(t, nil)
	r.put(counterSample(named("page_view_total"), epoch+10_000, epoch, 1))
	for _, do := range []func(){func() {}, r.flush, r.reopen} {
		do()
		if v := r.value("increase(page_view_total[30s] anchored)", epoch+10_000); v != 1 {
			t.Errorf("increase %v, want 1", v)
		}
		if r.Stats().Files == 0 {
			continue // nothing to fetch yet
		}
		got, err := r.Fetch(nothing, FetchRequest{Matchers: nil, CF: "AVERAGE", Resolution: 10, Start: epoch / 1000, End: epoch/1000 + 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || len(got[0].Rows) != 1 || got[0].Rows[0].Values[0] != 0.1 {
			t.Errorf("first row %v, want 0.1/s", got)
		}
	}
}

func TestOldHistoryIsReadFromCoarseTiers(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 40*24*6; i++ { // a sample each ten minutes is unknown between; each minute is not
		at := epoch + i*600_000
		var batch []metric.Sample
		for m := int64(9); m >= 0; m-- {
			batch = append(batch, gaugeSample(named("g"), at-m*60_000, float64(i)))
		}
		r.put(batch...)
		if i%100 == 0 {
			r.flush()
		}
	}
	end := r.now
	for age, tolerance := range map[time.Duration]float64{time.Hour: 0, 10 * time.Hour: 0, 5 * day: 0, 39 * day: 6} {
		at := end - age.Milliseconds()
		want := float64((at - epoch) / 600_000)
		if got := r.value("g", at); math.Abs(got-want) > tolerance {
			t.Errorf("%s ago: %v, want %v", age, got, want)
		}
	}
}

// A range selector that is shorter than the rows that are left has an answer.
func TestShortRangesOverLongRows(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 12*360; i++ {
		at := epoch + i*10_000
		r.put(counterSample(named("c_total"), at, epoch, float64(5*i)), gaugeSample(named("g"), at, 3))
		if i%500 == 0 {
			r.flush()
		}
	}
	for expr, want := range map[string]float64{"rate(c_total[40s])": 0.5, "avg_over_time(g[30s])": 3} {
		start, end := metric.Time(epoch+600_000), metric.Time(r.now)
		got := r.query(metric.Query{Expr: expr, Start: start, End: end, Step: 150 * time.Second})
		if len(got) != 1 || len(got[0].Points) != int(end.Sub(start)/(150*time.Second))+1 {
			t.Fatalf("%s: %d series, %d points", expr, len(got), len(got[0].Points))
		}
		for _, p := range got[0].Points {
			if math.Abs(p.Value-want) > 1e-9 {
				t.Errorf("%s: %v at %d s, want %v", expr, p.Value, (p.At-epoch)/1000, want)
			}
		}
	}
}
