package spool

import (
	"context"
	"errors"
	"sync"
	"time"

	"plimsoll/agents/remote"
	"plimsoll/internal/durable"
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

// reader reads the journal on from the cursor. Run has the only one.
type reader struct {
	*Spool
	decoder decoder
	chunk   [][]byte         // records that were read and not taken
	at      durable.Position // where the chunk begins,
	next    durable.Position // and ends
	read    bool             // at and next are set
	samples []metric.Sample  // used again
}

// begin goes back to the cursor.
func (r *reader) begin() { r.chunk, r.read = nil, false }

// fill reads a chunk and reports whether there was any.
func (r *reader) fill() (bool, error) {
	if !r.read {
		r.mu.Lock()
		r.next, r.read = r.state.cursor, true
		r.mu.Unlock()
	}
	c, err := r.journal.Read(r.next, readBytes)
	if err != nil {
		return false, err
	}
	more := c.Next != r.next
	r.chunk, r.at, r.next = c.Records, r.next, c.Next
	return more, nil
}

// take returns the next batch, of one segment, and notes that it is under way.
func (r *reader) take() (remote.Batch, error) {
	r.mu.Lock()
	again := r.asked
	r.asked = true
	b := remote.Batch{Stream: r.state.stream, First: r.state.first, Again: again}
	r.mu.Unlock()
	clear(r.samples)
	b.Samples = r.samples[:0]
	segment := uint64(0)
	for {
		if len(r.chunk) == 0 {
			if more, err := r.fill(); err != nil || !more {
				return r.offer(b, segment), err
			}
			continue
		}
		if segment != 0 && segment != r.next.Segment {
			return r.offer(b, segment), nil
		}
		if !r.takeRecord(&b) {
			return r.offer(b, segment), nil
		}
		if len(b.Samples) > 0 {
			segment = r.next.Segment
		}
	}
}

// takeRecord adds the first record of the chunk to the batch. It reports false
// when it does not belong there.
func (r *reader) takeRecord(b *remote.Batch) bool {
	h, packed, err := readHead(r.chunk[0])
	want := b.First + uint64(len(b.Samples))
	switch {
	case err != nil, h.end() <= want:
		r.chunk = r.chunk[1:]
		return true
	case len(b.Samples) > 0 && (h.first > want || len(b.Samples)+h.n > r.cfg.BatchSamples):
		return false
	case h.first > want:
		r.mu.Lock()
		r.state.skip(h.first)
		b.First = r.state.first
		r.mu.Unlock()
		return true // to look at it again
	}
	r.chunk = r.chunk[1:]
	had := len(b.Samples)
	b.Samples, err = r.decoder.samples(b.Samples, h, packed, int(want-h.first))
	if err != nil { // it will be missing before the next one
		b.Samples = b.Samples[:had]
	}
	return true
}

// offer makes sure that what is under way is from one segment: the state is
// saved when it is another than before.
func (r *reader) offer(b remote.Batch, segment uint64) remote.Batch {
	r.samples = b.Samples
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(b.Samples) == 0 {
		r.asked, r.oldest = false, 0
		return b
	}
	r.oldest = b.Samples[0].At
	if segment != r.sending {
		r.sending = segment
		if err := r.saveLocked(); err != nil {
			r.report(err)
		}
	}
	return b
}

// settle moves the cursor behind a batch that was answered.
func (r *reader) settle(b remote.Batch, refused *metric.RefusedError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.countLocked(len(b.Samples), refused)
	r.state.settle(len(b.Samples))
	r.asked = r.state.first < r.doubt
	r.state.cursor = r.at
	if len(r.chunk) == 0 {
		r.state.cursor = r.next
	}
	r.dirty = true
	if r.cfg.Now().Sub(r.savedAt) >= saveEvery {
		r.saveOrReportLocked()
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
