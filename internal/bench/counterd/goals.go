package main

import (
	"fmt"

	"plimsoll/internal/bench/process"
)

// goal is what the counter daemon is to reach, as a ratio within one run.
type goal = process.Goal[book]

func goals() []goal {
	return []goal{
		{What: "20,000 counters/s: CPU per line below the best peer's", Measured: cheaperThanPeers("rate-counters", 1)},
		{What: "20,000 timers/s: CPU per line below the best peer's", Measured: cheaperThanPeers("rate-timers", 1)},
		{What: "20,000/s: extra latency at most 2 ms (p99, over the Go sink's)", Measured: waitsLonger("ours 1000", func(s summary) float64 { return s.micros.median })},
		{What: "flushing 100,000 names delays no datagram: p99.9 at most 2 ms over the Go sink's", Measured: waitsLonger("ours 100000", func(s summary) float64 { return s.micros.high })},
		{What: "GSO flood of counters: lines/s at least 0.9 of the Go sink's", Measured: againstSink("ours", "gso-counters", rateOf, 0.9, false)},
		{What: "the same without GRO", Measured: againstSink("ours-without-gro", "gso-counters", rateOf, 0.9, false)},
		{What: "GSO flood of counters: CPU per line at most 1.3 of the Go sink's", Measured: againstSink("ours", "gso-counters", microsOf, 1.3, true)},
		{What: "the same without GRO", Measured: againstSink("ours-without-gro", "gso-counters", microsOf, 1.3, true)},
		{What: "GSO flood of counters: lines/s above the best peer's", Measured: fasterThanPeers("ours", "gso-counters")},
		{What: "the same without GRO", Measured: fasterThanPeers("ours-without-gro", "gso-counters")},
		{What: "GSO flood of timers: lines/s at least 0.8 of the Go sink's", Measured: againstSink("ours", "gso-timers", rateOf, 0.8, false)},
		{What: "the same without GRO", Measured: againstSink("ours-without-gro", "gso-timers", rateOf, 0.8, false)},
		{What: "GSO flood of timers: lines/s above the best peer's", Measured: fasterThanPeers("ours", "gso-timers")},
		{What: "the same without GRO", Measured: fasterThanPeers("ours-without-gro", "gso-timers")},
		{What: "rate without loss above the best peer's", Measured: fasterThanPeers("ours", "loss-free")},
		{What: "a tenth of it for a minute with the default buffer: no loss", Measured: func(b book) (string, bool, bool) {
			s, is := b["tenth"]["ours"]
			return fmt.Sprintf("%.4f %% lost", 100*s.lost.high), s.lost.high == 0, is
		}},
		{What: "packed: lines per CPU second at least 1.5 of the best peer's", Measured: cheaperThanPeers("packed", 1/1.5)},
		{What: "100,000 names, flood: at least 0.7 of the rate with 1,000", Measured: func(b book) (string, bool, bool) {
			s, is := b["gso-counters-100k"]["ours"]
			of, both := b["gso-counters"]["ours"]
			return compare(rateOf(s), rateOf(of), 0.7, false, "with 1,000", is && both)
		}},
		{What: "memory: at most 200 bytes per counter", Measured: bytesAtMost(counterBytes, 200)},
		{What: "memory: at most 1,000 bytes per open sketch", Measured: bytesAtMost(sketchBytes, 1000)},
		{What: "memory: at most 6,000 bytes per active timer with all its open tiers", Measured: bytesAtMost(timerBytes, 6000)},
		{What: "every line is accounted for in every flood", Measured: allAccounted},
	}
}

func rateOf(s summary) float64   { return s.rate.median }
func microsOf(s summary) float64 { return s.micros.median }

// compare says whether ours/theirs is within the limit.
func compare(ours, theirs, limit float64, atMost bool, whose string, is bool) (string, bool, bool) {
	if !is || theirs == 0 {
		return "", false, false
	}
	ratio := ours / theirs
	reached := ratio >= limit
	if atMost {
		reached = ratio <= limit
	}
	return fmt.Sprintf("%.2f of %s", ratio, whose), reached, true
}

func againstSink(who, scenario string, of func(summary) float64, limit float64, atMost bool) func(book) (string, bool, bool) {
	return func(b book) (string, bool, bool) {
		ours, is := b[scenario][who]
		sink, both := b[scenario]["sink"]
		return compare(of(ours), of(sink), limit, atMost, "the sink's", is && both)
	}
}

func cheaperThanPeers(scenario string, limit float64) func(book) (string, bool, bool) {
	return func(b book) (string, bool, bool) {
		ours, is := b[scenario]["ours"]
		name, least := b.best(scenario, microsOf)
		return compare(microsOf(ours), least, limit, true, name+"'s", is && name != "")
	}
}

func fasterThanPeers(who, scenario string) func(book) (string, bool, bool) {
	return func(b book) (string, bool, bool) {
		ours, is := b[scenario][who]
		name, least := b.best(scenario, func(s summary) float64 { return -rateOf(s) })
		return compare(rateOf(ours), -least, 1, false, name+"'s", is && name != "")
	}
}

func waitsLonger(who string, of func(summary) float64) func(book) (string, bool, bool) {
	return func(b book) (string, bool, bool) {
		ours, is := b["latency"][who]
		sink, both := b["latency"]["sink 1000"]
		return fmt.Sprintf("%.2f ms, the sink %.2f ms", of(ours), of(sink)), of(ours)-of(sink) <= 2, is && both
	}
}

func bytesAtMost(what string, limit float64) func(book) (string, bool, bool) {
	return func(b book) (string, bool, bool) {
		s, is := b["memory"][what]
		return fmt.Sprintf("%.0f bytes", s.rss), s.rss <= limit, is
	}
}

func allAccounted(b book) (string, bool, bool) {
	worst, is := int64(0), false
	for _, daemons := range b {
		for _, name := range []string{"ours", "ours-without-gro", "serve"} {
			if s, measured := daemons[name]; measured && s.says {
				is = true
				worst = max(worst, abs(s.unaccounted))
			}
		}
	}
	return fmt.Sprintf("%d lines are not", worst), worst == 0, is
}
