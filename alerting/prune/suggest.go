package prune

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

// Kind is what a suggestion is about.
type Kind string

// The kinds of suggestions.
const (
	Retire     Kind = "retire"     // nobody ever cared
	Longer     Kind = "for"        // a longer `for`
	Hysteresis Kind = "hysteresis" // keep_firing_for, or a level to clear at
	Threshold  Kind = "threshold"  // another level
	Group      Kind = "group"      // rules that fire together
	Depend     Kind = "depend"     // a rule that follows another
	Schedule   Kind = "schedule"   // a time of the day or of the week
	Stale      Kind = "stale"      // it looks at nothing
)

// Suggestion is something that a person may want to change.
type Suggestion struct {
	// ID is the same as long as the suggestion is about the same.
	ID   string `json:"id"`
	Rule string `json:"rule"`
	Kind Kind   `json:"kind"`
	Text string `json:"text"`
	// Change is YAML to write. The values that it takes the place of stand in its
	// comments: to write them back undoes it.
	Change   string   `json:"change"`
	Evidence Evidence `json:"evidence"`
	// Confidence is from 0 to 1: of a retirement that of its bound, else the share
	// of what happened that speaks for the suggestion.
	Confidence float64 `json:"confidence"`
}

// Evidence is what a suggestion rests on.
type Evidence struct {
	Numbers  map[string]float64 `json:"numbers"`
	Episodes []Episode          `json:"episodes,omitempty"` // the last of them
}

// Judgement is what somebody said to a suggestion.
type Judgement struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Accepted bool      `json:"accepted"` // or dismissed
}

// Rest is how long a suggestion does not come again after a judgement.
const Rest = 30 * dayLength

// Days is how far back suggestions look.
const Days = 90

// Input is what suggestions are made of.
type Input struct {
	// Rules are those that there are, as the configuration has them.
	Rules    []rule.Config
	Episodes []Episode
	// Now is in the time zone in which people sleep and backups run.
	Now time.Time
}

// Suggest says what should be changed, most bothersome rules first: one thing
// for each rule, since what remains to be done shows when that is done. It asks
// q for what the archives tell of the past 90 days.
func Suggest(ctx context.Context, q metric.Querier, in Input) ([]Suggestion, error) {
	b := newBook(in)
	found := b.relations()
	for _, name := range b.names {
		if _, known := found[name]; known {
			continue
		}
		s, ok, err := b.suggest(ctx, q, name)
		if err != nil {
			return nil, err
		}
		if ok {
			found[name] = s
		}
	}
	out := make([]Suggestion, 0, len(found))
	for _, s := range found {
		out = append(out, s)
	}
	stale, err := b.stale(ctx, q)
	if err != nil {
		return nil, err
	}
	out = append(out, stale...)
	slices.SortFunc(out, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Evidence.Numbers["episodes"], a.Evidence.Numbers["episodes"]), cmp.Compare(a.ID, b.ID))
	})
	return out, nil
}

// suggest finds what to do about one rule by itself.
func (b *book) suggest(ctx context.Context, q metric.Querier, name string) (Suggestion, bool, error) {
	if s, ok := b.schedule(name); ok {
		return s, true, nil
	}
	s, ok, err := b.tune(ctx, q, name)
	if ok || err != nil && !errors.Is(err, metric.ErrTooMuch) { // too much to replay: only that is not known
		return s, ok, err
	}
	s, ok = b.retire(name)
	return s, ok, nil
}

// Unjudged returns the suggestions that nobody judged in the last 30 days.
func Unjudged(found []Suggestion, judged []Judgement, now time.Time) []Suggestion {
	return slices.DeleteFunc(slices.Clone(found), func(s Suggestion) bool {
		return slices.ContainsFunc(judged, func(j Judgement) bool { return j.ID == s.ID && now.Sub(j.At) < Rest })
	})
}

// book is the episodes of the last days by rule, in order.
type book struct {
	now    time.Time
	from   time.Time // where the episodes begin
	rules  map[string]rule.Config
	names  []string             // of rules with episodes, sorted
	byRule map[string][]Episode // by when they were believed
	cared  bool                 // somebody cared for any of them
}

func newBook(in Input) *book {
	b := &book{now: in.Now, from: in.Now, rules: map[string]rule.Config{}, byRule: map[string][]Episode{}}
	for _, c := range in.Rules {
		b.rules[c.Name] = c
	}
	for _, i := range inOrder(in.Episodes) {
		e := in.Episodes[i]
		if in.Now.Sub(e.Hard) > Days*dayLength || e.Hard.After(in.Now) {
			continue
		}
		if e.Hard.Before(b.from) {
			b.from = e.Hard
		}
		b.cared = b.cared || e.mattered()
		if _, known := b.rules[e.Rule]; known {
			b.byRule[e.Rule] = append(b.byRule[e.Rule], e)
		}
	}
	for name := range b.byRule {
		b.names = append(b.names, name)
	}
	slices.Sort(b.names)
	return b
}

// span is how long episodes have been seen.
func (b *book) span() time.Duration { return max(b.now.Sub(b.from), dayLength) }

// mostShown bounds the episodes that a suggestion shows.
const mostShown = 10

func evidence(episodes []Episode, numbers map[string]float64) Evidence {
	numbers["episodes"] = float64(len(episodes))
	return Evidence{Numbers: numbers, Episodes: episodes[max(0, len(episodes)-mostShown):]}
}

// occasions are the instants at which episodes began to be told, those that came
// within ten minutes of one another as one: a storm says one thing.
func occasions(episodes []Episode) (begins []time.Time) {
	var last time.Time
	for _, e := range episodes {
		if len(begins) == 0 || e.Hard.Sub(last) > follows {
			begins = append(begins, e.Hard)
		}
		last = e.Hard
	}
	return begins
}
