package main

import (
	"fmt"

	"plimsoll/internal/bench/process"
)

// goal is what the store is to reach.
type goal = process.Goal[*bench]

func goals() []goal {
	return []goal{
		{What: "points/s/core at least 5 x rrdcached, ours with a flush interval of 20 minutes, rrdcached with its 5", Measured: faster(longOurs, shortPeer, 5)},
		{What: "the same, both every 5 minutes", Measured: faster(shortOurs, shortPeer, 5)},
		{What: "the same, both every 20 minutes", Measured: faster(longOurs, longPeer, 5)},
		{What: "points/s/core at least 10 x librrd called with one point", Measured: faster(shortOurs, librrdOne, 10)},
		{What: "memory at most 1,500 bytes a series (index, state, 20 minutes of points waiting): live heap", Measured: smaller(func(f figures) float64 { return f.heapPerSeries })},
		{What: "the same as growth of RSS, garbage and checkpoints included", Measured: smaller(func(f figures) float64 { return f.rssPerSeries })},
		{What: "bytes of dirty pages a point at most 1/4 of rrdcached's, ours every 20 minutes, rrdcached every 5", Measured: func(b *bench) (string, bool, bool) {
			f, is := b.book[longOurs(b)]
			theirs, both := b.book[shortPeer(b)]
			if !is || !both {
				return "", false, false
			}
			ratio := f.pages.median / theirs.pages.median
			return fmt.Sprintf("%.2f", ratio), ratio <= 0.25, true
		}},
		{What: "start with 100,000 series at most 3 s, warm", Measured: inSeconds("warm", 3)},
		{What: "the same after a kill", Measured: inSeconds("killed", 3)},
		{What: "the same, cold", Measured: inSeconds("cold", 3)},
		{What: "instant query over 10,000 series at most 100 ms", Measured: inMillis("instant", 100)},
		{What: "range query of a day x 100 series at most 150 ms", Measured: inMillis("range", 150)},
		{What: "a point of Put costs with 1,000,000 series at most twice what it does with 1,000", Measured: func(b *bench) (string, bool, bool) {
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
