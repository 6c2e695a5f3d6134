package app

import (
	"context"
	"time"

	"plimsoll/counterd"
	"plimsoll/counterd/admin"
	"plimsoll/dashboard"
)

// openAdmin makes the port of the admin words, beside the counter daemon.
func (a *App) openAdmin() (err error) {
	c := a.config.Counterd.Admin
	c.Daemon, c.Now, c.Logger = a.counterd.Admin(time.Now), time.Now, a.logger
	c.Optional = c.Optional || a.options.Inherited != nil // the process before still has it, and will let it go
	a.admin, err = admin.New(c)
	return taken(err, "counterd.admin")
}

// counterViews is what people see of the counter daemon besides its account.
func (a *App) counterViews() dashboard.CounterViews {
	return dashboard.CounterViews{
		Account: func() any { return a.counterd.Account() },
		Top:     func(ctx context.Context, n int) (any, error) { return a.counterd.Table(ctx, n) },
		Tail: func(ctx context.Context, name string, line func(any) bool) {
			a.counterd.Tail(ctx, name, func(l counterd.Line) bool { return line(l) })
		},
	}
}
