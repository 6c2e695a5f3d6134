package alerting

import (
	"context"
	"strings"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
)

// RuleConfigs are the rules that are configured, with their defaults.
func (e *Engine) RuleConfigs() []rule.Config {
	var rules []rule.Config
	for _, u := range e.current() {
		if u.rule != nil {
			rules = append(rules, u.rule.Given())
		}
	}
	return rules
}

const judgementEntry = "judgement"

// maxJudgements bounds the judgements that still count.
const maxJudgements = 1000

// Judge keeps what somebody said to a suggestion, now.
func (e *Engine) Judge(ctx context.Context, j prune.Judgement) error {
	j.ID, j.By, j.At = strings.TrimSpace(j.ID), clip(strings.TrimSpace(j.By), maxWord), instant(e.cfg.Clock())
	switch {
	case j.ID == "" || len(j.ID) > 3*maxNameBytes:
		return refuse("judge suggestion %q: id is empty or too long", clip(j.ID, maxWord))
	case j.By == "":
		return refuse("judge suggestion %q: by: is missing", j.ID)
	}
	kept, err := ledger.Entries[prune.Judgement](ctx, e.ledger, judgementEntry)
	if err != nil {
		return err
	}
	for id, old := range kept {
		if old.ID != j.ID && j.At.Sub(old.At) < prune.Rest {
			continue
		}
		if err := e.ledger.ChangeEntry(ctx, judgementEntry, id, old, j.At, nil); err != nil {
			return err
		}
		delete(kept, id)
	}
	if len(kept) >= maxJudgements {
		return refuse("judge suggestion %q: there are %d, which is the most", j.ID, len(kept))
	}
	verb := "suggestion-dismissed"
	if j.Accepted {
		verb = "suggestion-accepted"
	}
	_, err = e.ledger.AddEntry(ctx, judgementEntry, j, decided(verb, j.By, j.ID, j.At))
	if err == nil {
		e.broadcast()
	}
	return err
}

// Judgements are those that still count.
func (e *Engine) Judgements(ctx context.Context) ([]prune.Judgement, error) {
	kept, err := ledger.Entries[prune.Judgement](ctx, e.ledger, judgementEntry)
	return sortedValues(kept), err
}
