package collector

import (
	"context"
	"errors"
	"strings"
	"time"

	"plimsoll/collector/inbound"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// From returns the Sink of one named sender: "graphite 10.0.0.8", a token's name.
// It keeps the sender to Config.Limits, refuses what is over them one sample at a
// time, and counts and names in Sources what the sender did.
func (c *Collector) From(source string) metric.Sink {
	return sourceSink{c, sourceName(source), sender.Write{}}
}

// FromSender returns the Sink of who sends a request, of whom only what he may
// write is taken. Speaks is what he speaks, "remote write", and his name if he has
// no other.
func (c *Collector) FromSender(s sender.Sender, speaks string) metric.Sink {
	return sourceSink{c, sourceName(s.Source(speaks)), s.Write}
}

// maxSourceName bounds the name of a source, in bytes.
const maxSourceName = 200

// sourceName makes a name that a sender may have chosen fit for metrics and JSON.
func sourceName(name string) string {
	return strings.Clone(strings.ToValidUTF8(name[:min(len(name), maxSourceName)], ""))
}

type sourceSink struct {
	collector *Collector
	name      string
	write     sender.Write
}

// Put implements metric.Sink.
func (s sourceSink) Put(ctx context.Context, samples []metric.Sample) error {
	_, refused, err := s.put(ctx, samples, nil)
	if err != nil {
		return err
	}
	return refused.OrNil()
}

// Wait tells a receiver whose senders can wait how long they should, before they
// send n samples again; 0 if they may come now.
func (s sourceSink) Wait(n int) time.Duration {
	now := time.Now()
	from := s.collector.sources.heard(s.name, now)
	wait := from.wait(n, now)
	if wait > 0 {
		from.blame(inbound.OverRate(wait).Text, now)
	}
	return wait
}

// Refused counts what a receiver refused of the source before it came here.
func (s sourceSink) Refused(refused *metric.RefusedError) {
	now := time.Now()
	s.collector.account(s.collector.sources.heard(s.name, now), s.name, refused, now)
}

// put puts samples and counts what was written, and what was refused with what
// already was.
func (s sourceSink) put(
	ctx context.Context, samples []metric.Sample, already *metric.RefusedError,
) (written int, refused *metric.RefusedError, err error) {
	c, now := s.collector, time.Now()
	from := c.sources.heard(s.name, now)
	kept, forbidden := s.write.Filter(samples)
	kept, refused = from.admit(kept, now)
	if len(kept) > 0 {
		err = c.keep(ctx, kept, s.name)
	}
	var byStore *metric.RefusedError
	if err != nil && !errors.As(err, &byStore) {
		from.lost(len(kept), err, now)
		return 0, nil, err
	}
	written = len(kept) - count(byStore)
	c.metrics.samples.Add(float64(written))
	from.credit(kept, written, now)
	refused = already.With(forbidden).With(refused).With(byStore)
	c.account(from, s.name, refused, now)
	return written, refused, nil
}

// account counts what was refused.
func (c *Collector) account(from *source, name string, refused *metric.RefusedError, now time.Time) {
	if count(refused) == 0 {
		return
	}
	from.refuse(refused, now)
	for reason, n := range refused.Reasons {
		c.metrics.refused.WithLabelValues(reason).Add(float64(n))
		c.metrics.offenders.add(name, reason, n)
	}
}

func count(refused *metric.RefusedError) int {
	if refused == nil {
		return 0
	}
	return refused.Count()
}
