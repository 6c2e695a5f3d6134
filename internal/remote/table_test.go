package remote

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// Silence is not measured by a clock that jumps; a restart and the room that is
// left matter.
func TestWhatIsForgotten(t *testing.T) {
	e := newEngine(t)
	c := testConfig(t.TempDir(), e)
	c.MaxSeries = 1000
	ahead := steered(&c)
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	known := func() (names []string) {
		for _, name := range []string{"g", "c_total", "t_seconds"} {
			if s.series.find(named(name)) != nil {
				names = append(names, name)
			}
		}
		return names
	}
	put := func(samples ...metric.Sample) {
		if err := s.Put(t.Context(), samples); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.tail.drop(s.seq + 1)
		s.tail.clean(s.series)
		s.mu.Unlock()
	}
	put(gauge("g", 3_600_000, 1), counter("c_total", 3_600_000, 1, 1), timed(3_600_000, 1))
	ahead(365 * 24 * time.Hour)
	s.sweep(c.Now())
	if diff := cmp.Diff([]string{"g", "c_total", "t_seconds"}, known()); diff != "" {
		t.Errorf("after a step of the clock\n%s", diff)
	}
	for range 61 { // an hour and more, a minute each
		s.sweep(c.Now())
	}
	if diff := cmp.Diff([]string{"c_total", "t_seconds"}, known()); diff != "" {
		t.Errorf("after an hour\n%s", diff)
	}
	for i := range 950 {
		put(gauge("other"+string(rune('α'+i)), 3_600_000+365*24*3_600_000, 1))
	}
	s.sweep(c.Now())
	if diff := cmp.Diff([]string(nil), known()); diff != "" {
		t.Errorf("without room\n%s", diff)
	}
}
