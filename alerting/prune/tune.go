package prune

import (
	"context"
	"fmt"
	"slices"
	"time"

	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

const (
	// tuneSpan is how far back a rule is replayed to be tuned.
	tuneSpan = 30 * dayLength
	// A rule is tuned that fired often enough to tell, mostly for nothing.
	leastFirings  = 10
	mostlyNothing = 0.5
	// A change is worth it that removes most of what was for nothing, and keeps
	// nearly all that lasted.
	removesShare = 0.8
	keepsShare   = 0.95
	// agreement is how much of what happened the archives must show.
	agreement = 0.8
)

// tune finds the smallest change of a rule that removes most of what was over by
// itself and keeps all that somebody cared for. It replays the rule; where the
// archives are too coarse for that, what the rule did itself tells as much of
// `for` and keep_firing_for.
func (b *book) tune(ctx context.Context, q metric.Querier, name string) (Suggestion, bool, error) {
	c := b.rules[name]
	own := slices.DeleteFunc(slices.Clone(b.byRule[name]), func(e Episode) bool { return b.now.Sub(e.Hard) > tuneSpan })
	if n := len(own); n < leastFirings || float64(resolvedThemselves(own)) < mostlyNothing*float64(n) || c.Severity == metric.Info {
		return Suggestion{}, false, nil
	}
	from := own[0].Began.Add(-time.Hour)
	timed := append(held(c), delayed(c)...)
	variants := []rule.Config{c}
	for _, v := range timed {
		variants = append(variants, v.config)
	}
	reports, err := replayTogether(ctx, q, variants, from, b.now)
	if err != nil {
		return Suggestion{}, false, err
	}
	base := reports[0].Episodes
	shown := agrees(base, own, b.now)
	if !shown {
		base = own
	}
	for i, v := range timed {
		after := reports[i+1].Episodes
		if !shown {
			after = retimed(own, c, v.config)
		}
		if o := weigh(base, own, after, b.now); o.good {
			return b.tuned(name, v, o, own, shown), true, nil
		}
	}
	if !shown {
		return Suggestion{}, false, nil
	}
	for _, v := range leveled(c) {
		r, err := Replay(ctx, q, v.config, from, b.now)
		if err != nil {
			return Suggestion{}, false, err
		}
		if o := weigh(base, own, r.Episodes, b.now); o.good {
			return b.tuned(name, v, o, own, true), true, nil
		}
	}
	return Suggestion{}, false, nil
}

func resolvedThemselves(episodes []Episode) (n int) {
	for i := range episodes {
		if episodes[i].resolvedItself() {
			n++
		}
	}
	return n
}

// outcome is what a candidate did to the episodes.
type outcome struct {
	good          bool
	before, after int
	cared         int // episodes that somebody cared for, all of them kept
	delay         time.Duration
}

// weigh compares what a rule did with what a candidate would have done.
func weigh(base, own, after []Episode, now time.Time) outcome {
	o := outcome{before: len(base), after: len(after)}
	cared := bySeries(slices.DeleteFunc(slices.Clone(own), func(e Episode) bool { return !e.mattered() }))
	left := bySeries(after)
	worth, kept := 0, 0
	var delays []time.Duration
	for i := range base {
		e := &base[i]
		matters := touched(cared, e, now) != nil
		if !matters && e.resolvedItself() {
			continue
		}
		worth++
		if matters {
			o.cared++
		}
		same := touched(left, e, now)
		if same == nil {
			if matters {
				return o
			}
			continue
		}
		kept++
		delays = append(delays, max(0, same.Hard.Sub(e.Hard)))
	}
	o.delay = median(delays)
	noise := o.before - worth
	o.good = noise > 0 && float64(o.before-o.after) >= removesShare*float64(noise) && float64(kept) >= keepsShare*float64(worth)
	return o
}

// agrees reports whether the archives show most of what happened, all that
// somebody cared for, and not much else.
func agrees(base, own []Episode, now time.Time) bool {
	shown, there := 0, bySeries(base)
	for i := range own {
		switch {
		case touched(there, &own[i], now) != nil:
			shown++
		case own[i].mattered():
			return false
		}
	}
	return float64(shown) >= agreement*float64(len(own)) && agreement*float64(len(base)) <= float64(len(own))
}

func bySeries(episodes []Episode) map[string][]Episode {
	out := map[string][]Episode{}
	for i := range episodes {
		k := episodes[i].series()
		out[k] = append(out[k], episodes[i])
	}
	return out
}

// slack is how far looks of two runs of one rule may lie apart.
const slack = time.Minute

// touched returns the first episode of the same series that was open while e
// was; nil for none.
func touched(in map[string][]Episode, e *Episode, now time.Time) *Episode {
	same := in[e.series()]
	for i := range same {
		if !same[i].Began.After(e.until(now).Add(slack)) && !e.Began.After(same[i].until(now).Add(slack)) {
			return &same[i]
		}
	}
	return nil
}

func (b *book) tuned(name string, v candidate, o outcome, own []Episode, replayed bool) Suggestion {
	text := fmt.Sprintf("%s: %d → %d", v.text, o.before, o.after)
	if o.cared > 0 {
		text += fmt.Sprintf(", all %d that somebody cared for kept", o.cared)
	}
	if o.delay >= time.Second {
		text += fmt.Sprintf(", %s later", spell(o.delay))
	}
	if !replayed {
		text += "; by what it did itself, as the archives there are too coarse"
	}
	return Suggestion{
		ID: string(v.kind) + "/" + name, Rule: name, Kind: v.kind, Text: text,
		Change: ruleText(v.config, map[string]string{v.key: "was " + v.was}),
		Evidence: evidence(own, map[string]float64{
			"before": float64(o.before), "after": float64(o.after), "cared_for": float64(o.cared),
			"self_resolved": float64(resolvedThemselves(own)), "delay_seconds": o.delay.Seconds(),
		}),
		Confidence: float64(o.before-o.after) / float64(max(1, o.before)),
	}
}
