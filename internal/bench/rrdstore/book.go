package main

import (
	"fmt"
	"slices"
	"time"

	"plimsoll/internal/bench/process"
)

// key is who was measured, with how many points in an update of a file.
type key struct {
	who    string
	points int
}

// figures are the medians of the repetitions.
type figures struct {
	micros, put, flush          spread // of CPU per point
	wall                        spread // seconds
	calls, pages, device        spread // bytes per point
	rssPerSeries, heapPerSeries float64
}

// spread is a median with its range.
type spread struct{ median, low, high float64 }

func spreadOf(v []float64) spread {
	slices.Sort(v)
	n := len(v)
	return spread{median: (v[(n-1)/2] + v[n/2]) / 2, low: v[0], high: v[n-1]}
}

func (s spread) print(digits int) string {
	if s.low == s.high {
		return fmt.Sprintf("%.*f", digits, s.median)
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, s.median, digits, s.low, digits, s.high)
}

// figuresOf takes the medians; empty is how much memory there was before any series.
func figuresOf(all []round, empty round, series int) figures {
	of := func(f func(round) float64) spread {
		v := make([]float64, 0, len(all))
		for _, r := range all {
			v = append(v, f(r))
		}
		return spreadOf(v)
	}
	micros := func(d time.Duration, r round) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(r.Points) }
	last := all[len(all)-1]
	return figures{
		micros: of(round.micros),
		put:    of(func(r round) float64 { return micros(r.PutCPU, r) }),
		flush:  of(func(r round) float64 { return micros(r.CPU-r.PutCPU, r) }),
		wall:   of(func(r round) float64 { return r.Wall.Seconds() }),
		calls:  of(func(r round) float64 { return r.perPoint(r.Written.Calls) }),
		pages:  of(func(r round) float64 { return r.perPoint(r.Written.Pages) }),
		device: of(func(r round) float64 { return r.perPoint(r.Device) }),

		rssPerSeries:  float64(last.RSSBytes-empty.RSSBytes) / float64(series),
		heapPerSeries: float64(int64(last.HeapBytes)-int64(empty.HeapBytes)) / float64(series),
	}
}

// enter prints a line of the table and keeps it for the goals.
func (b *bench) enter(who string, points int, all []round, empty round) {
	f := figuresOf(all, empty, b.series)
	b.book[key{who, points}] = f
	if who == "librrd" {
		fmt.Printf("\nlibrrd called directly, one point a call: %s µs of CPU per point\n", f.micros.print(1))
		return
	}
	fmt.Printf("| %s | %d | %s | %s | %s | %.0f k | %s | %.0f | %.0f | %.0f | %.0f |\n", who, points,
		f.micros.print(2), f.put.print(2), f.flush.print(2), 1e3/f.micros.median, f.wall.print(1),
		f.calls.median, f.pages.median, f.device.median, f.rssPerSeries)
}

func heading(name, title string) {
	fmt.Printf("\n## %s: %s (load average %s)\n\n", name, title, process.LoadAverage())
}
