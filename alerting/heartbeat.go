package alerting

import (
	"context"
	"sync"
	"time"

	"plimsoll/alerting/notify"
)

// pulse tells the outside that the engine works.
type pulse struct {
	mu    sync.Mutex // guards what follows
	heart *notify.Heart
	next  time.Time
	busy  bool
	quiet string // why it did not beat last, once it is in the log
}

func (p *pulse) configure(c Config) {
	heart := notify.NewHeart(c.Heartbeat, notify.Options{Dialer: c.Dialer, Clock: c.Clock})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heart = heart
}

// claim returns the heart if it is to beat now; nobody else gets it until done.
func (p *pulse) claim(now time.Time) *notify.Heart {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.heart == nil || p.busy || now.Before(p.next) && p.next.Sub(now) <= p.heart.Every {
		return nil
	}
	p.busy = true
	return p.heart
}

// done sets the time of the next beat and reports whether why, which is not "",
// is news.
func (p *pulse) done(next time.Time, why string) (news bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	news = why != "" && p.quiet == ""
	p.busy, p.next, p.quiet = false, next, why
	return news
}

// stallLook is how soon it is looked again whether evaluation goes on.
const stallLook = time.Second

// beat lets the heart beat if it is time and the engine evaluates. It does not
// wait: Run does that at its end. A Run loop that stands still asks for no beat.
func (e *Engine) beat(ctx context.Context, now time.Time) {
	heart := e.pulse.claim(now)
	if heart == nil {
		return
	}
	e.sends.Go(func() {
		result, why, next := "sent", "", now.Add(heart.Every)
		if what := e.stalled(now, heart.Every); what != "" {
			result, why, next = "stalled", what+" are not evaluated", now.Add(min(stallLook, heart.Every))
		} else if err := heart.Beat(ctx); err != nil {
			result, why = "failed", err.Error()
		}
		e.metrics.heartbeats.WithLabelValues(result).Inc()
		if e.pulse.done(next, why) && ctx.Err() == nil {
			e.cfg.Logger.Warn("alerting: no heartbeat", "why", why)
		}
	})
}

// stalled names the kind of which no look has succeeded, and its result been
// stored, for as long as a beat, or two turns of the fastest if that is longer.
func (e *Engine) stalled(now time.Time, every time.Duration) string {
	type kind struct {
		latest   time.Time
		shortest time.Duration
	}
	kinds := map[string]kind{}
	for _, u := range e.current() {
		name := "checks"
		if u.rule != nil {
			name = "rules"
		}
		k, known := kinds[name]
		if !known {
			k = kind{e.started, u.schedule.interval}
		}
		u.mu.Lock()
		if u.checked.After(k.latest) {
			k.latest = u.checked
		}
		u.mu.Unlock()
		k.shortest = min(k.shortest, u.schedule.interval)
		kinds[name] = k
	}
	for _, name := range []string{"rules", "checks"} {
		k, any := kinds[name]
		if limit := max(every, 2*k.shortest); any && now.Sub(k.latest) > limit {
			return name
		}
	}
	return ""
}
