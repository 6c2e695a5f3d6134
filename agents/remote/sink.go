package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// Sink sends samples. Its methods are safe for concurrent use; requests go one
// after the other.
type Sink struct {
	cfg    Config
	client *http.Client
	log    *slog.Logger
	route  route
	bad    atomic.Bool // the last request failed, which was logged

	sending sync.Mutex      // held while a batch is sent: what was given first goes first
	reasons map[string]bool // that receivers named; guarded by sending
	told    map[string]bool // those of them that were logged; guarded by sending

	sent, retries, moves prometheus.Counter
	refused              *prometheus.CounterVec
	place, failing       prometheus.GaugeFunc
}

// Batch is what is sent at once.
type Batch struct {
	Samples []metric.Sample
	// Stream names the row of samples that this is a part of, First the number of
	// its first sample in it; see remotewrite.StreamHeader. Empty: there is none.
	Stream string
	First  uint64
	// Again says that the batch, or a part of it, may have been sent before: a
	// receiver that has it already says late, which then is no loss.
	Again bool
}

// New returns a Sink; it connects at the first Put.
func New(cfg Config) (*Sink, error) {
	if err := errors.Join(wrapURLs(ValidateURLs(cfg.URLs)), cfg.Validate()); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	client, err := NewClient(cfg)
	if err != nil {
		return nil, err
	}
	s := &Sink{cfg: cfg, client: client, log: cfg.Logger, reasons: map[string]bool{}, told: map[string]bool{}, route: route{failures: cfg.Failures, probe: cfg.Probe}}
	for _, u := range cfg.URLs {
		s.route.receivers = append(s.route.receivers, &receiver{url: u})
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.makeMetrics()
	return s, nil
}

func wrapURLs(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("url%w", err)
}

// Put implements metric.Sink. It tries until a receiver answers for good or ctx
// ends.
func (s *Sink) Put(ctx context.Context, samples []metric.Sample) error {
	return s.Send(ctx, Batch{Samples: samples})
}

// Send sends a batch, again and again until a receiver answers for good, or ctx
// ends. The error is nil, a *metric.RefusedError, or one with that of ctx.
func (s *Sink) Send(ctx context.Context, b Batch) error {
	if len(b.Samples) == 0 {
		return nil
	}
	s.sending.Lock()
	defer s.sending.Unlock()
	refused, err := s.deliver(ctx, b)
	if err != nil {
		return err
	}
	return refused.OrNil()
}

// deliver sends a batch until it is answered for good. One that the receiver
// refuses as a whole is halved where that helps.
func (s *Sink) deliver(ctx context.Context, b Batch) (*metric.RefusedError, error) {
	m := messages{samples: b.Samples}
	a, err := s.insist(ctx, &m, &b)
	if err != nil {
		return nil, err
	}
	if !a.halves(b) {
		return s.settle(b, a, m.left), nil
	}
	half := len(b.Samples) / 2
	front, back := b, b
	front.Samples, back.Samples, back.First = b.Samples[:half], b.Samples[half:], b.First+uint64(half)
	refused, err := s.deliver(ctx, front)
	if err != nil {
		return nil, err
	}
	more, err := s.deliver(ctx, back)
	return refused.With(more), err
}

// halves says whether a refusal may be one of a part: the request was too large, or
// the receiver, as Prometheus 2 does, refuses all for a sample that it has already.
func (a answer) halves(b Batch) bool {
	if a.verdict() != refused || len(b.Samples) == 1 {
		return false
	}
	return a.status == http.StatusRequestEntityTooLarge || b.Again && a.refused == nil && !a.counts
}

// insist sends a batch until a receiver answers for good. It notes in the batch
// that it may have been stored though the answer was lost.
func (s *Sink) insist(ctx context.Context, m *messages, b *Batch) (answer, error) {
	var last error // of an attempt that ctx did not end
	for attempt := 0; ; attempt++ {
		s.goBack(ctx)
		a := s.write(ctx, s.route.now(), m, *b)
		if a.verdict() != again {
			return a, nil
		}
		if ctx.Err() != nil {
			return a, fmt.Errorf("remote write %d samples: %w", len(b.Samples), errors.Join(ctx.Err(), last))
		}
		last = a
		s.failed(a)
		b.Again = b.Again || a.status/100 != 4
		if a.status != http.StatusTooManyRequests && s.route.failedOnce(s.cfg.Now()) {
			s.moves.Inc()
			s.log.Warn("another collector is used", "url", s.route.now().url)
			if s.route.place() != 0 { // once round, it is time for a pause
				continue
			}
		}
		pause(ctx, s.wait(attempt, a))
	}
}

// messages are the encodings of a batch, made when they are needed.
type messages struct {
	samples        []metric.Sample
	packed1, pack2 []byte
	left           int // samples that the version sent has no place for
}

func (m *messages) v2() []byte {
	if m.pack2 == nil {
		m.pack2 = snappy.Encode(nil, remotewrite.EncodeV2(m.samples))
	}
	return m.pack2
}

func (m *messages) v1() []byte {
	if m.packed1 == nil {
		m.packed1 = snappy.Encode(nil, remotewrite.EncodeV1(m.samples))
		for _, s := range m.samples {
			if s.Kind == metric.Timing {
				m.left++
			}
		}
	}
	return m.packed1
}

// errStranger is an answer of another than the receiver.
var errStranger = errors.New("2xx that is not of a receiver, but of a page in its place")

// write makes one attempt, in the newest version that the receiver knows.
func (s *Sink) write(ctx context.Context, r *receiver, m *messages, b Batch) answer {
	if !r.v1 {
		a := s.post(ctx, r.url, v2(), m.v2(), b)
		// A receiver of 1.0 says 415, or takes what it does not know without a word.
		if a.err != nil || a.status != http.StatusUnsupportedMediaType && (a.status/100 != 2 || a.counts) {
			r.v2 = r.v2 || a.counts
			return a
		}
		if r.v2 && a.status/100 == 2 {
			return answer{err: errStranger}
		}
	}
	a := s.post(ctx, r.url, v1(), m.v1(), b)
	if a.err == nil && a.status/100 == 2 && !r.v1 {
		r.v1 = true
		s.log.Info("receiver knows remote write 1.0 only", "url", r.url)
	}
	return a
}

// goBack returns to the first receiver when it works again.
func (s *Sink) goBack(ctx context.Context) {
	first := s.route.toProbe(s.cfg.Now())
	if first == nil || !s.probe(ctx, first) {
		return
	}
	s.route.goBack()
	s.moves.Inc()
	s.log.Info("the first collector works again", "url", first.url)
}

// failed counts a failure and logs the first of a row.
func (s *Sink) failed(a answer) {
	s.retries.Inc()
	if !s.bad.Swap(true) {
		s.log.Warn("remote write, trying again", "url", s.route.now().url, "err", a)
	}
}

// wait is how long to wait before the next attempt: what the receiver asked for,
// or twice as long as before, more or less.
func (s *Sink) wait(attempt int, a answer) time.Duration {
	if a.wait >= 0 && a.err == nil {
		return min(a.wait, s.cfg.MaxRetryAfter)
	}
	d := min(s.cfg.MaxBackoff, s.cfg.MinBackoff<<min(attempt, 20))
	return d/2 + rand.N(d/2+1)
}

// URLs returns the receivers, as they were configured.
func (s *Sink) URLs() []string { return s.cfg.URLs }

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
