package remote

import (
	"fmt"
	"slices"
	"testing"

	"plimsoll/internal/metric"
)

// What is written begins with its oldest sample, which the engine has before
// anything else is on its way: an empty Prometheus might lose it otherwise.
func TestTheOldestIsWrittenFirstAndAlone(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	c.MaxSamplesPerSend = 7
	w, err := NewWriter(c)
	if err != nil {
		t.Fatal(err)
	}
	var requests [][]string
	e.answers(func(samples []string) (int, string) {
		requests = append(requests, samples)
		return 204, ""
	})
	var batch []metric.Sample
	var want []string
	for series := range int64(20) {
		for i := range int64(10) {
			s := gauge(fmt.Sprint("g", series), (i+1)*10_000, float64(series))
			if series == 13 {
				s.At -= 5_000
			}
			batch = append(batch, s)
			want = append(want, text(s.Labels, s.Value, s.At))
		}
	}
	if err := w.Write(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if len(requests[0]) != 1 || requests[0][0] != `{__name__="g13"} 13 @5000` {
		t.Errorf("begins with %q", requests[0])
	}
	got := e.samples()
	inOrder(t, got)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d samples came of %d", len(got), len(want))
	}
	if err := w.Write(t.Context(), nil); err != nil || len(e.samples()) != len(got) {
		t.Errorf("nothing to write: %v", err)
	}
}
