// Package relay sends the live view of an agent's access logs to the server, while
// somebody looks at it there.
//
//	hub ─► Tail ─► batch (bounded, each half second) ─┐
//	hub ─► Own (most frequent)                       ─┴─► POST /api/plimsoll/v1/logs/lines
//	                                                          │
//	            what is wanted next ◄── {"lines":…,"tops":…} ─┘
//
// While nobody looks an empty report asks each few seconds whether somebody does.
// What is sent is for people's eyes and counted nowhere: the counts go as samples.
// Lines for which there is no time are dropped; the next one that is sent says how
// many. Nothing is sent again.
package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"plimsoll/agents/weblog/watch"
)

const (
	path = "/api/plimsoll/v1/logs/lines"
	// idleEach is how often is asked whether somebody looks, batchEach how often is
	// sent while somebody does, topsEach how often the most frequent then.
	idleEach  = 3 * time.Second
	awayEach  = time.Minute // when no collector answers: it may be another's
	batchEach = 500 * time.Millisecond
	topsEach  = 3 * time.Second
	// maxLines and maxBytes bound a batch.
	maxLines = 1000
	maxBytes = 1 << 20
	topItems = 200
	// maxAnswer bounds what is read of an answer.
	maxAnswer = 4 << 10
)

// Config is what New needs.
type Config struct {
	// Server is the instance that reports.
	Server string
	// URLs returns the collectors; the first that answers is told.
	URLs func() []string
	// Client and Authorize are how they are reached.
	Client    *http.Client
	Authorize func(*http.Request) error
	Hub       *watch.Hub
}

// Relay sends.
type Relay struct {
	cfg   Config
	lines chan watch.Line

	// What follows belongs to the goroutine of Run.
	wanted   watch.Wanted
	failures int // in a row
}

// New returns a Relay that sends nothing before Run.
func New(c Config) (*Relay, error) {
	if c.URLs == nil || c.Client == nil || c.Hub == nil {
		return nil, errors.New("the relay of access logs has no collector, client or hub")
	}
	if c.Authorize == nil {
		c.Authorize = func(*http.Request) error { return nil }
	}
	return &Relay{cfg: c, lines: make(chan watch.Line, maxLines)}, nil
}

// Run sends until ctx ends. What cannot be sent is of no consequence.
func (r *Relay) Run(ctx context.Context) error {
	var stopTail func()
	defer func() {
		if stopTail != nil {
			stopTail()
		}
	}()
	sinceTops := topsEach
	for ctx.Err() == nil {
		pause := r.pause()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		sinceTops += pause
		report := watch.Report{Server: r.cfg.Server, Lines: r.batch()}
		if r.wanted.Tops && sinceTops >= topsEach {
			report.Tops, sinceTops = r.cfg.Hub.Own(topItems), 0
		}
		if r.wanted.Tops && !r.wanted.Lines && report.Tops == nil {
			continue
		}
		r.wanted = r.send(ctx, report)
		switch {
		case r.wanted.Lines && stopTail == nil:
			stopTail = r.tail(ctx)
		case !r.wanted.Lines && stopTail != nil:
			stopTail()
			stopTail = nil
		}
	}
	return nil
}

// pause is how long nothing is sent now.
func (r *Relay) pause() time.Duration {
	switch {
	case r.wanted.Lines || r.wanted.Tops:
		return batchEach
	case r.failures > 0:
		return min(idleEach<<min(r.failures, 10), awayEach)
	}
	return idleEach
}

// tail takes lines until the returned function is called.
func (r *Relay) tail(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { // stop waits for it
		defer close(done)
		dropped := uint64(0)
		r.cfg.Hub.Tail(ctx, watch.Filter{}, func(l watch.Line) bool {
			l.Dropped += dropped
			select {
			case r.lines <- l:
				dropped = 0
			default:
				dropped = l.Dropped + 1
			}
			return true
		})
	}()
	return func() { cancel(); <-done }
}

// batch takes the lines that wait, as many as fit.
func (r *Relay) batch() (lines []watch.Line) {
	for size := 0; size < maxBytes; {
		select {
		case l := <-r.lines:
			size += len(l.Text) + 200
			lines = append(lines, l)
		default:
			return lines
		}
	}
	return lines
}

// send posts a report to the first collector that takes it.
func (r *Relay) send(ctx context.Context, report watch.Report) watch.Wanted {
	body, err := json.Marshal(report)
	if err != nil {
		return watch.Wanted{} // texts of any kind can be encoded: a line without a time cannot
	}
	for _, url := range r.cfg.URLs() {
		if w, err := r.post(ctx, strings.TrimSuffix(url, "/")+path, body); err == nil {
			r.failures = 0
			return w
		}
	}
	r.failures++
	return watch.Wanted{} // it is asked again
}

func (r *Relay) post(ctx context.Context, url string, body []byte) (w watch.Wanted, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return w, err
	}
	req.Header.Set("Content-Type", "application/json")
	if err := r.cfg.Authorize(req); err != nil {
		return w, err
	}
	res, err := r.cfg.Client.Do(req)
	if err != nil {
		return w, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return w, err
	}
	if res.StatusCode != http.StatusOK {
		return w, fmt.Errorf("http %d: %.200s", res.StatusCode, answer)
	}
	return w, json.Unmarshal(answer, &w)
}
