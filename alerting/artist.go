package alerting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plimsoll/alerting/notify"
	"plimsoll/alerting/rule"
)

const (
	// chartSpan is how far the chart in a mail reaches back from the event.
	chartSpan = 6 * time.Hour
	// artists is how many charts are drawn at a time.
	artists = 2
	// restTime is how long none is drawn after one was late: where the store is
	// slow, mails go without, rather than each late.
	restTime = time.Minute
)

// Chart is what a mail shows of an alert.
type Chart struct {
	Title string
	Expr  string
	Level *float64 // where it is trouble; nil: that is no number
	// Labels are those of the alert: series that have other values are not its.
	Labels     map[string]string
	Start, End time.Time
}

// artist has charts drawn for messages that are about to go. A message never waits
// for one longer than its ctx, and goes without if anything is wrong.
type artist struct {
	draw  func(context.Context, Chart) ([]byte, error)
	clock func() time.Time
	log   *slog.Logger
	count func(result string)
	busy  chan struct{}  // a token for each that is drawn
	work  sync.WaitGroup // of those; Run waits for it

	mu    sync.Mutex // guards rests
	rests time.Time  // until then none is drawn
}

func newArtist(c Config, m *metrics) *artist {
	return &artist{
		draw: c.Picture, clock: c.Clock, log: c.Logger, busy: make(chan struct{}, artists),
		count: func(result string) { m.charts.WithLabelValues(result).Inc() },
	}
}

// picture returns the chart of m as a PNG, or nil.
func (a *artist) picture(ctx context.Context, m notify.Message) []byte {
	if a == nil || a.draw == nil || m.Expr == "" {
		return nil
	}
	if a.resting() {
		a.count("left out")
		return nil
	}
	drawn := rule.DrawnOf(m.Expr)
	return a.wait(ctx, Chart{
		Title: m.Name, Expr: drawn.Expr, Level: drawn.Level, Labels: m.Labels,
		Start: m.At.Add(-chartSpan), End: m.At,
	})
}

// wait has c drawn, which may last longer than anybody waits for it.
func (a *artist) wait(ctx context.Context, c Chart) []byte {
	select {
	case a.busy <- struct{}{}:
	case <-ctx.Done():
		a.late()
		return nil
	}
	result := make(chan []byte, 1)
	a.work.Go(func() {
		defer func() { <-a.busy }()
		result <- a.try(ctx, c)
	})
	select {
	case picture := <-result:
		return picture
	case <-ctx.Done():
		a.late()
		return nil
	}
}

// try draws; a panic costs the picture and not the message.
func (a *artist) try(ctx context.Context, c Chart) (picture []byte) {
	var err error
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
		if err != nil {
			picture = nil
		}
		switch {
		case err == nil:
			a.count("drawn")
		case ctx.Err() == nil: // else the one who waited says that it was late
			a.count("failed")
			a.log.Warn("alerting: a message goes without its chart", "alert", c.Title, "err", err)
		}
	}()
	if picture, err = a.draw(ctx, c); err == nil && len(picture) == 0 {
		err = errors.New("the picture is empty")
	}
	return picture
}

func (a *artist) resting() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	left := a.rests.Sub(a.clock())
	return left > 0 && left <= restTime // a clock that was set back wakes it
}

func (a *artist) late() {
	a.count("late")
	a.log.Warn("alerting: messages go without charts for a while, as one was late", "for", restTime)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.rests = a.clock().Add(restTime)
}
