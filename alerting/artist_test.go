package alerting

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/notify"
)

// lag is a message of a rule.
func lag() notify.Message {
	return notify.Message{Name: "Lag", Expr: "lag_seconds > 5", Labels: map[string]string{"host": "db1"}, At: epoch}
}

func artistOf(draw func(context.Context, Chart) ([]byte, error)) *artist {
	c := Default().withDefaults()
	c.Picture = draw
	return newArtist(c, newMetrics())
}

func TestChartOfAMessage(t *testing.T) {
	var asked Chart
	a := artistOf(func(_ context.Context, c Chart) ([]byte, error) { asked = c; return []byte("png"), nil })
	if got := a.picture(t.Context(), lag()); string(got) != "png" {
		t.Fatalf("%q", got)
	}
	level := 5.0
	want := Chart{
		Title: "Lag", Expr: "lag_seconds", Level: &level, Labels: map[string]string{"host": "db1"},
		Start: epoch.Add(-6 * time.Hour), End: epoch,
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if got := a.picture(t.Context(), notify.Message{Name: "a check"}); got != nil {
		t.Errorf("a check has no expression, and %q", got)
	}
}

func TestNoChartIsNoHarm(t *testing.T) {
	for name, draw := range map[string]func(context.Context, Chart) ([]byte, error){
		"an error": func(context.Context, Chart) ([]byte, error) { return []byte("half"), errors.New("no store") },
		"a panic":  func(context.Context, Chart) ([]byte, error) { panic("BUG") },
		"nothing":  func(context.Context, Chart) ([]byte, error) { return nil, nil },
		"nobody":   nil,
	} {
		if got := artistOf(draw).picture(t.Context(), lag()); got != nil {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// A chart that ignores its end is not waited for, and for a minute no other is
// drawn.
func TestLateChartsAreLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var drawing atomic.Int32
		done := make(chan struct{})
		a := artistOf(func(context.Context, Chart) ([]byte, error) {
			drawing.Add(1)
			<-done
			return []byte("late"), nil
		})
		look := func() time.Duration {
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if got := a.picture(ctx, lag()); got != nil {
				t.Errorf("%q", got)
			}
			return time.Since(began)
		}
		if d := look(); d != time.Second {
			t.Errorf("the first was waited for %v", d)
		}
		if d := look(); d != 0 || drawing.Load() != 1 {
			t.Errorf("the second was waited for %v, %d drawn", d, drawing.Load())
		}
		time.Sleep(restTime)
		close(done)
		if got := a.picture(t.Context(), lag()); string(got) != "late" {
			t.Errorf("after a rest: %q", got)
		}
		a.work.Wait()
	})
}
