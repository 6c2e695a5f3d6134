package remote

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// readBytes is about how much of the journal is read at once.
const readBytes = 64 << 10

// roundRequests is how many requests one connection gets of a round: enough that
// the wait for the slowest does not matter much. A round stays somewhat below, so
// that one which gets more than its share needs no request more than the others.
const (
	roundRequests = 3
	roundShare    = 0.85
)

// sender reads the journal on and sends it in rounds. In a round several
// connections are used side by side, each for its own series; the next begins
// when all is answered, so that the samples of a series stay in order. A round of
// many hours is sent in sections, see sectionSpan.
//
//	records   1  2  3 │ 4  5  6  7  8 │ 9 10 │ 11 …
//	          settled │  answered     │ round│ waiting
//	                  ▲ cursor        ▲ sent
//
// What an engine answered it may hold in memory only, as vminsert does for some
// moments. So a round is settled when a later one, begun a while after its
// answer, is answered too, and no connection broke in between. When one breaks,
// all that is not settled is sent again.
type sender struct {
	*Sink
	at       durable.Position
	next     uint64 // records below it are passed over
	answered []milestone
	unsure   time.Time // since when answered is never empty, rewinds or not
	rewound  time.Time
	sections sections
}

// milestone is the end of a round.
type milestone struct {
	cursor
	at time.Time // of the answer
}

// round is what is sent at once.
type round struct {
	entries []entry
	samples int // that the entries are sent as
	end     cursor
	next    durable.Position
	fresh   int64 // samples that were not sent before
	newest  int64
	failed  bool // the journal could not be read
}

// sendAll sends the journal from the cursor on, until ctx ends.
func (s *Sink) sendAll(ctx context.Context) {
	sn := &sender{Sink: s, sections: sections{span: s.cfg.sectionSpan().Milliseconds()}}
	sn.rewind()
	for ctx.Err() == nil {
		sn.checkLost()
		upTo := sn.last()
		r := sn.read(ctx)
		if len(r.entries) > 0 {
			begun := s.cfg.Now()
			if sn.send(ctx, r.entries) != nil {
				sn.abandon()
				return
			}
			sn.advance(r, begun)
		}
		idle := r.next == sn.at
		sn.at = r.next
		if idle {
			if !r.failed {
				sn.passed(upTo)
			}
			sn.rest(ctx)
		}
	}
}

// rest waits for more to send, or until it may be seen to that a connection broke.
func (sn *sender) rest(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if resend := sn.cfg.resend(); resend > 0 && sn.lost.Load() {
		ctx, cancel = context.WithTimeout(ctx, resend-sn.cfg.Now().Sub(sn.rewound))
		defer cancel()
	}
	select {
	case <-ctx.Done():
	case <-sn.wake:
	}
}

// rewind goes back to what is settled.
func (sn *sender) rewind() {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	sn.at, sn.next = durable.Position{Segment: sn.cursor.segment}, sn.cursor.next
	sn.answered = nil
}

// checkLost goes back when a connection broke, but not so often that nothing
// else is done.
func (sn *sender) checkLost() {
	resend := sn.cfg.resend()
	if now := sn.cfg.Now(); resend > 0 && sn.lost.Load() && now.Sub(sn.rewound) >= resend {
		sn.lost.Store(false)
		sn.rewound = now
		if len(sn.answered) > 0 {
			sn.stats.rewinds.Inc()
			sn.rewind()
		}
	}
}

// read returns what is to be sent next, as much as is good for a round.
func (sn *sender) read(ctx context.Context) round {
	r := round{next: sn.at}
	enough := int(roundShare * float64(roundRequests*sn.cfg.MaxSends*sn.cfg.MaxSamplesPerSend))
	for r.samples < enough {
		c, err := sn.journal.Read(r.next, readBytes)
		if err != nil {
			sn.report("read the journal", err)
			pause(ctx, sn.cfg.MaxBackoff)
			sn.wakeUp() // to try again
			r.failed = true
			return r
		}
		if c.UnreadBytes > 0 {
			sn.stats.badRecords.Inc()
		}
		for _, record := range c.Records {
			sn.take(&r, record, c.Next.Segment)
		}
		if c.Next == r.next {
			return r
		}
		r.next = c.Next
	}
	return r
}

func (sn *sender) take(r *round, record []byte, segment uint64) {
	if seq, _, err := head(record); err == nil && seq < sn.next {
		return
	}
	seq, entries, err := decodeRecord(record)
	if err != nil || len(entries) == 0 {
		sn.stats.badRecords.Inc()
		return
	}
	fresh, there := sn.claim(seq)
	if !there {
		return
	}
	r.entries = append(r.entries, entries...)
	r.samples += sentAs(entries)
	r.end = cursor{seq + 1, segment}
	r.newest = entries[len(entries)-1].At
	if fresh {
		r.fresh += int64(len(entries))
	}
}

func (sn *sender) last() uint64 {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	return sn.seq
}

// passed notes that the journal has no more up to a record, be it that damage
// took it: nobody is to wait for it.
func (sn *sender) passed(seq uint64) {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	if sn.sent <= seq {
		sn.sent = seq + 1
		close(sn.moved)
		sn.moved = make(chan struct{})
	}
}

// claim takes a record into the hands of the sender, unless the journal has given
// it up since it was read; fresh tells that the engine has not answered for it.
func (sn *sender) claim(seq uint64) (fresh, there bool) {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	fresh = seq >= sn.sent
	if fresh && seq < sn.gone {
		return false, false
	}
	sn.inHand = max(sn.inHand, seq+1)
	return fresh, true
}

// abandon counts what is in hand when the sender ends, and not in the journal: as
// much as is lost, or somewhat more when a part of the round was answered.
func (sn *sender) abandon() {
	sn.mu.Lock()
	lost := sn.orphans
	sn.orphans = 0
	sn.inHand = sn.sent
	sn.mu.Unlock()
	sn.lose(lost)
}

// sendSection sends entries side by side, each series in order.
func (sn *sender) sendSection(ctx context.Context, entries []entry) error {
	perSend := sn.cfg.MaxSamplesPerSend
	lanes := make([][]metric.Sample, min(sn.cfg.MaxSends, (sentAs(entries)+perSend-1)/perSend))
	for _, e := range entries {
		lane := &lanes[e.Labels.Hash()%uint64(len(lanes))]
		*lane = e.expand(*lane)
	}
	return sn.sendLanes(ctx, lanes)
}

// sendLanes sends the samples of each lane in order, the lanes side by side.
func (w *writer) sendLanes(ctx context.Context, lanes [][]metric.Sample) error {
	errs := make([]error, len(lanes))
	var wg sync.WaitGroup
	for i, samples := range lanes {
		wg.Go(func() { errs[i] = w.sendInOrder(ctx, samples) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sendInOrder sends one request after the other, all about as long.
func (w *writer) sendInOrder(ctx context.Context, samples []metric.Sample) error {
	if len(samples) == 0 {
		return nil
	}
	requests := (len(samples) + w.cfg.MaxSamplesPerSend - 1) / w.cfg.MaxSamplesPerSend
	for part := range slices.Chunk(samples, (len(samples)+requests-1)/requests) {
		if err := w.deliver(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// advance notes that a round was answered, and settles those before it.
func (sn *sender) advance(r round, begun time.Time) {
	now, resend := sn.cfg.Now(), sn.cfg.resend()
	sn.answered = append(sn.answered, milestone{r.end, now})
	if sn.unsure.IsZero() {
		sn.unsure = now
	}
	settled, worn := 0, resend == 0 || begun.Sub(sn.unsure) >= maxResends*resend
	for ; settled < len(sn.answered); settled++ {
		if !worn && (begun.Sub(sn.answered[settled].at) < resend || sn.lost.Load()) {
			break
		}
	}
	sn.mu.Lock()
	sn.sent = max(sn.sent, r.end.next)
	sn.waiting = max(0, sn.waiting-r.fresh)
	sn.orphans = 0 // they came
	sn.newest = max(sn.newest, r.newest)
	if settled > 0 {
		to := sn.answered[settled-1].cursor
		to.next = max(to.next, sn.cursor.next)
		sn.cursor = to
		sn.tail.drop(to.next)
		sn.unsure = time.Time{}
	}
	close(sn.moved)
	sn.moved = make(chan struct{})
	sn.mu.Unlock()
	sn.answered = slices.Delete(sn.answered, 0, settled)
	if resend == 0 {
		sn.keepCursor() // otherwise from time to time
	}
}

// maxResends bounds how long a round is sent again and again, as to an engine
// that breaks every connection.
const maxResends = 6
