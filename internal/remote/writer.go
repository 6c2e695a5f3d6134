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
func (w *Writer) Write(ctx context.Context, samples []metric.Sample) error {
	perSend := w.cfg.MaxSamplesPerSend
	lanes := make([][]metric.Sample, min(w.cfg.MaxSends, (len(samples)+perSend-1)/perSend))
	for _, s := range samples {
		lane := &lanes[s.Labels.Hash()%uint64(len(lanes))]
		*lane = append(*lane, s)
	}
	return w.sendLanes(ctx, lanes)
}
