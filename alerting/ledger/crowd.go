package ledger

import (
	"cmp"
	"slices"
	"time"
)

// crowd is how many messages within Wait are each sent for themselves, whatever
// their groups. With more of them what has many names is joined as well.
const crowd = 5

// joined makes one of groups that would all go now, and has it wait for Wait
// after the last message. What is under way is about to be such a message; what
// failed before holds up nobody.
func (f Folding) joined(ready, bundles [][]waiting, sent []recent, now time.Time) [][]waiting {
	first := func(b []waiting) bool { return b[0].attempts == 0 }
	if slices.ContainsFunc(bundles, first) || now.Sub(latest(sent, "")).Abs() < f.Wait {
		return nil
	}
	all := slices.Concat(ready...)
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Compare(a.id, b.id) })
	return [][]waiting{all[:min(len(all), maxFolded)]}
}

// since is how many messages went after an instant.
func since(sent []recent, at time.Time) (n int) {
	for _, s := range sent {
		if s.at.After(at) {
			n++
		}
	}
	return n
}
