package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/common/model"

	"plimsoll/alerting"
	"plimsoll/alerting/ledger"
	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/dashboard"
	"plimsoll/internal/config"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

const (
	// maxRulesBytes bounds the rules of a request.
	maxRulesBytes = 1 << 20
	// replayLimit bounds how long the rules of a request may take together.
	replayLimit = 10 * time.Minute
	// replaySpan is how far back is looked unless asked, replayMost at the most.
	replaySpan = 30 * 24 * time.Hour
	replayMost = 400 * 24 * time.Hour
)

// ruleWorks are what can be found out about rules.
func (a *App) ruleWorks() dashboard.RuleWork {
	return dashboard.RuleWork{Replay: a.replay, Stats: a.ruleStats, Suggestions: a.ruleSuggestions, Judge: a.judgeSuggestion}
}

// Rules is the content of a request about rules: the section of that name of
// the configuration.
type Rules struct {
	Rules []rule.Config `yaml:"rules"`
	// AsPrometheus judges the rules as those of a rule file: what is not in the
	// answer is good, whatever the reason.
	AsPrometheus bool `yaml:"as_prometheus"`
}

// rulesFrom reads rules, without what only matters when somebody is told.
func rulesFrom(content io.Reader) ([]rule.Config, error) {
	text, err := io.ReadAll(io.LimitReader(content, maxRulesBytes+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxRulesBytes {
		return nil, fmt.Errorf("rules are longer than %d bytes: %w", maxRulesBytes, metric.ErrTooMuch)
	}
	var given Rules
	r := config.NewReport("rules")
	config.Decode(text, &given, r)
	for i := range given.Rules {
		given.Rules[i] = given.Rules[i].WithDefaults()
		given.Rules[i].Annotations = nil
		if given.AsPrometheus {
			given.Rules[i].Prometheus = &rule.Prometheus{}
		}
		r.AddInvalid(given.Rules[i].Validate(fmt.Sprintf("rules[%d]", i)))
	}
	if err := r.Err(); err != nil {
		return nil, metric.Misasked(err)
	}
	if len(given.Rules) == 0 {
		return nil, fmt.Errorf("content has no rules: %w", metric.ErrBadQuery)
	}
	return given.Rules, nil
}

// spanOf is the time that a request is about: `since` before now.
func spanOf(ask url.Values, now time.Time) (from time.Time, err error) {
	span := model.Duration(replaySpan)
	if text := ask.Get("since"); text != "" {
		if span, err = model.ParseDuration(text); err != nil {
			return from, fmt.Errorf("since: %w: %w", metric.ErrBadQuery, err)
		}
	}
	if span <= 0 || time.Duration(span) > replayMost {
		return from, fmt.Errorf("since: %s is not between 1s and %s: %w", span, model.Duration(replayMost), metric.ErrBadQuery)
	}
	return now.Add(-time.Duration(span)), nil
}

// Replayed is a report with its numbers and its words.
type Replayed struct {
	prune.Report
	Summary prune.Summary `json:"summary"`
	Text    string        `json:"text"`
}

// replay says of each rule what it would have done, and tells which it is at.
func (a *App) replay(ctx context.Context, ask url.Values, content io.Reader, tell func(any)) (any, error) {
	rules, err := rulesFrom(content)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	from, err := spanOf(ask, now)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, replayLimit)
	defer cancel()
	reports := []Replayed{}
	for _, c := range rules {
		tell(map[string]string{"rule": c.Name})
		r, err := prune.Replay(ctx, a.history, c, from, now)
		if err != nil {
			return nil, err
		}
		reports = append(reports, Replayed{r, r.Summary(night), r.Text(night)})
	}
	return reports, nil
}

// night is when people here sleep.
func night(at time.Time) bool { return prune.Night(at.Local()) }

// ruleStats counts what the episodes of rules and checks were good for, over the
// last days, or over each of the usual spans.
func (a *App) ruleStats(ctx context.Context, ask url.Values, _ io.Reader, _ func(any)) (any, error) {
	windows := prune.Windows()
	if text := ask.Get("days"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 1 || days > mostDays {
			return nil, fmt.Errorf("days: %q is not from 1 to %d: %w", text, mostDays, metric.ErrBadQuery)
		}
		windows = []int{days}
	}
	now := time.Now()
	episodes, err := a.episodes(ctx, now.AddDate(0, 0, -slices.Max(windows)))
	if err != nil {
		return nil, err
	}
	return prune.Stats(episodes, now, windows, night), nil
}

// mostDays is how far back is counted.
const mostDays = 400

// ruleSuggestions says what should be changed, and why.
func (a *App) ruleSuggestions(ctx context.Context, _ url.Values, _ io.Reader, _ func(any)) (any, error) {
	now := time.Now()
	found, err := a.adviser.at(ctx, now, func(ctx context.Context) ([]prune.Suggestion, error) {
		episodes, err := a.episodes(ctx, now.AddDate(0, 0, -prune.Days))
		if err != nil {
			return nil, err
		}
		return prune.Suggest(ctx, a.history, prune.Input{Rules: a.engine.RuleConfigs(), Episodes: episodes, Now: now})
	})
	if err != nil {
		return nil, err
	}
	judgements, err := a.engine.Judgements(ctx)
	return prune.Unjudged(found, judgements, now), err
}

// judgeSuggestion keeps that a suggestion was accepted, or dismissed.
func (a *App) judgeSuggestion(ctx context.Context, ask url.Values, _ io.Reader, _ func(any)) (any, error) {
	j := prune.Judgement{ID: ask.Get("id"), By: cmp.Or(sender.In(ctx).Name, ask.Get("by"))}
	switch verdict := ask.Get("judgement"); verdict {
	case "accepted":
		j.Accepted = true
	case "dismissed":
	default:
		return nil, fmt.Errorf("judgement: %q is neither accepted nor dismissed: %w", verdict, metric.ErrBadQuery)
	}
	err := a.engine.Judge(ctx, j)
	if errors.Is(err, alerting.ErrBadRequest) {
		err = metric.Misasked(err)
	}
	return map[string]string{"id": j.ID}, err
}

// adviceAge is how long suggestions are not made anew: they rest on months.
const adviceAge = 10 * time.Minute

// adviser keeps the last suggestions. Whoever asks meanwhile waits for them.
type adviser struct {
	turn  chan struct{} // its token guards what follows
	made  time.Time
	found []prune.Suggestion
}

func newAdviser() *adviser { return &adviser{turn: make(chan struct{}, 1)} }

func (d *adviser) at(ctx context.Context, now time.Time, advise func(context.Context) ([]prune.Suggestion, error)) ([]prune.Suggestion, error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d.found != nil && now.Sub(d.made).Abs() < adviceAge {
		return d.found, nil
	}
	ctx, cancel := context.WithTimeout(ctx, replayLimit)
	defer cancel()
	found, err := advise(ctx)
	if err == nil {
		d.made, d.found = now, found
	}
	return found, err
}

// episodes are those of the ledger that began at an instant or later, or were
// open then.
func (a *App) episodes(ctx context.Context, since time.Time) ([]prune.Episode, error) {
	kept, err := a.engine.Episodes(ctx, since)
	if err != nil {
		return nil, err
	}
	out := make([]prune.Episode, len(kept))
	for i := range kept {
		out[i] = judged(kept[i])
	}
	return out, nil
}

// judged is what is said of rules by an episode.
func judged(e ledger.Episode) prune.Episode {
	return prune.Episode{
		AlertID: e.AlertID, Rule: e.Name, Severity: string(e.Severity), Labels: e.Labels, Began: e.Began, Hard: e.Hard,
		Ended: e.Ended, Acked: e.Acked, AckedBy: e.AckedBy, Acted: e.Acted != "", Told: e.Messages,
	}
}
