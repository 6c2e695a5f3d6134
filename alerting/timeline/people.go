package timeline

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"plimsoll/alerting"
	"plimsoll/alerting/check"
	"plimsoll/alerting/hold"
	"plimsoll/alerting/match"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rota"
	"plimsoll/alerting/rule"
)

func parseHold(kind hold.Kind, args []string) (act, error) {
	if len(args) < 2 || len(args) > 3 || len(args) > 2 && kind == hold.Silence {
		return nil, errUsage
	}
	h := hold.Hold{Kind: kind, By: "ops"}
	var err error
	if h.Match, err = match.Parse(args[0]); err != nil {
		return nil, err
	}
	length, err := duration(args[1])
	if err == nil && len(args) > 2 {
		h.Flexible, err = duration(args[2])
	}
	return func(ctx context.Context, r *run) error {
		now := h
		now.Until = r.world.Now().Add(length)
		_, err := r.PutHold(ctx, now)
		return err
	}, err
}

func parseEnd(args []string) (act, error) {
	if len(args) > 0 {
		return nil, errUsage
	}
	return func(ctx context.Context, r *run) error {
		last := int64(0)
		for _, h := range r.Holds() {
			last = max(last, h.ID)
		}
		return r.EndHold(ctx, last, "ops")
	}, nil
}

func parseAck(args []string) (act, error) {
	if len(args) < 2 || len(args) > 4 {
		return nil, errUsage
	}
	a := alerting.Acknowledgement{By: args[1]}
	for _, word := range args[2:] {
		switch {
		case word == "sticky" && !a.Sticky:
			a.Sticky = true
		case a.For != 0:
			return nil, errUsage
		default:
			var err error
			if a.For, err = duration(word); err != nil {
				return nil, err
			}
		}
	}
	return func(ctx context.Context, r *run) error {
		alert, err := r.theAlert(args[0])
		if err != nil {
			return err
		}
		return r.Acknowledge(ctx, alert.ID, a)
	}, nil
}

func parseUnack(args []string) (act, error) {
	if len(args) != 2 {
		return nil, errUsage
	}
	return func(ctx context.Context, r *run) error {
		alert, err := r.theAlert(args[0])
		if err != nil {
			return err
		}
		return r.Unacknowledge(ctx, alert.ID, args[1])
	}, nil
}

func parseOverride(args []string) (act, error) {
	if len(args) != 3 {
		return nil, errUsage
	}
	length, err := duration(args[2])
	return func(ctx context.Context, r *run) error {
		now := r.world.Now()
		_, err := r.PutOverride(ctx, rota.Override{Rota: args[0], Contact: args[1], From: now, Until: now.Add(length), By: "ops"})
		return err
	}, err
}

func parseRemove(args []string) (act, error) {
	if len(args) != 1 {
		return nil, errUsage
	}
	name := args[0]
	return func(_ context.Context, r *run) error {
		c := r.config
		c.Checks = slices.DeleteFunc(slices.Clone(c.Checks), func(k check.Config) bool { return k.Name == name })
		c.Rules = slices.DeleteFunc(slices.Clone(c.Rules), func(k rule.Config) bool { return k.Name == name })
		c.Services = slices.DeleteFunc(slices.Clone(c.Services), func(k quorum.Config) bool { return k.Name == name })
		if len(c.Checks)+len(c.Rules)+len(c.Services) == len(r.config.Checks)+len(r.config.Rules)+len(r.config.Services) {
			return fmt.Errorf("there is no check, rule or service %q", name)
		}
		r.config = c
		return r.Reload(c)
	}, nil
}

func parseRestart(args []string) (act, error) {
	if len(args) > 0 {
		return nil, errUsage
	}
	return func(_ context.Context, r *run) error { return errors.Join(r.Close(), r.open()) }, nil
}
