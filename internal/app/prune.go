package app

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/prometheus/common/model"

	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/dashboard"
	"plimsoll/internal/config"
	"plimsoll/internal/metric"
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
	return dashboard.RuleWork{Replay: a.replay}
}

// Rules is the content of a request about rules: the section of that name of
// the configuration.
type Rules struct {
	Rules []rule.Config `yaml:"rules"`
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
		reports = append(reports, Replayed{r, r.Summary(prune.Night), r.Text(prune.Night)})
	}
	return reports, nil
}
