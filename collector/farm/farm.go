package farm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

const instanceLabel = "instance"

// segmentBytes is the size of a journal segment.
const segmentBytes = 4 << 20

// Farm is a Sink that passes samples on, and merges timings on the way.
type Farm struct {
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	journal *durable.Journal

	mu    sync.Mutex // guards what follows
	slots slots
	bad   bool // an error was logged
}

// Open opens the journal in cfg.Dir, made if it is not there, and takes over what
// waits in it.
func Open(cfg Config) (*Farm, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	f := &Farm{cfg: cfg, log: cfg.Logger, slots: slots{
		interval: cfg.Interval.Milliseconds(), grace: cfg.Grace.Milliseconds(), limit: cfg.MaxPending, by: map[string]*series{},
	}}
	if f.log == nil {
		f.log = slog.New(slog.DiscardHandler)
	}
	if f.cfg.fs == nil {
		f.cfg.fs = durable.Disk{}
	}
	var err error
	if f.journal, err = durable.OpenJournal(durable.JournalConfig{Dir: cfg.Dir, SegmentBytes: segmentBytes, FS: f.cfg.fs}); err != nil {
		return nil, err
	}
	found, err := f.journal.Replay(0, f.replay)
	if err != nil {
		return nil, err
	}
	if found.BadSegments > 0 || found.Unrepaired != nil {
		f.log.Error("the farm's journal was damaged; merged timings may lack hosts", "segments", found.BadSegments, "err", found.Unrepaired)
	}
	if f.metrics, err = newMetrics(cfg.Registerer, f); err != nil {
		return nil, fmt.Errorf("register metrics of the farm: %w", err)
	}
	return f, nil
}

func (f *Farm) replay(segment uint64, record []byte) error {
	err := decodeRecord(record, func(arrived int64, s share) {
		key := string(s.labels.Bytes(nil))
		if f.slots.judge(key, s) == merged {
			f.slots.add(key, s, arrived, segment)
		}
	}, f.slots.strike)
	if err != nil {
		f.log.Error("a record of the farm's journal makes no sense", "segment", segment, "err", err)
	}
	return nil
}

// Put implements metric.Sink.
func (f *Farm) Put(ctx context.Context, samples []metric.Sample) error {
	if err := f.keep(samples); err != nil {
		return err
	}
	return f.cfg.Sink.Put(ctx, samples)
}

// keep journals the timings that are to be merged, and merges them.
func (f *Farm) keep(samples []metric.Sample) error {
	shares := f.pick(samples)
	if len(shares) == 0 {
		return nil
	}
	now := metric.Millis(f.cfg.Now())
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := make([]string, 0, len(shares))
	kept := shares[:0]
	for _, s := range shares {
		key := string(s.labels.Bytes(nil))
		what := f.slots.judge(key, s)
		f.metrics.count(what, s.labels.Get(metric.NameLabel))
		if what == merged {
			kept, keys = append(kept, s), append(keys, key)
		}
	}
	if len(kept) == 0 {
		return nil
	}
	record, err := encodeShares(now, kept)
	if err != nil {
		return err
	}
	segment := f.journal.Segment()
	if err := f.journal.Append(record); err != nil {
		return fmt.Errorf("keep timings for the farm: %w", err)
	}
	for i, s := range kept {
		f.slots.add(keys[i], s, now, segment)
	}
	return nil
}

// maxAhead is how far ahead of the clock a timing may be to wait here.
const maxAhead = 10 * time.Minute

func (f *Farm) pick(samples []metric.Sample) (out []share) {
	latest := metric.Millis(f.cfg.Now().Add(maxAhead))
	for i := range samples {
		s := &samples[i]
		if s.At <= 0 || s.At > latest || !f.cfg.picks(s) {
			continue
		}
		out = append(out, share{
			labels:   labels.NewBuilder(s.Labels).Del(instanceLabel).Labels(),
			instance: hash([]byte(s.Labels.Get(instanceLabel))),
			start:    s.Start, at: s.At, sketch: s.Sketch,
		})
	}
	return out
}

// Run closes slots each second until ctx ends. Those that are open then stay in
// the journal.
func (f *Farm) Run(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			f.report(f.tick(ctx, metric.Millis(f.cfg.Now())))
		}
	}
}

// report logs the first error of a row.
func (f *Farm) report(err error) {
	f.mu.Lock()
	news := err != nil && !f.bad
	f.bad = err != nil
	f.mu.Unlock()
	if news {
		f.log.Error("the merged timings of the farm", "err", err)
	}
}

// tick puts the slots that are due, and strikes them off when that worked.
func (f *Farm) tick(ctx context.Context, now int64) error {
	f.mu.Lock()
	due := f.slots.due(now)
	f.mu.Unlock()
	if len(due) > 0 {
		err := f.cfg.Sink.Put(ctx, due)
		var refused *metric.RefusedError
		if err != nil && !errors.As(err, &refused) {
			return fmt.Errorf("put %d merged timings: %w", len(due), err)
		}
		f.metrics.done(len(due), refused)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.slots.strike(now)
	return errors.Join(f.strikeLocked(now, len(due) > 0), f.journal.Sync())
}

// strikeLocked notes what was put and removes segments that nothing waits in.
func (f *Farm) strikeLocked(now int64, any bool) error {
	if !any {
		return nil
	}
	err := f.journal.Append(binary.AppendVarint([]byte{closedRecord}, now))
	if f.slots.pending == 0 {
		return errors.Join(err, f.journal.DropBelow(f.journal.Rotate()))
	}
	return errors.Join(err, f.journal.DropBelow(f.slots.oldest(f.journal.Segment())))
}

// Close closes the journal.
func (f *Farm) Close() error { return f.journal.Close() }
