package prune

import (
	"fmt"
	"slices"
	"time"
)

// sets are the rules that fire together and that no other explains, as sets of
// names.
func (b *book) sets(after map[string]string) (sets [][]string) {
	taken := map[string]bool{}
	for i, name := range b.names {
		if taken[name] || after[name] != "" {
			continue
		}
		set := []string{name}
		for _, other := range b.names[i+1:] {
			if !taken[other] && after[other] == "" && b.together(name, other) {
				set, taken[other] = append(set, other), true
			}
		}
		if len(set) > 1 {
			sets = append(sets, set)
		}
	}
	return sets
}

// together reports whether two rules begin at the same time on nearly all
// occasions of either.
func (b *book) together(one, other string) bool {
	x, y := occasions(b.byRule[one]), occasions(b.byRule[other])
	n := max(len(x), len(y))
	k := near(x, y)
	if n < leastOccasions || float64(k) < relatedShare*float64(n) {
		return false
	}
	p := 2 * float64(together) * float64(len(y)) / float64(b.span())
	return byChance(n, k, min(1, p)) < unlikely
}

// near counts the instants of x for which y has one near.
func near(x, y []time.Time) (n int) {
	for _, at := range x {
		i, _ := slices.BinarySearchFunc(y, at.Add(-together), time.Time.Compare)
		if i < len(y) && y[i].Sub(at) <= together {
			n++
		}
	}
	return n
}

func (b *book) group(set []string) Suggestion {
	first := b.byRule[set[0]]
	n := len(occasions(first))
	return Suggestion{
		ID: string(Group) + "/" + set[0], Rule: set[0], Kind: Group,
		Text:       fmt.Sprintf("%s fire together: on %d occasions within %s of one another", list(set), n, spell(together)),
		Change:     joined(),
		Evidence:   evidence(first, map[string]float64{"occasions": float64(n), "rules": float64(len(set))}),
		Confidence: relatedShare,
	}
}
