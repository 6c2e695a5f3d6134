package limit_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"pgregory.net/rapid"

	"plimsoll/collector/limit"
	"plimsoll/internal/metric"
)

var began = time.Date(2026, 11, 21, 16, 0, 0, 0, time.UTC)

func sample(at time.Time, pairs ...string) metric.Sample {
	return metric.Sample{Labels: labels.FromStrings(append([]string{metric.NameLabel, "a"}, pairs...)...), At: at.UnixMilli()}
}

func limits(edit func(*limit.Limits)) limit.Limits {
	l := limit.Default().Limits
	edit(&l)
	return l
}

// reasons returns why each sample of a batch was refused; all others must be
// kept, in order.
func reasons(t *testing.T, m *limit.Meter, now time.Time, batch ...metric.Sample) map[string]int {
	t.Helper()
	kept, refused := m.Admit(batch, now)
	if refused == nil {
		if len(kept) != len(batch) {
			t.Fatalf("%d of %d samples are kept without a reason", len(kept), len(batch))
		}
		return map[string]int{}
	}
	if len(kept)+refused.Count() != len(batch) {
		t.Fatalf("%d kept and %d refused of %d", len(kept), refused.Count(), len(batch))
	}
	return refused.Reasons
}

func TestStampsAndLabels(t *testing.T) {
	m := limit.NewMeter(limits(func(l *limit.Limits) {
		l.MaxAge, l.Labels, l.LabelBytes, l.LabelLength = time.Hour, 3, 40, 20
	}), began)
	got := reasons(
		t, m, began,
		sample(began), sample(began.Add(10*time.Minute)), sample(began.Add(-time.Hour)),
		sample(began.Add(10*time.Minute+time.Millisecond)),
		sample(began.Add(-time.Hour-time.Millisecond)),
		sample(began, "b", "1", "c", "2", "d", "3"),
		sample(began, "b", strings.Repeat("x", 21)),
		sample(began, "b", strings.Repeat("x", 20), "c", strings.Repeat("x", 20)),
	)
	want := map[string]int{
		limit.ReasonAhead: 1, limit.ReasonAge: 1, limit.ReasonLabels: 1,
		limit.ReasonLabelLength: 1, limit.ReasonLabelBytes: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSpooledHoursPassByDefault(t *testing.T) {
	m := limit.NewMeter(limit.Default().Limits, began)
	for h := range 24 {
		batch := make([]metric.Sample, 5000)
		for i := range batch {
			batch[i] = sample(began.Add(-time.Duration(h)*time.Hour), "i", fmt.Sprint(i))
		}
		if got := reasons(t, m, began, batch...); len(got) != 0 {
			t.Fatalf("samples of %d hours ago: %v", h, got)
		}
	}
}

func TestRateWithBurst(t *testing.T) {
	m := limit.NewMeter(limits(func(l *limit.Limits) { l.SamplesPerSecond, l.Burst = 10, 20 }), began)
	many := make([]metric.Sample, 25)
	for i := range many {
		many[i] = sample(began)
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{0, 5}, {time.Second, 15}, {time.Minute, 5}, {55 * time.Second, 25}} {
		if got := reasons(t, m, began.Add(c.after), many...)[limit.ReasonRate]; got != c.want {
			t.Errorf("after %v %d are refused, want %d", c.after, got, c.want)
		}
	}
	m.Refund(7)
	if got := reasons(t, m, began.Add(55*time.Second), many...)[limit.ReasonRate]; got != 18 {
		t.Errorf("after a refund of 7 %d are refused", got)
	}
}

func TestSendersThatCanWaitAreToldHowLong(t *testing.T) {
	m := limit.NewMeter(limits(func(l *limit.Limits) { l.SamplesPerSecond, l.Burst = 10, 20 }), began)
	if wait := m.Wait(50, began); wait != 0 { // more than ever fit at once
		t.Errorf("waits %v with a whole burst to come", wait)
	}
	many := make([]metric.Sample, 15)
	for i := range many {
		many[i] = sample(began)
	}
	reasons(t, m, began, many...)
	for n, want := range map[int]time.Duration{5: 0, 15: time.Second, 50: 1500 * time.Millisecond} {
		if wait := m.Wait(n, began); wait != want {
			t.Errorf("with 5 left %d wait %v, want %v", n, wait, want)
		}
	}
	if wait := m.Wait(15, began.Add(-time.Millisecond)); wait != time.Second { // one that was overtaken
		t.Errorf("waits %v", wait)
	}
	if got := reasons(t, m, began.Add(time.Second), many...); len(got) != 0 {
		t.Errorf("after the wait: %v", got)
	}
}

func TestSeriesAreFreeAfterAnHourOfSilence(t *testing.T) {
	m := limit.NewMeter(limits(func(l *limit.Limits) { l.Series = 2 }), began)
	try := func(after time.Duration, name string, want bool) {
		t.Helper()
		now := began.Add(after)
		if got := len(reasons(t, m, now, sample(now, "i", name))) == 0; got != want {
			t.Errorf("after %v series %s is admitted: %v", after, name, got)
		}
	}
	try(0, "a", true)
	try(0, "b", true)
	try(0, "c", false)
	try(31*time.Minute, "a", true) // b is silent
	try(59*time.Minute, "c", false)
	try(62*time.Minute, "c", true)
	try(62*time.Minute, "a", true)
	try(62*time.Minute, "b", false)
	if m.Series() != 2 {
		t.Errorf("%d series", m.Series())
	}
	try(4*time.Hour, "b", true)
	if m.Series() != 1 {
		t.Errorf("%d series after hours", m.Series())
	}
}

// Whatever comes, what is kept are the batch's own samples in order, no more
// series than the limit are active, and no sample of a batch is touched.
func TestAdmit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := limits(func(l *limit.Limits) {
			l.Series = rapid.IntRange(1, 5).Draw(t, "series")
			l.SamplesPerSecond = rapid.IntRange(1, 5).Draw(t, "rate")
			l.Burst = rapid.IntRange(1, 20).Draw(t, "burst")
		})
		m, now := limit.NewMeter(l, began), began
		for range rapid.IntRange(1, 20).Draw(t, "batches") {
			now = now.Add(time.Duration(rapid.IntRange(-100, 4000).Draw(t, "after")) * time.Second)
			batch := make([]metric.Sample, rapid.IntRange(0, 10).Draw(t, "samples"))
			for i := range batch {
				at := now.Add(time.Duration(rapid.IntRange(-60, 20).Draw(t, "at")) * time.Minute)
				batch[i] = sample(at, "i", fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "i")))
			}
			before := slices.Clone(batch)
			kept, refused := m.Admit(batch, now)
			n := len(kept)
			if refused != nil {
				n += refused.Count()
			}
			if n != len(batch) || m.Series() > l.Series || len(kept) > l.Burst {
				t.Fatalf("%d kept, %v refused of %d; %d series", len(kept), refused, len(batch), m.Series())
			}
			same := cmp.Comparer(func(a, b metric.Sample) bool { return a.At == b.At && labels.Equal(a.Labels, b.Labels) })
			if diff := cmp.Diff(before, batch, same); diff != "" {
				t.Fatal(diff)
			}
			for i := 0; len(kept) > 0; i++ {
				if i == len(batch) {
					t.Fatal("what is kept is not in the order of the batch")
				}
				if kept[0].At == batch[i].At && labels.Equal(kept[0].Labels, batch[i].Labels) {
					kept = kept[1:]
				}
			}
		}
	})
}

func TestRulesGiveOtherLimits(t *testing.T) {
	c := limit.Default()
	c.Sources = []limit.Rule{
		{Match: "graphite 10.0.0.*", Limits: limit.Limits{Series: 5}},
		{Match: "graphite *", Limits: limit.Limits{Series: 7, MaxAge: time.Hour}},
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	first, second, other := c.Limits, c.Limits, c.Limits
	first.Series, second.Series, second.MaxAge = 5, 7, time.Hour
	got := []limit.Limits{c.For("graphite 10.0.0.7"), c.For("graphite 10.1.0.7"), c.For("web1")}
	if diff := cmp.Diff([]limit.Limits{first, second, other}, got); diff != "" {
		t.Error(diff)
	}
	c = limit.Config{Sources: []limit.Rule{{Match: "[", Limits: limit.Limits{Burst: -1}}}}
	err := c.Validate()
	for _, key := range []string{"series: 0", "max_age: 0s", "sources[0].match: ", "sources[0].burst: -1"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not in %v", key, err)
		}
	}
}

func TestKnownSeriesCostNoAllocation(t *testing.T) {
	m := limit.NewMeter(limit.Default().Limits, began)
	batch := []metric.Sample{sample(began, "b", "1"), sample(began, "b", "2")}
	m.Admit(batch, began)
	if n := testing.AllocsPerRun(100, func() { m.Admit(batch, began) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
