package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// start measures how long the store takes to open a tree: from the start of the
// process until it answers.
func (b *bench) start(ctx context.Context) error {
	heading("start", fmt.Sprintf("seconds until a store with %d series and files is open", b.series))
	o, dir, err := b.startOurs("start", b.series)
	if err != nil {
		return err
	}
	defer b.remove(dir)
	for _, line := range []string{"labels 0", "round 1", "round 30", "put 30"} {
		if _, err := o.ask(line); err != nil {
			o.Stop(stopTime)
			return err
		}
	}
	o.Kill() // the 30 points of each series are in the journal only
	if err := b.opened(ctx, dir, "killed", "after a kill, 30 points of each series in the journal, warm"); err != nil {
		return err
	}
	if err := b.opened(ctx, dir, "warm", "after a clean end, warm"); err != nil {
		return err
	}
	if !dropCaches() {
		fmt.Println("cold: the page cache cannot be emptied here")
		return nil
	}
	return b.opened(ctx, dir, "cold", "after a clean end, cold (drop_caches)")
}

func (b *bench) opened(ctx context.Context, dir, name, title string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	begin := time.Now()
	t, err := speak(b.self, dir, "ours", "-dir", dir, "-series", strconv.Itoa(b.series), "-begin", strconv.FormatInt(dataBegin+3_600_000, 10))
	if err != nil {
		return err
	}
	b.seconds[name] = time.Since(begin).Seconds()
	fmt.Printf("%s: %.2f s\n", title, b.seconds[name])
	t.Stop(stopTime)
	return nil
}
