package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"plimsoll/internal/bench/process"

	"golang.org/x/sys/unix"
)

const (
	// gmetadStep is how often gmetad asks by default, in seconds.
	gmetadStep = 15
	// gmetadPolls are measured, and parsePolls of a gmetad that writes no files;
	// one more goes before.
	gmetadPolls, parsePolls = 4, 2
	// cleanPolls is after how many polls all is brought to the disk: the kernel
	// leaves pages dirty for 30 s, which are two polls.
	cleanPolls = 2
	// defaultFlush is how many points an update of a file of ours has, one each
	// 15 s, in the five minutes that it waits by default.
	defaultFlush = 5 * 60 / gmetadStep
)

// gmetad holds the store against Ganglia's own collector, which calls librrd for
// each metric in each poll.
func (b *bench) gmetad(ctx context.Context) error {
	heading("gmetad", fmt.Sprintf("hosts with %d metrics each, %d polls; ours with the same number of series, %d points an update", metricsPerHost, gmetadPolls, defaultFlush))
	fmt.Printf("gmetad asks every %d s, and the cluster's clock goes on by as much: a row a poll, as with its %d s. Its CPU has the reading of XML and the summaries of clusters in it; ours begins at Put, has a journal, and six archives a file. Pages are brought to the disk every %d polls, ours after each update.\n\n", pollSeconds, gmetadStep, cleanPolls)
	var said []string
	for _, hosts := range []int{50, 250} {
		s, err := b.gmetadOf(ctx, hosts)
		if err != nil {
			return err
		}
		said = append(said, s)
	}
	fmt.Println("\n| | metrics | µs CPU per metric | of it with write_rrds off | metrics each 15 s on one core | bytes/point: dirty pages | the rest of gmetad's CPU by ours |")
	fmt.Println("|---|---|---|---|---|---|---|")
	fmt.Println(strings.Join(said, "\n"))
	return nil
}

// gmetadOf measures both with so many hosts, and returns two lines of the table.
func (b *bench) gmetadOf(ctx context.Context, hosts int) (string, error) {
	g, err := listenGmond(ctx, hosts)
	if err != nil {
		return "", err
	}
	defer g.close()
	dir, err := os.MkdirTemp(b.dir, "gmetad-")
	if err != nil {
		return "", err
	}
	theirs, parse, err := gmetadRounds(dir, g)
	b.remove(dir)
	if err != nil {
		return "", err
	}
	ours, err := b.oursEvery15(ctx, g.points())
	if err != nil {
		return "", err
	}
	perCore := func(micros float64) float64 { return gmetadStep * 1e6 / micros }
	return fmt.Sprintf("| gmetad | %d | %.1f | %.1f | %.0f k | %.0f | %.0f x |\n| ours | %d | %s | | %.0f k | %.0f | |",
		g.points(), theirs.micros(), parse.micros(), perCore(theirs.micros())/1e3, theirs.perPoint(theirs.Written.Pages), (theirs.micros()-parse.micros())/ours.micros.median,
		g.points(), ours.micros.print(2), perCore(ours.micros.median)/1e3, ours.pages.median), nil
}

// gmetadRounds has gmetad make its files, then update them, and then do all but
// that.
func gmetadRounds(dir string, g *gmond) (updated, parsed round, err error) {
	begin := time.Now()
	if err = withGmetad(dir, g, "", func(*process.Child) error { return g.polls(1, nothing) }); err != nil {
		return updated, parsed, err
	}
	if err = tellFiles(dir, g, time.Since(begin)); err != nil {
		return updated, parsed, err
	}
	if err = forget(dir, g); err != nil {
		return updated, parsed, err
	}
	advanced := func() error {
		if g.n%cleanPolls == 0 {
			unix.Sync()
		}
		return verifyGmetad(dir, g)
	}
	if updated, err = gmetadRound(dir, g, "", gmetadPolls, advanced); err != nil {
		return updated, parsed, err
	}
	fmt.Printf("rrdtool last: %d of its files went on in each of %d polls.\n", gmetadVerified, gmetadPolls)
	parsed, err = gmetadRound(dir, g, "write_rrds off\n", parsePolls, nothing)
	return updated, parsed, err
}

func nothing() error { return nil }

// gmetadRound is the cost of some polls of a gmetad that has seen the cluster.
func gmetadRound(dir string, g *gmond, config string, polls int, after func() error) (r round, err error) {
	err = withGmetad(dir, g, config, func(c *process.Child) error {
		if err := g.polls(1, after); err != nil {
			return err
		}
		u := usageOf(c.PID())
		err := g.polls(polls, after)
		r = u.end(polls * g.points())
		return err
	})
	if err == nil && r.Error != "" {
		err = fmt.Errorf("gmetad: %s", r.Error)
	}
	return r, err
}

// oursEvery15 is the store, fed and written as by default.
func (b *bench) oursEvery15(ctx context.Context, series int) (figures, error) {
	o, dir, err := b.startOurs("gmetad-ours", series)
	if err != nil {
		return figures{}, err
	}
	defer b.remove(dir)
	defer o.Stop(stopTime)
	empty, err := o.ask("labels 0")
	if err == nil {
		_, err = o.ask("round 1")
	}
	if err != nil {
		return figures{}, err
	}
	var all []round
	for range b.reps {
		all = b.measured(ctx, all, func() (round, error) { return o.ask("round " + strconv.Itoa(defaultFlush)) })
	}
	if len(all) == 0 {
		return figures{}, fmt.Errorf("ours with %d series was not measured", series)
	}
	return figuresOf(all, empty, series), nil
}
