package weblog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"plimsoll/agents/accesslog"
	"plimsoll/agents/weblog/syslog"
	"plimsoll/agents/weblog/tail"
	"plimsoll/agents/weblog/watch"
)

const (
	// scanEach is how often files are looked at.
	scanEach = 500 * time.Millisecond
	// keepEach is how often the state is kept while lines come by syslog; less often
	// if that would take more than one part in keepShare of the time.
	keepEach  = time.Second
	keepShare = 20
	// roundTime bounds one round of reading files, so that others get their turn.
	roundTime = 300 * time.Millisecond
	// putTimeout bounds one delivery.
	putTimeout = 4 * time.Second
)

// Run works until ctx ends; then what is there is read and kept. What is still in
// open intervals is delivered after the next start.
func (a *Analyzer) Run(ctx context.Context) error {
	base := context.WithoutCancel(ctx)
	if err := a.begin(ctx); err != nil {
		return errors.Join(err, a.closeListeners())
	}
	var inputs, hub sync.WaitGroup // ended by ctx, and by stopHub
	hubCtx, stopHub := context.WithCancel(base)
	hub.Go(func() { _ = a.hub.Run(hubCtx) })
	for i, l := range a.listeners {
		inputs.Go(func() { _ = l.Run(ctx, func(m syslog.Message) { a.push(i, m) }) })
	}
	if !a.heard { // nobody sends and no file is read, as on most hosts: no rounds
		a.metrics.observe(a)
		select {
		case <-ctx.Done():
		case m := <-a.queue:
			a.message(m)
		}
	}
	tick := time.NewTicker(scanEach)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case m := <-a.queue:
			a.message(m)
		case <-tick.C:
			a.round(ctx)
		}
	}
	inputs.Wait()
	err := a.end(base)
	stopHub()
	hub.Wait()
	return err
}

// Close ends what New began, if Run is not called. It may be called again.
func (a *Analyzer) Close() error {
	a.tailer.Close()
	return a.closeListeners()
}

// begin asks up to when logs were imported, if that matters.
func (a *Analyzer) begin(ctx context.Context) (err error) {
	for _, f := range a.cfg.Files {
		if f.From == fromStart && a.cfg.Imported != nil && a.imported.IsZero() {
			if a.imported, err = a.cfg.Imported(ctx); err != nil {
				return fmt.Errorf("up to when access logs were imported: %w", err)
			}
		}
	}
	if !a.imported.IsZero() {
		a.logger.Info("access logs were imported: lines of that time in files that are read from their start are skipped", "until", a.imported)
	}
	return nil
}

// push takes a message from a listener. It never waits.
func (a *Analyzer) push(listener int, m syslog.Message) {
	a.metrics.lost(m.Params[pipeDropped])
	select {
	case a.queue <- queued{m, listener}:
	default:
		a.metrics.dropped.WithLabelValues("queue full").Inc()
	}
}

// message counts a line that came by syslog.
func (a *Analyzer) message(m queued) {
	if a.table.Full() {
		a.metrics.dropped.WithLabelValues("no room").Inc()
		return
	}
	a.pushed++
	r, err := a.senders.reader(m.listener, a.listeners[m.listener].cfg, &m.Message)
	if err != nil {
		panic("BUG: the format of a listener was not validated: " + err.Error())
	}
	a.line(r, m.Text, m.Host)
}

// line counts a line, and returns when its request ended, zero for none.
func (a *Analyzer) line(r *reader, text, from string) time.Time {
	a.metrics.lines.Inc()
	var e accesslog.Entry
	ok, err := r.entry(text, &e)
	switch {
	case err != nil:
		a.metrics.bad(reasonOf(err), from, err)
		return time.Time{}
	case !ok:
		a.metrics.skipped.Inc()
		return e.At
	}
	now := a.cfg.Now()
	l := watch.Line{At: e.At, Server: r.server, Status: e.Status, Text: text}
	l.VHost, l.Class = a.table.Add(r.server, &e, now)
	if e.DurationKnown {
		seconds := e.Duration.Seconds()
		l.Seconds = &seconds
	}
	a.metrics.requests.Inc()
	a.hub.Count(&e, now)
	a.hub.Offer(l)
	return e.At
}

// round reads what files have, and delivers the intervals that are over.
func (a *Analyzer) round(ctx context.Context) {
	now := a.cfg.Now()
	if now.Sub(a.scanned) >= scanEach || now.Before(a.scanned) {
		first := a.tailer.Fresh()
		a.tailer.Scan(now)
		a.scanned = now
		if first && len(a.pending) == 0 {
			a.kept(0, now) // where reading begins holds over a kill
		}
	}
	for until := now.Add(roundTime); !a.table.Full() && a.readOnce(now) && a.cfg.Now().Before(until); {
	}
	a.deliver(ctx, now)
	a.metrics.observe(a)
}

func (a *Analyzer) readOnce(now time.Time) bool {
	return a.tailer.Read(now, func(f *tail.File, line []byte) {
		r := a.fileReader(f)
		if at := a.line(r, string(line), f.Path); at.After(f.At) {
			f.At = at
		}
		if r.format != nil {
			f.Note = r.format.String()
		}
	})
}

// end reads what is there, and keeps all of it.
func (a *Analyzer) end(ctx context.Context) error {
	defer a.tailer.Close()
	for len(a.queue) > 0 {
		a.message(<-a.queue)
	}
	a.round(ctx)
	if len(a.pending) > 0 { // the state on disk is that of before
		return fmt.Errorf("access log counts were not delivered: files are read again from where they were, but %d lines of syslog are lost", a.pushed)
	}
	return a.keep(0, a.cfg.Now())
}
