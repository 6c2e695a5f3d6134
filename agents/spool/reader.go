package spool

import (
	"errors"
	"io/fs"

	"plimsoll/agents/remote"
	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

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
	if errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(err, r.lost(c.Next.Segment))
	}
	if err != nil {
		return false, err
	}
	more := c.Next != r.next
	r.chunk, r.at, r.next = c.Records, r.next, c.Next
	return more, nil
}

// lost goes on without a segment that somebody removed. What was in it is counted
// by what is missing.
func (s *Spool) lost(segment uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fs.MkdirAll(s.journalDir()); err != nil {
		return err
	}
	if segment == s.journal.Segment() {
		s.journal.Rotate()
	}
	delete(s.ends, segment)
	return s.journal.Drop(segment)
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
