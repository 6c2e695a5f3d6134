package main

import (
	"fmt"
	"slices"
)

// book keeps what was measured, by scenario and daemon, for the goals.
type book map[string]map[string]summary

// summary are the medians of the repetitions.
type summary struct {
	rate, micros, lost spread
	rss                float64 // bytes
	unaccounted        int64   // lines, the largest of any repetition
	says               bool
	peer               bool // not of this repository
}

// spread is a median with its range.
type spread struct{ median, low, high float64 }

func spreadOf(v []float64) spread {
	slices.Sort(v)
	n := len(v)
	return spread{median: (v[(n-1)/2] + v[n/2]) / 2, low: v[0], high: v[n-1]}
}

func summarize(rs []result, peer bool) summary {
	of := func(f func(result) float64) spread {
		v := make([]float64, 0, len(rs))
		for _, r := range rs {
			v = append(v, f(r))
		}
		return spreadOf(v)
	}
	s := summary{
		rate: of(result.rate), micros: of(result.cpuMicros), lost: of(result.lost), says: rs[0].says, peer: peer,
		rss: of(func(r result) float64 { return float64(r.rss) }).median,
	}
	for _, r := range rs {
		if abs(r.unaccounted()) > abs(s.unaccounted) {
			s.unaccounted = r.unaccounted()
		}
	}
	return s
}

func abs(n int64) int64 { return max(n, -n) }

// print writes the table of a scenario and enters it into the book.
func (b *bench) print(s scenario, all []daemon, outcomes []outcome) {
	fmt.Println("| daemon | | runs | lines/s | µs CPU per line | % lost | RSS MB | lines nobody accounts for |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	b.book[s.name] = map[string]summary{}
	for i, d := range all {
		switch o := outcomes[i]; {
		case d.start == nil:
			fmt.Printf("| %s | %s | not to be had here: %s | | | | | |\n", d.name, d.language, d.missing)
		case o.err != nil:
			fmt.Printf("| %s | %s | %v | | | | | |\n", d.name, d.language, o.err)
		case len(o.results) > 0:
			sum := summarize(o.results, d.peer())
			b.book[s.name][d.name] = sum
			fmt.Printf("| %s | %s | %d | %s | %s | %s | %.0f | %s |\n", d.name, d.language, len(o.results),
				thousands(sum.rate), decimals(sum.micros, 1, 2), decimals(sum.lost, 100, 1), sum.rss/1e6, unaccounted(sum))
		}
	}
}

// best is the peer with the least of f.
func (b book) best(scenario string, f func(summary) float64) (name string, least float64) {
	for n, s := range b[scenario] {
		if s.peer && (name == "" || f(s) < least) {
			name, least = n, f(s)
		}
	}
	return name, least
}

func thousands(s spread) string {
	if s.low == s.high {
		return fmt.Sprintf("%.0f k", s.median/1e3)
	}
	return fmt.Sprintf("%.0f k (%.0f–%.0f)", s.median/1e3, s.low/1e3, s.high/1e3)
}

func decimals(s spread, scale float64, digits int) string {
	if s.low == s.high {
		return fmt.Sprintf("%.*f", digits, scale*s.median)
	}
	return fmt.Sprintf("%.*f (%.*f–%.*f)", digits, scale*s.median, digits, scale*s.low, digits, scale*s.high)
}

func unaccounted(s summary) string {
	if !s.says {
		return "does not say"
	}
	return fmt.Sprint(s.unaccounted)
}
