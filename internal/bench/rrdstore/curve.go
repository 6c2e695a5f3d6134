package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
)

// curveSeries are enough for the bytes of a point, which do not depend on it.
const curveSeries = 10_000

// curve shows what a longer flush interval saves and costs.
func (b *bench) curve(ctx context.Context) error {
	heading("curve", fmt.Sprintf("bytes written and memory by flush interval, %d series", curveSeries))
	o, oursDir, err := b.startOurs("curve-ours", curveSeries)
	if err != nil {
		return err
	}
	defer b.remove(oursDir)
	defer o.Stop(stopTime)
	empty, err := o.ask("labels 0")
	if err == nil {
		_, err = o.ask("round 1")
	}
	if err != nil {
		return err
	}
	dir, d, err := b.startPeer(filepath.Join(oursDir, fileOf(0)), curveSeries)
	if err != nil {
		return err
	}
	defer b.remove(dir)
	defer d.stop()
	fmt.Println("| | minutes | µs CPU per point | bytes/point: write(2) | dirty pages | disk | dirty pages by rrdcached's at 5 min | heap bytes a series, all points waiting |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	base := 0.0
	for _, minutes := range []int{5, 10, 20, 30} {
		points := minutes * 6
		theirs := b.measured(ctx, nil, func() (round, error) { return d.round(points) })
		ours := b.measured(ctx, nil, func() (round, error) { return o.ask("round " + strconv.Itoa(points)) })
		if len(ours) == 0 || len(theirs) == 0 {
			return ctx.Err()
		}
		if base == 0 {
			base = theirs[0].perPoint(theirs[0].Written.Pages)
		}
		b.curveLine("rrdcached", minutes, figuresOf(theirs, d.empty, curveSeries), base)
		b.curveLine("ours", minutes, figuresOf(ours, empty, curveSeries), base)
	}
	return nil
}

func (b *bench) curveLine(who string, minutes int, f figures, base float64) {
	memory := fmt.Sprintf("%.0f", f.heapPerSeries)
	if who != "ours" {
		memory = fmt.Sprintf("%.0f of RSS", f.rssPerSeries)
	}
	b.ratios[key{who, minutes}] = f.pages.median / base
	fmt.Printf("| %s | %d | %s | %.0f | %.0f | %.0f | %.2f | %s |\n", who, minutes, f.micros.print(2),
		f.calls.median, f.pages.median, f.device.median, f.pages.median/base, memory)
}
