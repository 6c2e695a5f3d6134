package app

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"plimsoll/agents/weblog"
	"plimsoll/agents/weblog/count"
	"plimsoll/agents/weblog/watch"
	"plimsoll/dashboard"
	"plimsoll/internal/metric"
	"plimsoll/internal/total"
)

// openWeblog makes what reads access logs.
func (a *App) openWeblog() (err error) {
	c := a.config.Weblog
	c.SinkFor = func(source string) metric.Sink { return a.collector.From(source) }
	c.Imported = a.importedLogs
	c.Registerer, c.Logger = a.registry, a.logger
	if a.weblog, err = weblog.New(c); err != nil {
		return taken(err, "access_logs.syslog")
	}
	a.undo = append(a.undo, a.weblog.Close)
	return nil
}

// importedLogs returns up to when `plimsoll import` has brought access logs in.
// Their series have a status, and no class as those that are made while requests
// are logged: the same requests would count again. Series of applications that look
// like it have both a job and an instance.
func (a *App) importedLogs(context.Context) (until time.Time, err error) {
	if a.archives == nil {
		return time.Time{}, nil // an engine: imports go to archives alone
	}
	last := int64(0)
	a.archives.Totals(func(s total.Series) bool {
		l := s.Labels
		imported := l.Has("status") && l.Has("method") && !l.Has("class") && (!l.Has("job") || !l.Has("instance"))
		if l.Get(metric.NameLabel) == count.NameRequests && imported {
			last = max(last, s.Last)
		}
		return true
	})
	if last > 0 {
		until = metric.Time(last)
	}
	return until, nil
}

// logViews is what people see of access logs, those of agents too.
func (a *App) logViews() dashboard.LogViews {
	hub := a.weblog.Hub()
	return dashboard.LogViews{
		Top: func(n int) any { return hub.Top(n) },
		Tail: func(ctx context.Context, f dashboard.LogFilter, line func(any) bool) {
			hub.Tail(ctx, watch.Filter(f), func(l watch.Line) bool { return line(l) })
		},
		Take: func(report []byte, allows func(string) bool) (any, error) {
			var r watch.Report
			if err := json.Unmarshal(report, &r); err != nil {
				return nil, fmt.Errorf("a report of access logs is a JSON object: %w", err)
			}
			r, ok := r.Allowed(allows)
			if !ok {
				return nil, fmt.Errorf("this token may not speak for the server %q", r.Server)
			}
			return hub.Take(r), nil
		},
	}
}
