package prune

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"plimsoll/internal/metric"
)

const (
	// follows is how soon after another an alert begins that comes of it.
	follows = 10 * time.Minute
	// A relation needs occasions, nearly all of them, and to be no chance.
	leastOccasions = 5
	relatedShare   = 0.95
	unlikely       = 1e-6
)

// source is what an alert may come of: another rule on the same instance, or on
// one instance of its own.
type source struct {
	rule     string
	same     bool   // on the instance of what follows
	instance string // else on this
}

func (s source) compare(o source) int {
	if s.same != o.same {
		return map[bool]int{true: -1, false: 1}[s.same]
	}
	return cmp.Or(cmp.Compare(s.rule, o.rule), cmp.Compare(s.instance, o.instance))
}

// relation is a rule whose alerts come of a source.
type relation struct {
	source
	rule       string
	in, of     int // occasions
	lag        time.Duration
	byInstance map[string]bool // where it was seen, of those of the same instance
}

// relations finds the rules that always follow another, and those that always
// fire together with another.
func (b *book) relations() map[string]Suggestion {
	found := map[string]Suggestion{}
	after := map[string]string{}
	for _, name := range b.names {
		if r, ok := b.follower(name); ok {
			found[name] = b.depends(r)
			after[name] = r.source.rule
		}
	}
	for _, set := range b.sets(after) {
		found[set[0]] = b.group(set)
	}
	return found
}

// follower returns what the alerts of a rule always come of, the most certain.
func (b *book) follower(name string) (relation, bool) {
	hits, lags := map[source]int{}, map[source][]time.Duration{}
	occasions := chains(b.byRule[name])
	for _, o := range occasions {
		for s, lag := range b.sourcesOf(name, o) {
			hits[s]++
			lags[s] = append(lags[s], lag)
		}
	}
	n := len(occasions)
	best, likeliest := relation{}, unlikely
	for _, s := range slices.SortedFunc(maps.Keys(hits), source.compare) {
		k := hits[s]
		if n < leastOccasions || float64(k) < relatedShare*float64(n) {
			continue
		}
		if p := byChance(n, k, b.coverage(s, b.byRule[name])); p < likeliest {
			best, likeliest = relation{source: s, rule: name, in: k, of: n, lag: median(lags[s])}, p
		}
	}
	if best.rule == "" {
		return best, false
	}
	best.byInstance = map[string]bool{}
	for _, e := range b.byRule[name] {
		best.byInstance[e.Labels["instance"]] = true
	}
	return best, true
}

// chains splits the episodes of a rule into occasions: those that began within
// ten minutes of one another are one.
func chains(episodes []Episode) [][]Episode {
	sorted := slices.SortedFunc(slices.Values(episodes), func(a, b Episode) int { return a.Began.Compare(b.Began) })
	var out [][]Episode
	for i, e := range sorted {
		if i == 0 || e.Began.Sub(sorted[i-1].Began) > follows {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], e)
	}
	return out
}

// sourcesOf returns what all episodes of an occasion may come of, and how long
// before the first of them that began.
func (b *book) sourcesOf(name string, occasion []Episode) map[source]time.Duration {
	var all map[source]time.Duration
	for _, e := range occasion {
		own := map[source]time.Duration{}
		for _, other := range b.names {
			if other != name {
				b.before(e, other, own)
			}
		}
		if all == nil {
			all = own
			continue
		}
		maps.DeleteFunc(all, func(s source, _ time.Duration) bool { _, both := own[s]; return !both })
	}
	return all
}

// before notes the sources among the episodes of a rule that began within ten
// minutes before e did.
func (b *book) before(e Episode, rule string, into map[source]time.Duration) {
	episodes := b.byRule[rule]
	// They are in order of belief, which comes an hour after the begin at most
	// as far as is looked here.
	i, _ := slices.BinarySearchFunc(episodes, e.Began.Add(-follows), func(o Episode, at time.Time) int { return o.Hard.Compare(at) })
	for ; i < len(episodes) && episodes[i].Hard.Sub(e.Began) <= time.Hour; i++ {
		o := &episodes[i]
		lag := e.Began.Sub(o.Began)
		if lag <= 0 || lag > follows {
			continue
		}
		s := source{rule: rule, instance: o.Labels["instance"]}
		if s.instance != "" && s.instance == e.Labels["instance"] {
			s = source{rule: rule, same: true}
		}
		if old, known := into[s]; !known || lag < old {
			into[s] = lag
		}
	}
}

// coverage is the share of the time in which an alert of a source had begun
// within the last ten minutes, as the episodes of a follower would have seen it.
func (b *book) coverage(s source, followers []Episode) float64 {
	if !s.same {
		return b.covered(s.rule, s.instance)
	}
	sum, byInstance := 0.0, map[string]float64{}
	for _, e := range followers {
		instance := e.Labels["instance"]
		c, known := byInstance[instance]
		if !known {
			c = b.covered(s.rule, instance)
			byInstance[instance] = c
		}
		sum += c
	}
	return sum / float64(len(followers))
}

func (b *book) covered(rule, instance string) float64 {
	sum, last := time.Duration(0), time.Time{}
	for _, e := range b.byRule[rule] {
		if e.Labels["instance"] == instance {
			sum += min(follows, e.Began.Sub(last).Abs())
			last = e.Began
		}
	}
	return min(1, float64(sum)/float64(b.span()))
}

func (b *book) depends(r relation) Suggestion {
	where := ""
	switch {
	case r.same:
		where = " on the same instance"
	case r.instance != "":
		where = " on " + r.instance
	}
	change := dependency(r)
	if b.rules[r.source.rule].WithDefaults().Class != metric.UpDown {
		change = commented(r.source.rule+" is not of class up/down, at which dependencies look: join their messages", joined())
	}
	return Suggestion{
		ID: string(Depend) + "/" + r.rule + "/" + r.source.rule, Rule: r.rule, Kind: Depend,
		Text: fmt.Sprintf("follows %s%s: on %d of %d occasions, %s later: it says nothing new",
			r.source.rule, where, r.in, r.of, spell(r.lag)),
		Change:     change,
		Evidence:   evidence(b.byRule[r.rule], map[string]float64{"occasions": float64(r.of), "followed": float64(r.in), "lag_seconds": r.lag.Seconds()}),
		Confidence: float64(r.in) / float64(r.of),
	}
}
