package counterd

import (
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// parcelSize is how many samples go out in one call.
const parcelSize = 1024

// parcel is a part of a flush. The last one of it says which flush it ends.
type parcel struct {
	samples []metric.Sample
	spooled bool // the spool has what they were made of
	ends    *mark
}

// outbox holds the samples that a Sink has not accepted yet, in order. Only its
// run calls the Sink.
type outbox struct {
	sink    metric.Sink
	timeout time.Duration
	max     int
	log     *slog.Logger
	wake    chan struct{} // holds one token when there may be work; never closed

	mu        sync.Mutex // guards what follows
	parcels   []parcel
	free      [][]metric.Sample // of parcels that were delivered
	waiting   int               // samples in parcels; in the end, those left in the spool
	put       uint64
	dropped   uint64
	refused   uint64
	failures  uint64
	delivered mark // the last flush that is wholly with the Sink, or given up
}

func newOutbox(c Config) *outbox {
	return &outbox{
		sink: c.Sink, timeout: c.PutTimeout, max: c.MaxPending, log: c.Logger,
		wake: make(chan struct{}, 1),
	}
}

// buffer returns an empty slice for a parcel.
func (o *outbox) buffer() []metric.Sample {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := len(o.free)
	if n == 0 {
		return make([]metric.Sample, 0, parcelSize)
	}
	b := o.free[n-1]
	o.free = o.free[:n-1]
	return b[:0]
}

// push queues a parcel, and drops the oldest ones that are too many.
func (o *outbox) push(p parcel) {
	o.mu.Lock()
	o.parcels = append(o.parcels, p)
	o.waiting += len(p.samples)
	for o.waiting > o.max && len(o.parcels) > 1 {
		o.dropped += uint64(len(o.parcels[0].samples))
		o.shiftLocked()
	}
	o.mu.Unlock()
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// shiftLocked takes the first parcel out.
func (o *outbox) shiftLocked() parcel {
	p := o.parcels[0]
	o.parcels[0] = parcel{}
	o.parcels = o.parcels[1:]
	o.waiting -= len(p.samples)
	return p
}

func (o *outbox) pop() (parcel, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.parcels) == 0 {
		return parcel{}, false
	}
	return o.shiftLocked(), true
}

// putBack makes a parcel the first again.
func (o *outbox) putBack(p parcel) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.parcels = slices.Insert(o.parcels, 0, p)
	o.waiting += len(p.samples)
}

// maxFree bounds the buffers that are kept.
const maxFree = 4

// done takes a parcel back that was delivered.
func (o *outbox) done(p parcel) {
	clear(p.samples)
	o.mu.Lock()
	defer o.mu.Unlock()
	if p.ends != nil {
		o.delivered = *p.ends
	}
	if len(o.free) < maxFree {
		o.free = append(o.free, p.samples)
	}
}

// deliveredUpTo returns the last flush that the Sink has wholly.
func (o *outbox) deliveredUpTo() mark {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.delivered
}

// accepted turns a refusal of single samples into success.
func accepted(err error) error {
	var refused *metric.RefusedError
	if errors.As(err, &refused) {
		return nil
	}
	return err
}
