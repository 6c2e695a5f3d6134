package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/exp/api/remote"
	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// Sink sends samples. Its methods are safe for concurrent use.
type Sink struct {
	api *remote.API
	log *slog.Logger
	v1  atomic.Bool // the receiver knows only version 1.0
	bad atomic.Bool // the last request failed, which was logged

	sent, retries prometheus.Counter
	refused       *prometheus.CounterVec
}

// New returns a Sink; it connects at the first Put.
func New(cfg Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	next := http.DefaultTransport.(*http.Transport).Clone()
	client := &http.Client{
		Transport: &transport{cfg, next},
		Timeout:   cfg.Timeout,
		// A redirected POST would become a GET without samples.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	api, err := remote.NewAPI(cfg.URL, remote.WithAPIHTTPClient(client),
		remote.WithAPIBackoff(remote.BackoffConfig{Min: cfg.MinBackoff, Max: cfg.MaxBackoff}))
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	s := &Sink{api: api, log: cfg.Logger}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, s.register(cfg.Registerer)
}

func (s *Sink) register(reg prometheus.Registerer) error {
	counter := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_agents_remote_" + name, Help: help}
	}
	s.sent = prometheus.NewCounter(counter("sent_samples_total", "Samples that the receiver accepted."))
	s.retries = prometheus.NewCounter(counter("retries_total", "Requests made again after a failure."))
	s.refused = prometheus.NewCounterVec(counter("refused_samples_total", "Samples refused for good."), []string{"reason"})
	if reg == nil {
		return nil
	}
	return errors.Join(reg.Register(s.sent), reg.Register(s.retries), reg.Register(s.refused))
}

// Put implements metric.Sink. It tries until the receiver answers for good or
// ctx ends.
func (s *Sink) Put(ctx context.Context, samples []metric.Sample) error {
	plain, refused := withoutTimings(samples)
	if len(plain) > 0 {
		written, status, err := s.write(ctx, plain)
		if err != nil && !final(status) {
			s.failed(err)
			return fmt.Errorf("remote write %d samples: %w", len(plain), err)
		}
		if err != nil {
			s.failed(err)
			for _, p := range plain[min(written, len(plain)):] {
				refused = refused.Refuse(p, "http "+strconv.Itoa(status))
			}
		} else if s.bad.Swap(false) {
			s.log.Info("remote write works again")
		}
	}
	if refused == nil {
		s.sent.Add(float64(len(samples)))
		return nil
	}
	s.sent.Add(float64(len(samples) - refused.Count()))
	for reason, n := range refused.Reasons {
		s.refused.WithLabelValues(reason).Add(float64(n))
	}
	return refused
}

func withoutTimings(samples []metric.Sample) (plain []metric.Sample, refused *metric.RefusedError) {
	timing := func(s metric.Sample) bool { return s.Kind == metric.Timing }
	if !slices.ContainsFunc(samples, timing) {
		return samples, nil
	}
	for _, s := range samples {
		if timing(s) {
			refused = refused.Refuse(s, "timing")
		}
	}
	return slices.DeleteFunc(slices.Clone(samples), timing), refused
}

// final says whether a status condemns the samples themselves.
func final(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusRequestEntityTooLarge ||
		status == http.StatusUnprocessableEntity
}

// failed logs the first of a row of failures.
func (s *Sink) failed(err error) {
	if !s.bad.Swap(true) {
		s.log.Warn("remote write", "err", err)
	}
}

// write sends samples and returns how many were written and the last status, 0
// when there was no answer.
func (s *Sink) write(ctx context.Context, samples []metric.Sample) (written, status int, err error) {
	if !s.v1.Load() {
		written, status, err = s.attempt(ctx, remote.WriteV2MessageType, remotewrite.EncodeV2(samples))
		// A receiver of 1.0 says 415, or takes an empty request without a word.
		if err == nil || (status != http.StatusUnsupportedMediaType && status/100 != 2) {
			return written, status, err
		}
	}
	written, status, err = s.attempt(ctx, remote.WriteV1MessageType, remotewrite.EncodeV1(samples))
	if err == nil && !s.v1.Swap(true) {
		s.log.Info("receiver knows remote write 1.0 only")
	}
	return written, status, err
}

func (s *Sink) attempt(ctx context.Context, version remote.WriteMessageType, m remotewrite.Message) (int, int, error) {
	ctx, status := withStatus(ctx)
	stats, err := s.api.Write(ctx, version, m, remote.WithWriteRetryCallback(func(err error) {
		s.retries.Inc()
		s.failed(err)
	}))
	return stats.Samples, *status, err
}
