package snmp

import (
	"context"
	"errors"
	"slices"
	"time"

	"plimsoll/internal/metric"
)

// account are the samples that tell how a poll went.
func (d *device) account(r result, at time.Time) []metric.Sample {
	var b batch
	one := func(ok bool) float64 {
		if ok {
			return 1
		}
		return 0
	}
	b.gauge(d.ownLabels("up"), at, one(r.answered))
	b.gauge(d.ownLabels("plimsoll_snmp_poll_complete"), at, one(r.answered && r.err == nil))
	b.gauge(d.ownLabels("snmp_scrape_duration_seconds"), at, r.took.Seconds())
	b.gauge(d.ownLabels("snmp_scrape_walk_duration_seconds"), at, r.walking.Seconds())
	b.gauge(d.ownLabels("snmp_scrape_packets_sent"), at, float64(r.sent))
	b.gauge(d.ownLabels("snmp_scrape_packets_retried"), at, float64(r.resent))
	b.gauge(d.ownLabels("snmp_scrape_pdus_returned"), at, float64(r.n))
	if !d.success.IsZero() {
		b.gauge(d.ownLabels("plimsoll_snmp_last_success_timestamp_seconds"), at, float64(d.success.UnixMilli())/1000)
	}
	return b.samples
}

const (
	putTimeout = 2 * time.Second
	maxPending = 20_000 // samples of a device that wait for the sink
)

// put hands samples on, those before them first that the sink did not take.
func (p *Poller) put(ctx context.Context, d *device, samples []metric.Sample) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putTimeout)
	defer cancel()
	all := slices.Concat(d.pending, samples)
	if over := len(all) - maxPending; over > 0 {
		p.metrics.dropped.Add(float64(over))
		all = all[over:]
	}
	err := d.sink.Put(ctx, all)
	var refused *metric.RefusedError
	switch {
	case errors.As(err, &refused):
		p.metrics.refuse(refused)
		d.pending = nil
	case err != nil:
		p.metrics.putErrors.Inc()
		d.pending = all
	default:
		d.pending = nil
	}
}
