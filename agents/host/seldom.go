package host

import (
	"context"
	"slices"
	"time"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// rarely is how often a part is measured that hardly changes.
const rarely = time.Minute

// measure measures one subject into a batch.
type measure func(ctx context.Context, b *batch.Batch) error

// seldom returns a part that measures once a minute and tells the same in
// between: names, limits and states that people change, not load.
func seldom(m measure) measure {
	var (
		last  []metric.Sample
		asked int64
		err   error
	)
	return func(ctx context.Context, b *batch.Batch) error {
		if age := b.At - asked; asked != 0 && age >= 0 && age < rarely.Milliseconds() {
			for _, s := range last {
				s.At = b.At
				b.Samples = append(b.Samples, s)
			}
			return err
		}
		before := len(b.Samples)
		err = m(ctx, b)
		last, asked = slices.Clone(b.Samples[before:]), b.At
		return err
	}
}
