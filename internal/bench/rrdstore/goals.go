package main

import (
	"fmt"

	"plimsoll/internal/bench/process"
)

// goal is what the store is to reach.
type goal struct {
	what string
	// measured returns what was measured in words, and whether that is enough;
	// is says whether all that it needs was measured at all.
	measured func(b *bench) (words string, reached, is bool)
}

// goals prints what was reached; all says that what was not measured is named.
func (b *bench) goals(all bool) {
	fmt.Printf("\n## goals (load average %s)\n\n", process.LoadAverage())
	fmt.Println("| goal | measured | reached |")
	fmt.Println("|---|---|---|")
	for _, g := range goals() {
		words, reached, is := g.measured(b)
		switch {
		case !is && !all:
		case !is:
			fmt.Printf("| %s | not measured | |\n", g.what)
		case reached:
			fmt.Printf("| %s | %s | yes |\n", g.what, words)
		default:
			fmt.Printf("| %s | %s | **no** |\n", g.what, words)
		}
	}
}

func goals() []goal {
	return []goal{
		{"points/s/core at least 5 x rrdcached, ours with a flush interval of 20 minutes, rrdcached with its 5", faster(longOurs, shortPeer, 5)},
		{"the same, both every 5 minutes", faster(shortOurs, shortPeer, 5)},
		{"the same, both every 20 minutes", faster(longOurs, longPeer, 5)},
		{"points/s/core at least 10 x librrd called with one point", faster(shortOurs, librrdOne, 10)},
		{"memory at most 1,500 bytes a series (index, state, 20 minutes of points waiting): live heap", smaller(func(f figures) float64 { return f.heapPerSeries })},
		{"the same as growth of RSS, garbage and checkpoints included", smaller(func(f figures) float64 { return f.rssPerSeries })},
		{"bytes of dirty pages a point at most 1/4 of rrdcached's, ours every 20 minutes, rrdcached every 5", func(b *bench) (string, bool, bool) {
			f, is := b.book[longOurs(b)]
			theirs, both := b.book[shortPeer(b)]
			if !is || !both {
				return "", false, false
			}
			ratio := f.pages.median / theirs.pages.median
			return fmt.Sprintf("%.2f", ratio), ratio <= 0.25, true
		}},
		{"start with 100,000 series at most 3 s, warm", inSeconds("warm", 3)},
		{"the same after a kill", inSeconds("killed", 3)},
		{"the same, cold", inSeconds("cold", 3)},
		{"instant query over 10,000 series at most 100 ms", inMillis("instant", 100)},
		{"range query of a day x 100 series at most 150 ms", inMillis("range", 150)},
		{"a point of Put costs with 1,000,000 series at most twice what it does with 1,000", func(b *bench) (string, bool, bool) {
			few, is := b.book[key{"scale", 1000}]
			many, both := b.book[key{"scale", 1_000_000}]
			return fmt.Sprintf("%.2f and %.2f µs", many.micros.median, few.micros.median), many.micros.median <= 2*few.micros.median, is && both
		}},
	}
}

func shortOurs(*bench) key  { return key{"ours", short} }
func shortPeer(*bench) key  { return key{"rrdcached", short} }
func longOurs(b *bench) key { return key{"ours", b.long} }
func longPeer(b *bench) key { return key{"rrdcached", b.long} }
func librrdOne(*bench) key  { return key{"librrd", 1} }

func faster(who, whom func(*bench) key, times float64) func(*bench) (string, bool, bool) {
	return func(b *bench) (string, bool, bool) {
		ours, is := b.book[who(b)]
		theirs, both := b.book[whom(b)]
		if !is || !both {
			return "", false, false
		}
		ratio := theirs.micros.median / ours.micros.median
		return fmt.Sprintf("%.1f x (%.2f and %.2f µs of CPU per point)", ratio, ours.micros.median, theirs.micros.median), ratio >= times, true
	}
}

func smaller(of func(figures) float64) func(*bench) (string, bool, bool) {
	return func(b *bench) (string, bool, bool) {
		f, is := b.book[longOurs(b)]
		theirs := b.book[longPeer(b)]
		return fmt.Sprintf("%.0f; rrdcached's RSS %.0f", of(f), theirs.rssPerSeries), of(f) <= 1500, is
	}
}

func inSeconds(what string, limit float64) func(*bench) (string, bool, bool) {
	return func(b *bench) (string, bool, bool) {
		s, is := b.seconds[what]
		return fmt.Sprintf("%.2f s", s), s <= limit, is
	}
}

func inMillis(kind string, limit float64) func(*bench) (string, bool, bool) {
	return func(b *bench) (string, bool, bool) {
		ms, is := b.queries[kind]
		return fmt.Sprintf("%.0f ms, the slowest of three", ms), ms <= limit, is
	}
}
