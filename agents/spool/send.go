package spool

import (
	"context"
	"errors"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// readBytes is about how much of the journal is read at once.
const readBytes = 64 << 10

// saveEvery is how often the state is saved while samples are sent.
const saveEvery = time.Second

// Run sends what is kept until ctx ends, and then what still waits, within
// DrainTimeout. What is not sent by then is sent by the next process.
func (s *Spool) Run(ctx context.Context) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	draining := context.AfterFunc(ctx, func() { time.AfterFunc(s.cfg.DrainTimeout, cancel) })
	defer draining()
	var syncing sync.WaitGroup
	defer syncing.Wait()
	if s.cfg.SyncInterval > 0 {
		syncing.Go(func() { s.syncUntil(ctx) })
	}
	r := &reader{Spool: s}
	for sending.Err() == nil {
		if !r.step(sending) {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		r.idle(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saveLocked()
}

// step sends one batch; it reports true when there is none.
func (r *reader) step(ctx context.Context) (none bool) {
	b, err := r.take()
	if err != nil {
		r.report(err)
		r.begin() // with the records that were taken already
		rest(ctx, r.wake, saveEvery)
		return false
	}
	if len(b.Samples) == 0 {
		return true
	}
	err = r.cfg.Next.Send(ctx, b)
	var refused *metric.RefusedError
	if err != nil && !errors.As(err, &refused) {
		if ctx.Err() == nil { // not what a Sender may return
			r.report(err)
			rest(ctx, nil, saveEvery)
		}
		r.begin()
		return false
	}
	r.settle(b, refused)
	return false
}

func (s *Spool) syncUntil(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.SyncInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.journal.Sync(); err != nil {
				s.report(err)
			}
		}
	}
}

// report logs an error of the disk, one of a row.
func (s *Spool) report(err error) {
	s.stats.diskErrors.Add(1)
	if err != nil && !s.stats.failing.Swap(true) {
		s.log.Error("the agent's spool", "err", err)
	}
}

// rest waits for d, for a token, or until ctx ends.
func rest(ctx context.Context, token <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-token:
	case <-timer.C:
	}
}

// countLocked counts what became of n samples.
func (s *Spool) countLocked(n int, refused *metric.RefusedError) {
	if refused != nil {
		for reason, count := range refused.Reasons {
			s.state.refused[reason] += uint64(count)
		}
		n -= refused.Count()
	}
	s.state.delivered += uint64(n)
	s.dirty = true
}

// idle saves what is not saved and waits for more.
func (r *reader) idle(ctx context.Context) {
	r.mu.Lock()
	dirty := r.dirty
	if dirty && r.cfg.Now().Sub(r.savedAt) >= saveEvery {
		r.saveOrReportLocked()
		dirty = false
	}
	r.mu.Unlock()
	if dirty {
		rest(ctx, r.wake, saveEvery)
		return
	}
	select {
	case <-ctx.Done():
	case <-r.wake:
	}
}

func (s *Spool) saveOrReportLocked() {
	if err := s.saveLocked(); err != nil {
		s.savedAt = s.cfg.Now() // not at each batch
		s.report(err)
		return
	}
	s.stats.failing.Store(false)
}
