package snmp

import (
	"context"
	"hash/fnv"
	"time"
)

// rhythm polls one device at its instants: a multiple of its interval since the
// Unix epoch, and a part of the interval that its name decides. So devices are
// spread over the interval, and each keeps its place over restarts. It is the
// device's only goroutine: no two polls of it are ever under way.
func (p *Poller) rhythm(ctx context.Context, d *device) {
	offset := spread(d.name, d.interval)
	last := time.Now()
	for {
		next := following(last, offset, d.interval)
		if time.Until(next) > d.interval { // our clock was set back
			next = following(time.Now(), offset, d.interval)
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-d.ask:
			timer.Stop()
			p.metrics.asked.Inc()
			p.turn(ctx, d, time.Now(), true)
			if !rest(ctx, minPause) {
				return
			}
		case <-timer.C:
			p.metrics.late.Observe(time.Since(next).Seconds())
			p.turn(ctx, d, next, false)
			last = latest(next, time.Now())
		}
	}
}

// following is the first instant behind t that is a multiple of the interval and
// offset.
func following(t time.Time, offset, interval time.Duration) time.Time {
	return t.Add(-offset).Truncate(interval).Add(interval + offset)
}

// minPause is between a poll that was asked for and the next: a device that
// floods us with traps is not flooded with polls.
const minPause = time.Second

func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// spread returns the part of the interval that a name decides.
func spread(name string, interval time.Duration) time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	// Names that differ in their last letter only must not stand side by side.
	sum := h.Sum64()
	sum ^= sum >> 33
	sum *= 0xff51afd7ed558ccd
	sum ^= sum >> 33
	return time.Duration(sum%uint64(interval.Milliseconds())) * time.Millisecond
}

// turn is one instant of a device: a poll, or, where it is dead, perhaps only the
// word that it still is.
func (p *Poller) turn(ctx context.Context, d *device, at time.Time, asked bool) {
	r := result{err: errSilent}
	if asked || d.due() {
		// When the next poll is near, this one is given up.
		bounded, cancel := context.WithDeadline(ctx, latest(at, time.Now()).Add(d.interval*8/10))
		defer cancel()
		release, ok := p.enter(bounded, d)
		if ok && d.failures == 0 && !d.inTime(bounded) {
			release()
			ok = false
		}
		switch {
		case ok:
			r = d.poll(bounded, p.exchange, time.Now(), p.retries(d))
			release()
			if ctx.Err() != nil {
				return // the end of Run, not of the device
			}
			p.judge(d, r, at)
		case d.failures == 0:
			p.metrics.skipped.Inc()
			return // of a device that was well nothing is known
		}
	}
	p.put(ctx, d, append(r.samples, d.account(r, at)...))
}

// inTime reports whether enough time is left to wait for an answer, after a wait
// for a place: a device must not seem to be dead because others kept it waiting.
func (d *device) inTime(ctx context.Context) bool {
	deadline, _ := ctx.Deadline()
	return time.Until(deadline) >= min(d.timeout, d.interval*4/10)
}

// retries is how often a device is asked again: one in doubt is not.
func (p *Poller) retries(d *device) int {
	if d.failures > 0 {
		return 0
	}
	return p.cfg.Retries
}

// enter takes a place among the polls under way. It waits for one, but not for a
// device in doubt.
func (p *Poller) enter(ctx context.Context, d *device) (release func(), ok bool) {
	if d.failures > 0 {
		select {
		case p.doubtful <- struct{}{}:
			return func() { <-p.doubtful }, true
		default:
			return nil, false
		}
	}
	select {
	case p.room <- struct{}{}:
		return func() { <-p.room }, true
	case <-ctx.Done():
		return nil, false
	}
}

// longestPause is the longest time between two polls of a device that is dead.
const longestPause = time.Minute

// due reports whether a device is to be asked: a dead one is let be for one
// instant, then two, four and so on.
func (d *device) due() bool {
	if d.wait > 0 {
		d.wait--
		return false
	}
	return true
}

// judge notes how a poll went.
func (p *Poller) judge(d *device, r result, at time.Time) {
	outcome := "complete"
	switch {
	case !r.answered:
		outcome = "failed"
		d.failures++
		d.pause = min(max(1, 2*d.pause), max(1, int(longestPause/d.interval)))
		d.wait = d.pause - 1
	default:
		d.failures, d.pause, d.wait = 0, 0, 0
		if r.err != nil {
			outcome = "partial"
		} else {
			d.success = at
		}
	}
	p.metrics.polls.WithLabelValues(outcome).Inc()
	if down := !r.answered; down != d.wasDown {
		d.wasDown = down
		if down {
			p.log.Warn("snmp device does not answer", "device", d.name, "err", r.err)
		} else {
			p.log.Info("snmp device answers again", "device", d.name)
		}
	}
}
