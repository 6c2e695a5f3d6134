package remote

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func TestSections(t *testing.T) {
	const minute = 60_000
	for name, one := range map[string]struct {
		span    time.Duration
		minutes []int64
		want    []int
	}{
		"short":            {sectionSpan, []int64{1, 2, 30, 31}, []int{4}},
		"long":             {sectionSpan, []int64{1, 20, 31, 32, 62, 63, 200}, []int{3, 2, 1, 1}},
		"it does not care": {0, []int64{1, 20, 31, 32, 62, 63, 200}, []int{7}},
		"one that lags":    {sectionSpan, []int64{500, 501, 1, 502, 2, 503, 531}, []int{3, 4}},
		"a late start":     {sectionSpan, []int64{1, 300, 2, 301, 3, 302, 331}, []int{1, 2, 4}},
	} {
		s := sections{span: one.span.Milliseconds()}
		var entries []entry
		for _, m := range one.minutes {
			entries = append(entries, entry{Sample: gauge("g", m*minute, 1)})
		}
		var got []int
		for len(entries) > 0 {
			n := s.next(entries)
			got, entries = append(got, n), entries[n:]
		}
		if diff := cmp.Diff(one.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// waited puts a day of some series into a journal, up to now, while nothing is sent.
func waited(t *testing.T, c Config) (puts []string) {
	t.Helper()
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := c.Now().UnixMilli() - epoch
	for at := now - 24*3_600_000; at < now; at += 60_000 {
		var batch []metric.Sample
		for i := range 5 {
			one := gauge(fmt.Sprint("g", i), at, 1)
			batch = append(batch, one)
			puts = append(puts, text(one.Labels, one.Value, one.At))
		}
		if err := s.Put(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	return puts
}

// After an outage of a day, an engine that takes nothing an hour older than its
// newest gets all.
func TestLongOutageOfAnEngineWithAnHour(t *testing.T) {
	e := newEngine(t)
	newest := int64(0)
	e.answers(func(samples []string) (int, string) {
		for _, s := range samples {
			if at(t, s) < newest-3_600_000 {
				return 400, ""
			}
		}
		for _, s := range samples {
			newest = max(newest, at(t, s))
		}
		return 204, ""
	})
	c := testConfig(t.TempDir(), e)
	c.Now = func() time.Time { return metric.Time(epoch + 30*3_600_000) }
	c.MaxSamplesPerSend = 100
	want := waited(t, c)
	r := start(t, c)
	r.flush()
	got := e.samples()
	inOrder(t, got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || r.Stats().EngineRefused != 0 {
		t.Errorf("%d of %d came: %+v", len(got), len(want), r.Stats())
	}
}

func TestLongOutageOfPrometheus(t *testing.T) {
	url := launchPrometheus(t)
	c := Default()
	c.Dir, c.Write, c.Read, c.Now = t.TempDir(), url, url, time.Now
	want := waited(t, c)
	r := start(t, c)
	r.flush()
	reader, err := NewReader(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	q, err := reader.Querier(0, time.Now().UnixMilli())
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	n := 0
	set := q.Select(t.Context(), false, nil, labels.MustNewMatcher(labels.MatchRegexp, "__name__", "g."))
	for set.Next() {
		for it := set.At().Iterator(nil); it.Next() != 0; {
			n++
		}
	}
	if set.Err() != nil || n != len(want) || r.Stats().EngineRefused != 0 {
		t.Errorf("%d of %d points are there, %v: %+v", n, len(want), set.Err(), r.Stats())
	}
}
