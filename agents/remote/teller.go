package remote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// maxTold bounds the checks whose results wait, and the events.
const maxTold = 1000

// Teller tells a collector of events and of what checks found. Of each check the
// newest result waits, of events all, in order; PutCheck and PutEvent never do.
type Teller struct {
	cfg    Config
	client *http.Client
	log    *slog.Logger

	sent, refused prometheus.Counter

	mu      sync.Mutex // guards what follows
	waiting []told
	ready   chan struct{} // holds a token when something may wait
}

// told is what is to be posted.
type told struct {
	key  string // of a check: a newer one takes its place; empty: an event
	path string
	body []byte
}

// NewTeller returns a Teller that sends nothing before Run.
func NewTeller(cfg Config) (*Teller, error) {
	if err := errors.Join(wrapURLs(ValidateURLs(cfg.URLs)), cfg.Validate()); err != nil {
		return nil, err
	}
	client, err := NewClient(cfg)
	if err != nil {
		return nil, err
	}
	t := &Teller{cfg: cfg, client: client, log: cfg.Logger, ready: make(chan struct{}, 1)}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "plimsoll_agent_told_" + name, Help: help})
	}
	t.sent = counter("total", "Events and results of checks that the collector took.")
	t.refused = counter("refused_total", "Events and results of checks that were lost: refused, or too many waited.")
	return t, nil
}

// Describe implements prometheus.Collector.
func (t *Teller) Describe(out chan<- *prometheus.Desc) { prometheus.DescribeByCollect(t, out) }

// Collect implements prometheus.Collector.
func (t *Teller) Collect(out chan<- prometheus.Metric) {
	t.sent.Collect(out)
	t.refused.Collect(out)
}

// PutCheck implements metric.CheckSink.
func (t *Teller) PutCheck(_ context.Context, r metric.CheckResult) error {
	key := r.Name + "\x00" + r.Host
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		key += "\x00" + name + "\x00" + r.Labels[name]
	}
	return t.put(key, "/api/plimsoll/v1/checks", r)
}

// PutEvent implements metric.EventSink.
func (t *Teller) PutEvent(_ context.Context, e metric.Event) error {
	return t.put("", "/api/plimsoll/v1/events", e)
}

func (t *Teller) put(key, path string, what any) error {
	body, err := json.Marshal(what)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	next := told{key, path, body}
	if i := slices.IndexFunc(t.waiting, func(w told) bool { return key != "" && w.key == key }); i >= 0 {
		t.waiting[i] = next
		return nil
	}
	if len(t.waiting) >= maxTold {
		t.refused.Inc()
		return metric.ErrBusy
	}
	t.waiting = append(t.waiting, next)
	select {
	case t.ready <- struct{}{}:
	default: // the token is there already
	}
	return nil
}

// take removes what has waited longest.
func (t *Teller) take() (told, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		return told{}, false
	}
	first := t.waiting[0]
	t.waiting = slices.Delete(t.waiting, 0, 1)
	return first, true
}

// Run tells what waits until ctx ends.
func (t *Teller) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.ready:
		}
		for what, is := t.take(); is && ctx.Err() == nil; what, is = t.take() {
			t.tell(ctx, what)
		}
	}
}

// tell posts to the first collector that answers, again and again until one does,
// a newer result takes the place of this one, or ctx ends.
func (t *Teller) tell(ctx context.Context, what told) {
	for backoff := t.cfg.MinBackoff; ctx.Err() == nil; backoff = min(2*backoff, t.cfg.MaxBackoff) {
		for _, url := range t.cfg.URLs {
			lost, err := t.post(ctx, url, what)
			switch {
			case err == nil:
				t.sent.Inc()
				return
			case lost:
				t.refused.Inc()
				t.log.Warn("the collector refuses what it is told", "url", url, "err", err)
				return
			}
		}
		if t.overtaken(what.key) {
			return
		}
		pause(ctx, backoff/2+rand.N(backoff))
	}
}

// overtaken says whether a newer result of the check waits.
func (t *Teller) overtaken(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return key != "" && slices.ContainsFunc(t.waiting, func(w told) bool { return w.key == key })
}

// post sends what once. lost says that to send it again would not help.
func (t *Teller) post(ctx context.Context, url string, what told) (lost bool, err error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(url, "/")+what.path, bytes.NewReader(what.body))
	if err != nil {
		return true, err
	}
	q.Header.Set("Content-Type", "application/json")
	if err := t.cfg.Authorize(q); err != nil {
		return false, err
	}
	answer, err := t.client.Do(q)
	if err != nil {
		return false, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10)) // for the message alone
	if answer.StatusCode/100 == 2 {
		return false, nil
	}
	lost = answer.StatusCode == http.StatusBadRequest || answer.StatusCode == http.StatusRequestEntityTooLarge || answer.StatusCode == http.StatusForbidden
	return lost, fmt.Errorf("http %d: %.200s", answer.StatusCode, text)
}
