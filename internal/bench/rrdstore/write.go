package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"plimsoll/internal/bench/process"
)

const (
	// short is how many points an update of a file has that comes every five
	// minutes, rrdcached's default.
	short = 30
	// directPoints is how often librrd is called for each file.
	directPoints = 2
)

// dataBegin is where simulated time begins, in ms.
const dataBegin = 1_700_000_400_000

// write feeds the store and rrdcached in turn, and librrd once.
func (b *bench) write(ctx context.Context) error {
	heading("write", fmt.Sprintf("%d series, one point each %v of simulated time, all written every 5 minutes of it, journals on", b.series, step))
	o, oursDir, err := b.startOurs("write-ours", b.series)
	if err != nil {
		return err
	}
	defer b.remove(oursDir)
	defer o.Stop(stopTime)
	empty, err := o.ask("labels 0")
	if err != nil {
		return err
	}
	made, err := o.ask("round 1")
	if err != nil {
		return err
	}
	fmt.Printf("%d files made: %.0f µs of CPU each\n\n", b.series, made.micros())
	dir, d, err := b.startPeer(filepath.Join(oursDir, fileOf(0)), b.series)
	if err != nil {
		return err
	}
	defer b.remove(dir)
	b.peerTable(ctx, o, d, empty)
	if err := verify(oursDir, b.series, d.n, clock{dataBegin}); err != nil {
		b.fault(fmt.Errorf("ours: %w", err))
	}
	d.stop()
	if err := verify(dir, b.series, d.n, clock{dataBegin}); err != nil {
		b.fault(fmt.Errorf("rrdcached: %w", err))
	}
	fmt.Printf("\nrrdtool finds the last points, and %d rows each, in %d files of either.\n", 4, verified)
	return b.direct(ctx, dir, clock{dataBegin}.at(d.n+1)/1000)
}

// peerTable measures the rounds of both, turn by turn, and the longer interval.
func (b *bench) peerTable(ctx context.Context, o talker, d *rrdcached, empty round) {
	fmt.Println("| | points a file | µs CPU per point | accepting | writing | points/s/core | wall s | bytes/point: write(2) | dirty pages | disk | bytes of RSS a series |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, points := range []int{short, b.long} {
		reps := b.reps
		if points != short {
			reps = 1
		}
		var ours, theirs []round
		for range reps {
			ours = b.measured(ctx, ours, func() (round, error) { return o.ask("round " + strconv.Itoa(points)) })
			theirs = b.measured(ctx, theirs, func() (round, error) { return d.round(points) })
		}
		if len(ours) == 0 || len(theirs) == 0 {
			return
		}
		b.enter("ours", points, ours, empty)
		b.enter("rrdcached", points, theirs, d.empty)
	}
}

func (b *bench) measured(ctx context.Context, all []round, do func() (round, error)) []round {
	if ctx.Err() != nil {
		return all
	}
	r, err := cleanly(b.dir, do)
	if err != nil {
		b.fault(err)
		return all
	}
	return append(all, r)
}

// direct is librrd with one point a call, in the tree that rrdcached has left.
func (b *bench) direct(ctx context.Context, dir string, first int64) error {
	r, err := direct(ctx, dir, b.series, directPoints, first)
	if err != nil {
		return err
	}
	b.enter("librrd", 1, []round{r}, round{})
	return nil
}

// startOurs starts the store as a child in an empty directory.
func (b *bench) startOurs(name string, series int) (talker, string, error) {
	dir, err := os.MkdirTemp(b.dir, name+"-")
	if err != nil {
		return talker{}, "", err
	}
	t, err := speak(b.self, dir, "ours", "-dir", dir, "-series", strconv.Itoa(series), "-begin", strconv.FormatInt(dataBegin, 10))
	return t, dir, err
}

// startPeer makes files like model, starts rrdcached over them and has it write
// one point into each.
func (b *bench) startPeer(model string, series int) (string, *rrdcached, error) {
	dir, err := os.MkdirTemp(b.dir, "rrdcached-")
	if err != nil {
		return "", nil, err
	}
	if err := makeFiles(dir, model, series, dataBegin/1000); err != nil {
		return dir, nil, err
	}
	d, err := startRRDCached(dir, series, b.threads, clock{dataBegin})
	if err != nil {
		return dir, nil, err
	}
	rss, err := process.RSSBytes(d.PID())
	if err == nil {
		_, err = d.round(1)
	}
	d.empty = round{RSSBytes: rss}
	return dir, d, err
}
