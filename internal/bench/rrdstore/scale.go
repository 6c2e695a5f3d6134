package main

import (
	"context"
	"fmt"
	"strconv"
)

// scale shows what a series costs, the more there are. Nothing is written to
// archives: a million files would not fit everywhere.
func (b *bench) scale(ctx context.Context) error {
	heading("scale", "cost of a series in memory, and of a point of Put, buffered only (journal on)")
	fmt.Println("| series | µs CPU per point | heap bytes a series, 6 points waiting | RSS bytes a series |")
	fmt.Println("|---|---|---|---|")
	for _, series := range []int{1000, 10_000, 100_000, 1_000_000} {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f, err := b.scaleOf(series)
		if err != nil {
			return err
		}
		b.book[key{"scale", series}] = f
		fmt.Printf("| %d | %s | %.0f | %.0f |\n", series, f.micros.print(2), f.heapPerSeries, f.rssPerSeries)
	}
	return nil
}

func (b *bench) scaleOf(series int) (figures, error) {
	o, dir, err := b.startOurs("scale", series)
	if err != nil {
		return figures{}, err
	}
	defer b.remove(dir)
	defer o.Kill() // a close would make the archives
	empty, err := o.ask("labels 0")
	if err != nil {
		return figures{}, err
	}
	var all []round
	for _, points := range []int{2, 2, 1, 1} { // the first make the series
		r, err := o.ask("put " + strconv.Itoa(points))
		if err != nil {
			return figures{}, err
		}
		all = append(all, r)
	}
	return figuresOf(all[1:], empty, series), nil
}
