package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/golang/snappy"

	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
)

// answer is what came back for a request of remote write.
type answer struct {
	status int           // 0: none came
	line   string        // the first of the answer
	err    error         // why none came
	wait   time.Duration // Retry-After
	// counts says that the receiver tells how many samples and histograms it has
	// written, so it knows 2.0.
	counts  bool
	written int
}

type verdict int

const (
	accepted verdict = iota
	refused          // for good, for what the samples hold
	later            // for now, or for what the configuration says
)

func (a answer) verdict() verdict {
	switch {
	case a.status/100 == 2:
		return accepted
	case a.status == http.StatusBadRequest, a.status == http.StatusRequestEntityTooLarge,
		a.status == http.StatusUnprocessableEntity, a.status == http.StatusConflict: // Thanos: out of order
		return refused
	}
	return later
}

// broken tells whether what took the request may be gone, with what it had taken
// before.
func (a answer) broken() bool {
	return a.err != nil || a.status == http.StatusBadGateway || a.status == http.StatusGatewayTimeout
}

func (a answer) text() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("http %d: %s", a.status, a.line)
}

// writer sends samples to the engine.
type writer struct {
	cfg    Config
	log    *slog.Logger
	client *http.Client
	stats  stats
	strict bool // a sample that is refused for good is an error, and not passed over

	v1   atomic.Bool // the engine knows only remote write 1.0
	v2   atomic.Bool // it took 2.0
	down atomic.Bool // the last request failed, which was logged
	lost atomic.Bool // a connection broke, which may cost what the engine holds in memory
}

// write sends samples once: by 2.0, or by 1.0 if the engine knows no other. One
// of 1.0 says 415, or 400, or takes an empty request without a word.
func (w *writer) write(ctx context.Context, samples []metric.Sample) answer {
	if w.v1.Load() {
		return w.post(ctx, "application/x-protobuf", "0.1.0", remotewrite.EncodeV1(samples))
	}
	a := w.post(ctx, "application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0", remotewrite.EncodeV2(samples))
	if a.counts {
		w.v2.Store(true)
		return a
	}
	unknown := a.status == http.StatusUnsupportedMediaType || a.verdict() == accepted ||
		a.verdict() == refused && !w.v2.Load()
	if !unknown {
		return a
	}
	a = w.post(ctx, "application/x-protobuf", "0.1.0", remotewrite.EncodeV1(samples))
	if a.verdict() == accepted && !w.v1.Swap(true) {
		w.log.Info("the engine knows remote write 1.0 only: no native histograms", "url", w.cfg.Write)
	}
	return a
}

// maxAnswerBytes bounds what is read of an answer.
const maxAnswerBytes = 16 << 10

func (w *writer) post(ctx context.Context, contentType, version string, m remotewrite.Message) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.writeURL(), bytes.NewReader(snappy.Encode(nil, m)))
	if err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", version)
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil {
		return answer{err: fmt.Errorf("read answer: %w", err)}
	}
	wait, _ := remotewrite.RetryAfter(resp.Header, w.cfg.Now())
	written, counts := writtenBy(resp.Header)
	return answer{status: resp.StatusCode, line: firstLine(body), wait: wait, counts: counts, written: written}
}

// writtenBy returns what a receiver of 2.0 says it wrote.
func writtenBy(h http.Header) (n int, told bool) {
	const prefix = "X-Prometheus-Remote-Write-"
	for _, what := range []string{"Samples-Written", "Histograms-Written"} {
		if v, err := strconv.Atoi(h.Get(prefix + what)); err == nil {
			n, told = n+v, true
		}
	}
	return n, told
}
