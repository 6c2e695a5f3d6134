package drawing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"plimsoll/internal/metric"
)

// Config bounds what drawing may cost.
type Config struct {
	// Command and its arguments start a helper, which calls Serve on its
	// standard input and file 3. Env is all of its environment.
	Command []string
	Env     []string

	Helpers  int           // at a time
	Waiting  int           // requests that wait for one; more are metric.ErrBusy
	Pictures int           // of one helper
	MaxBytes uint64        // that a helper may take to be used again
	Idle     time.Duration // after which one is ended
	Timeout  time.Duration // of a picture, from the moment a helper is free

	Logger *slog.Logger
}

// Default returns the bounds for a single machine; Command is to be set.
func Default() Config {
	return Config{
		Helpers: 2, Waiting: 16, Pictures: 100, MaxBytes: 256 << 20,
		Idle: time.Minute, Timeout: 10 * time.Second,
		Logger: slog.New(slog.DiscardHandler),
	}
}

// Pool draws pictures with a few helpers. Close ends it.
type Pool struct {
	cfg   Config
	slots chan struct{} // one for each helper that works
	queue chan struct{} // one for each request that works or waits

	mu     sync.Mutex // guards all below
	closed bool
	idle   []*helper // the one used last comes last
}

// New starts nothing yet.
func New(c Config) *Pool {
	return &Pool{cfg: c, slots: make(chan struct{}, c.Helpers), queue: make(chan struct{}, c.Helpers+c.Waiting)}
}

// ErrClosed is the answer of a pool that was closed.
var ErrClosed = errors.New("drawing was closed")

// Draw returns the picture. It waits for a helper, and for its answer, until ctx
// ends. What the helper cannot draw is metric.ErrExecution.
func (p *Pool) Draw(ctx context.Context, r Request) ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", metric.ErrBadQuery, err)
	}
	select {
	case p.queue <- struct{}{}:
		defer func() { <-p.queue }()
	default:
		return nil, fmt.Errorf("%d pictures are being drawn or waited for: %w", cap(p.queue), metric.ErrBusy)
	}
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h, err := p.take()
	if err != nil {
		return nil, err
	}
	return p.ask(ctx, h, r)
}

// ask has h draw, and puts it back or ends it.
func (p *Pool) ask(ctx context.Context, h *helper, q Request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Timeout)
	defer cancel()
	r, err := h.ask(ctx, q)
	if err != nil {
		how := h.end()
		if ctx.Err() == nil { // nobody gave it up
			p.cfg.Logger.Warn("a helper that draws died", "err", err, "ended", how)
			return nil, fmt.Errorf("%w: the program that draws died (%s)", metric.ErrExecution, how)
		}
		return nil, ctx.Err()
	}
	h.drawn++
	if h.drawn < p.cfg.Pictures && r.resident <= p.cfg.MaxBytes {
		p.put(h)
	} else {
		h.end()
	}
	if r.failed {
		return nil, fmt.Errorf("%w: %s", metric.ErrExecution, r.body)
	}
	return r.body, nil
}

// take returns a helper that is free, or a new one.
func (p *Pool) take() (*helper, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	for n := len(p.idle); n > 0; n = len(p.idle) {
		h := p.idle[n-1]
		p.idle = p.idle[:n-1]
		if h.rest.Stop() {
			return h, nil
		} // else its time is over, and tidy ends it
	}
	return start(p.cfg)
}

func (p *Pool) put(h *helper) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		h.end()
		return
	}
	h.rest = time.AfterFunc(p.cfg.Idle, func() { p.tidy(h) })
	p.idle = append(p.idle, h)
}

// tidy ends a helper that nobody needed.
func (p *Pool) tidy(h *helper) {
	p.mu.Lock()
	for i, one := range p.idle {
		if one == h {
			p.idle = append(p.idle[:i:i], p.idle[i+1:]...)
			break
		}
	}
	p.mu.Unlock()
	h.end()
}

// Close ends the helpers that are free; one that works ends with its picture.
func (p *Pool) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, h := range p.idle {
		if h.rest.Stop() {
			h.end()
		}
	}
	p.idle = nil
	return nil
}
