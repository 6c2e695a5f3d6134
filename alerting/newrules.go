package alerting

import (
	"context"
	"fmt"
	"slices"
	"time"

	"plimsoll/alerting/ledger"
	"plimsoll/alerting/prune"
	"plimsoll/alerting/rule"
	"plimsoll/internal/metric"
)

const noiseEntry = "noise"

// noise is what the history said of a default rule when it was new.
type noise struct {
	Rule  string `json:"rule"`
	Noisy bool   `json:"noisy"`
	Why   string `json:"why,omitempty"`
}

// noisyRules are the names of the default rules that begin as information.
func noisyRules(ctx context.Context, l *ledger.Ledger) (map[string]bool, error) {
	kept, err := ledger.Entries[noise](ctx, l, noiseEntry)
	names := map[string]bool{}
	for _, n := range kept {
		if n.Noisy {
			names[n.Rule] = true
		}
	}
	return names, err
}

// judgeAfter is how long the replay of new default rules waits: at a start there
// is more urgent work.
const judgeAfter = time.Minute

// judgeNewRules replays, once in their life, the default rules that are new here
// on what history there is. Those that would have told too much begin as
// information. What fails is tried again at the next start.
func (e *Engine) judgeNewRules(ctx context.Context) error {
	fresh, err := e.newRules(ctx)
	if err != nil || len(fresh) == 0 {
		return err
	}
	now := instant(e.cfg.Clock())
	noisy, err := prune.StartAsInfo(ctx, e.cfg.Querier, fresh, now)
	if err != nil {
		return err
	}
	for _, r := range fresh {
		report, is := noisy[r.Name]
		n := noise{Rule: r.Name, Noisy: is}
		if is {
			n.Why = report.Text(prune.Night)
		}
		if _, err := e.ledger.AddEntry(ctx, noiseEntry, n, nil); err != nil {
			return err
		}
		if is {
			err = e.PutEvent(ctx, metric.Event{
				At: now, Type: "info", Source: "plimsoll", Title: "the rule " + r.Name + " begins as information", Text: n.Why,
			})
			if err != nil {
				return err
			}
		}
	}
	if len(noisy) == 0 {
		return nil
	}
	e.reload.Lock()
	defer e.reload.Unlock()
	return e.reloadLocked(e.given)
}

// newRules are the default rules in use that were never judged.
func (e *Engine) newRules(ctx context.Context) ([]rule.Config, error) {
	kept, err := ledger.Entries[noise](ctx, e.ledger, noiseEntry)
	if err != nil {
		return nil, fmt.Errorf("read what was said of rules: %w", err)
	}
	e.reload.Lock()
	given := e.given
	e.reload.Unlock()
	if !given.DefaultRules {
		return nil, nil
	}
	judged := map[string]bool{}
	for _, n := range kept {
		judged[n.Rule] = true
	}
	return slices.DeleteFunc(given.missingDefaults(), func(r rule.Config) bool { return judged[r.Name] }), nil
}

// judgeSoon is judgeNewRules in a goroutine of its own, which Run waits for.
func (e *Engine) judgeSoon(ctx context.Context) {
	e.looks.Go(func() {
		timer := time.NewTimer(judgeAfter)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if err := e.judgeNewRules(ctx); err != nil && ctx.Err() == nil {
			e.cfg.Logger.Error("alerting: new rules not replayed", "err", err)
		}
	})
}
