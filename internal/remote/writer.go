package remote

import (
	"context"
	"log/slog"

	"plimsoll/internal/metric"
)

// Writer hands samples on to an engine at once, with no journal: for those who
// have the samples elsewhere, as who exports a history.
type Writer struct{ writer }

// NewWriter returns a Writer; it connects at the first Write.
func NewWriter(cfg Config) (*Writer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	w := &Writer{writer{cfg: cfg, log: cfg.Logger, stats: newStats(), strict: true}}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	var err error
	w.client, err = newClient(cfg, cfg.WriteTimeout, nil)
	return w, err
}

// Write returns when the engine has taken all samples, however long it is away;
// those of one series in order. The error is ErrRefused or that of ctx.
//
// The oldest goes alone, before all others. A Prometheus that is empty begins its
// head at the first sample that comes; one that is older, in a request that runs
// beside, is taken too, but not copied if a block is made of the head meanwhile,
// and gone then (prometheus/prometheus: tsdb/db.go, compactHead's range begins at
// the MinTime from before the wait for appenders).
func (w *Writer) Write(ctx context.Context, samples []metric.Sample) error {
	if len(samples) == 0 {
		return nil
	}
	first := oldest(samples)
	if err := w.deliver(ctx, samples[first:first+1]); err != nil {
		return err
	}
	perSend := w.cfg.MaxSamplesPerSend
	lanes := make([][]metric.Sample, min(w.cfg.MaxSends, (len(samples)+perSend-1)/perSend))
	for i, s := range samples {
		if i == first {
			continue
		}
		lane := &lanes[s.Labels.Hash()%uint64(len(lanes))]
		*lane = append(*lane, s)
	}
	return w.sendLanes(ctx, lanes)
}

// oldest returns the index of the oldest sample, the first of several.
func oldest(samples []metric.Sample) (i int) {
	for k := range samples {
		if samples[k].At < samples[i].At {
			i = k
		}
	}
	return i
}
