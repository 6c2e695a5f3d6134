package app

import (
	"context"
	"path/filepath"
	"time"

	"plimsoll/counterd"
	"plimsoll/counterd/admin"
	"plimsoll/counterd/spool"
	"plimsoll/dashboard"
)

// bindCounterd binds the sockets of the counters. Once it runs, the daemon holds
// its samples until openCounterd.
func (a *App) bindCounterd() (err error) {
	c := a.config.Counterd
	c.Sink, c.LiveSink, c.Registerer, c.Logger = &a.samples, &a.shown, a.registry, a.logger
	c.Events, c.Checks, c.Hold = &a.inbox, &a.inbox, true
	if in := a.options.Inherited; in != nil {
		c.Inherited = in.counters
	}
	if a.counterd, err = counterd.New(c); err != nil {
		return taken(err, "-udp or listen.udp")
	}
	a.runCounterd = a.counterd.Run
	a.undo = append(a.undo, a.counterd.Close)
	return nil
}

// openCounterd gives the daemon the store and the window as separate sinks: it
// shows timings each second itself, and they must not be counted twice. Then the
// daemon goes on with what the one before left.
func (a *App) openCounterd() error {
	sc := spool.Default()
	sc.Dir, sc.Logger = filepath.Join(a.config.Data, "counterd"), a.logger
	sp, err := spool.Open(sc)
	if err != nil {
		return err
	}
	a.close = append(a.close, sp.Close)
	a.samples.bind(a.store)
	a.shown.bind(a.window)
	if err := a.inbox.bind(a.engine, a.engine); err != nil {
		a.logger.Warn("events or results of checks were refused that came during the start", "err", err)
	}
	a.counterd.Resume(sp)
	return nil
}

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
