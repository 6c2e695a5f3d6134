package rrdstore

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
)

var nothing = context.Background()

func writeFile(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func removeAll(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, n := range names {
		if err := os.RemoveAll(filepath.Join(dir, n)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRefusals(t *testing.T) {
	r := newRig(t, func(c *Config) { c.MaxSeries = 3 })
	at := epoch + 10_000
	r.put(gaugeSample(named("g"), at, 1), counterSample(named("c_total"), at, 0, 5))
	refuse := func(reason string, s metric.Sample) {
		t.Helper()
		if got := r.refused(s); !cmp.Equal(got, map[string]int{reason: 1}) {
			t.Errorf("%v, want %s", got, reason)
		}
	}
	refuse(reasonDuplicate, gaugeSample(named("g"), at, 2))
	refuse(reasonLate, gaugeSample(named("g"), at-1, 2))
	refuse(reasonFuture, gaugeSample(named("g"), r.now+11*60_000, 2))
	refuse(reasonTime, gaugeSample(named("g"), 0, 2))
	refuse(reasonFinite, gaugeSample(named("g"), at+1, math.Inf(1)))
	refuse(reasonFinite, gaugeSample(named("g"), at+1, math.NaN()))
	refuse(reasonNegative, counterSample(named("c_total"), at+1, 0, -1))
	refuse(reasonKind, timingSample(named("g"), at+1, 1))
	refuse(reasonEmpty, metric.Sample{Labels: named("t"), Kind: metric.Timing, At: at})
	refuse(reasonLabels, gaugeSample(labels.FromStrings("a", "b"), at, 1))
	refuse(reasonLabels, gaugeSample(named("x", "long", strings.Repeat("y", maxLabelBytes)), at, 1))
	r.put(timingSample(named("t"), at, 1))
	refuse(reasonLimit, gaugeSample(named("h"), at, 1))

	stale := math.Float64frombits(value.StaleNaN)
	r.put(gaugeSample(named("g"), at+10_000, stale))
	if v := r.value("g", r.now); !math.IsNaN(v) {
		t.Errorf("gauge after a mark of silence: %v", v)
	}
	if got := r.Stats().Refused; got[reasonLate] != 1 || got[reasonDuplicate] != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestOneBadSampleHurtsNoOther(t *testing.T) {
	r := newRig(t, nil)
	at := epoch + 10_000
	got := r.refused(gaugeSample(named("a"), at, 1), gaugeSample(named("a"), at, 2), gaugeSample(named("b"), at, 3))
	if !cmp.Equal(got, map[string]int{reasonDuplicate: 1}) {
		t.Errorf("refused %v", got)
	}
	if a, b := r.value("a", at), r.value("b", at); a != 1 || b != 3 {
		t.Errorf("a %v, b %v", a, b)
	}
}

func TestNamesThatATimingTakes(t *testing.T) {
	r := newRig(t, nil)
	at := epoch + 10_000
	r.put(timingSample(named("t"), at, 1))
	if got := r.refused(counterSample(named("t_count"), at, 0, 1)); got[reasonTaken] != 1 {
		t.Errorf("a counter beside the timing: %v", got)
	}
}

// Differences of a counter are what was counted, over resets, gaps, flushes and
// restarts.
func TestCounterProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := newRig(t, nil)
		defer r.Close()
		l := named("c_total")
		at, start, raw, total := epoch, epoch, 0.0, 0.0
		want := map[int64]float64{}
		for range rapid.IntRange(1, 25).Draw(rt, "rounds") {
			at += 10_000 * rapid.Int64Range(1, 5).Draw(rt, "steps")
			inc := float64(rapid.IntRange(0, 1000).Draw(rt, "increase"))
			switch rapid.IntRange(0, 9).Draw(rt, "what") {
			case 0:
				start, raw = at-10_000, 0
			case 1:
				r.flush()
			case 2:
				r.crash()
			case 3:
				r.reopen()
			}
			raw += inc
			total += inc
			r.put(counterSample(l, at, start, raw))
			want[at] = total
		}
		got := pointMap(r.points(l, epoch, at))
		for at, v := range want {
			if got[at] != v {
				rt.Fatalf("at %d: %v, want %v", (at-epoch)/1000, got[at], v)
			}
		}
	})
}

func TestCounterWithoutStart(t *testing.T) {
	r := newRig(t, nil)
	l := named("node_network_receive_bytes_total")
	at := func(i int64) int64 { return epoch + i*10_000 + 3_400 } // off the step
	for i, raw := range []float64{1e12, 1e12 + 500, 1e12 + 700, 100, 300} {
		r.put(counterSample(l, at(int64(i)), 0, raw))
	}
	for _, do := range []func(){func() {}, r.flush, r.crash} {
		do()
		if v := r.value(l.Get("__name__"), r.now); v != 1e12+1000 {
			t.Errorf("total %.0f, want 1e12+1000", v)
		}
	}
}

// TestSourceThatFollowsAnother has a source end and another begin within the
// second in which starts are taken to wander: the second counts up to more than
// the first had.
func TestSourceThatFollowsAnother(t *testing.T) {
	r := newRig(t, nil)
	l := named("hits_total")
	r.put(counterSample(l, epoch+3_900, epoch+3_300, 3))
	r.put(counterSample(l, epoch+10_000, epoch+4_100, 5))
	r.put(counterSample(l, epoch+20_000, epoch+4_600, 6)) // the same run, its start told anew
	for _, do := range []func(){func() {}, r.flush, r.crash} {
		do()
		if v := r.value("hits_total", r.now); v != 9 {
			t.Errorf("total %v, want 3 of the first and 6 of the second", v)
		}
	}
}

func TestGapIsUnknownAndCounted(t *testing.T) {
	r := newRig(t, nil)
	g, c := named("g"), named("c_total")
	put := func(i int64, v float64) {
		r.put(gaugeSample(g, epoch+i*10_000, v), counterSample(c, epoch+i*10_000, epoch, v))
	}
	put(1, 1)
	put(2, 2)
	put(20, 50) // longer than the heartbeat
	put(21, 51)
	for _, do := range []func(){func() {}, r.flush, r.reopen} {
		do()
		if v := r.value("c_total", r.now); v != 51 {
			t.Errorf("total %v, want 51", v)
		}
		if v := r.value("increase(c_total[10s] anchored)", r.now); v != 1 && !math.IsNaN(v) {
			t.Errorf("increase of the last interval %v", v)
		}
	}
	if v := r.value("g", epoch+100_000); !math.IsNaN(v) {
		t.Errorf("gauge in the gap: %v", v)
	}
	if v := r.value("g", epoch+200_000); v != 50 {
		t.Errorf("the first of a gauge after the gap: %v", v)
	}
	if v := r.value("g", epoch+210_000); v != 51 {
		t.Errorf("gauge after the gap: %v", v)
	}
}

func TestSilentTimingIsClosedByTheClock(t *testing.T) {
	r := newRig(t, nil)
	l := named("t_seconds")
	r.put(timingSample(l, epoch+10_000, 5))
	r.now = epoch + 3_600_000 + 61_000
	rounds := rounds{slot: r.now / 1000, checkpoint: metric.Time(r.now)}
	r.tick(nothing, &rounds, metric.Time(r.now))
	r.put(timingSample(named("other_seconds"), r.now, 1))
	for _, do := range []func(){func() {}, r.crash, r.flush} {
		do()
		hour := r.query(metric.Query{Expr: `t_seconds{quantile="0.95"}`, Start: metric.Time(epoch + 3_600_000), End: metric.Time(epoch + 3_600_000), Step: time.Hour})
		if len(hour) != 1 || hour[0].Points[0].Value != 5 {
			t.Errorf("hour of a silent timing: %v, want 5", hour)
		}
	}
}

func TestMaxOfACoarseTier(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 720; i++ {
		v := 1.0
		if i == 100 {
			v = 9
		}
		r.put(gaugeSample(named("g"), epoch+i*10_000, v))
	}
	r.flush()
	end := epoch + 7_200_000
	if v := r.value("max_over_time(g[2h])", end); v != 9 {
		t.Errorf("max over two hours %v, want 9", v)
	}
	if v := r.value("min_over_time(g[2h])", end); v != 1 {
		t.Errorf("min over two hours %v, want 1", v)
	}
	if v := r.value("avg_over_time(g[2h])", end); math.Abs(v-(719.0+9)/720) > 0.01 {
		t.Errorf("avg over two hours %v", v)
	}
}

func TestChooseTier(t *testing.T) {
	tiers := DefaultTiers()
	for _, c := range []struct {
		want, age time.Duration
		tier      int
	}{
		{0, time.Hour, 0},
		{time.Minute, time.Hour, 1},
		{59 * time.Second, time.Hour, 0},
		{0, 7 * time.Hour, 1},
		{0, 3 * day, 2},
		{2 * time.Hour, time.Hour, 3},
		{0, 3000 * day, 4},
	} {
		if got := chooseTier(tiers, c.want, c.age); got != c.tier {
			t.Errorf("want %s, age %s: tier %d, want %d", c.want, c.age, got, c.tier)
		}
	}
}

func TestLabelsAndMatchers(t *testing.T) {
	r := newRig(t, nil)
	at := epoch + 10_000
	r.put(gaugeSample(named("m", "host", "a"), at, 1), gaugeSample(named("m", "host", "b"), at, 2),
		gaugeSample(named("m"), at, 3), timingSample(named("t_seconds"), at, 1))
	for expr, want := range map[string]int{
		`m`: 3, `m{host="a"}`: 1, `m{host!="a"}`: 2, `m{host=""}`: 1, `m{host=~"a|b"}`: 2, `m{host!~".+"}`: 1,
		`{host=~".+"}`: 2, `t_seconds`: 6, `t_seconds{quantile="0.5"}`: 1, `{__name__=~"t_seconds_.*"}`: 5, `nope`: 0,
	} {
		if got := len(r.query(metric.Query{Expr: expr, End: metric.Time(at)})); got != want {
			t.Errorf("%s: %d series, want %d", expr, got, want)
		}
	}
	names, err := r.engine.LabelNames(nothing, metric.Selection{Start: metric.Time(epoch), End: metric.Time(at)})
	if err != nil || !cmp.Equal(names, []string{"__name__", "host", "quantile"}) {
		t.Errorf("label names %v %v", names, err)
	}
	values, err := r.engine.LabelValues(nothing, "host", metric.Selection{Start: metric.Time(epoch), End: metric.Time(at)})
	if err != nil || !cmp.Equal(values, []string{"a", "b"}) {
		t.Errorf("hosts %v %v", values, err)
	}
}

func TestPathIsTheIndex(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOfN(rapid.Rune(), 1, 20, -1)
		b := labels.NewBuilder(labels.EmptyLabels()).Set("__name__", text.Draw(rt, "name"))
		for range rapid.IntRange(0, 4).Draw(rt, "labels") {
			b.Set(text.Draw(rt, "key"), text.Draw(rt, "value"))
		}
		l := b.Labels()
		base, hashed := basePath(l)
		if strings.ContainsAny(base, " '\"$\\@*?") || strings.Contains(base, "/.") || len(filepath.Base(base)) > maxNameBytes {
			rt.Fatalf("path %q is not safe", base)
		}
		if hashed {
			return
		}
		got, err := parseBase(base)
		if err != nil || !labels.Equal(got, l) {
			rt.Fatalf("%s became %q and then %s %v", l, base, got, err)
		}
	})
}
