package app

import (
	"context"

	"plimsoll/agents/procs"
)

// processes lists the busiest processes of this host, nil if it is not measured.
func (a *App) processes() func(ctx context.Context, n int, by string) (any, error) {
	c := a.config.Agent
	if !c.Enabled {
		return nil
	}
	top := procs.New(procs.Config{Proc: c.Host.Proc, Root: c.Host.Root, Arguments: c.Arguments})
	return func(ctx context.Context, n int, by string) (any, error) { return top.Top(ctx, n, procs.Order(by)) }
}
