package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang/snappy"

	"plimsoll/internal/remotewrite"
)

// maxAnswerBytes bounds what is read of a receiver's answer.
const maxAnswerBytes = 16 << 10

// version of the protocol.
type version struct{ contentType, number string }

func v2() version {
	return version{"application/x-protobuf;proto=io.prometheus.write.v2.Request", "2.0.0"}
}

func v1() version {
	return version{"application/x-protobuf;proto=prometheus.WriteRequest", "0.1.0"}
}

// answer is how a receiver answered a request.
type answer struct {
	err     error          // there was none
	status  int            // 0: none
	text    string         // what it said
	wait    time.Duration  // what it asked for, -1: nothing
	counts  bool           // it told how many it wrote
	written int            // samples and histograms
	refused map[string]int // by reason, if it told
}

type verdict uint8

const (
	again    verdict = iota // later
	accepted                // for good
	refused                 // for good, in part or in whole
)

// verdict says what is to be done about an answer. 401, 403, 404 and redirects
// are faults of the configuration, not of the samples.
func (a answer) verdict() verdict {
	switch {
	case a.err != nil:
		return again
	case a.status/100 == 2:
		return accepted
	case a.status == http.StatusBadRequest, a.status == http.StatusRequestEntityTooLarge,
		a.status == http.StatusUnprocessableEntity:
		return refused
	}
	return again
}

func (a answer) Error() string {
	if a.err != nil {
		return a.err.Error()
	}
	return fmt.Sprintf("answer %d: %.300s", a.status, a.text)
}

// post sends one message and returns how it was answered.
func (s *Sink) post(ctx context.Context, url string, v version, packed []byte, b Batch) answer {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(url, "/")+"/api/v1/write", bytes.NewReader(packed))
	if err != nil {
		return answer{err: err}
	}
	if err := s.cfg.Authorize(req); err != nil {
		return answer{err: err}
	}
	req.Header.Set("Content-Type", v.contentType)
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", v.number)
	if b.Stream != "" && v == v2() { // 1.0 leaves samples out: their numbers would not be right
		req.Header.Set(remotewrite.StreamHeader, b.Stream)
		req.Header.Set(remotewrite.FirstHeader, strconv.FormatUint(b.First, 10))
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
	if err != nil { // an answer cut off is no answer
		return answer{err: fmt.Errorf("read answer: %w", err)}
	}
	return readAnswer(resp, body, s.cfg.Now())
}

func readAnswer(resp *http.Response, body []byte, now time.Time) answer {
	a := answer{status: resp.StatusCode, text: strings.TrimSpace(string(body)), wait: -1}
	if a.status/100 == 2 && strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		a.err = errStranger
	}
	if wait, told := remotewrite.RetryAfter(resp.Header, now); told {
		a.wait = wait
	}
	for _, what := range [...]string{"Samples", "Histograms"} {
		if n, err := strconv.Atoi(resp.Header.Get("X-Prometheus-Remote-Write-" + what + "-Written")); err == nil && n >= 0 && n <= math.MaxInt32 {
			a.counts = true
			a.written += n
		}
	}
	a.refused = remotewrite.ParseRefused(resp.Header.Get(remotewrite.RefusedHeader))
	return a
}

// probe asks a receiver to take nothing.
func (s *Sink) probe(ctx context.Context, r *receiver) bool {
	ctx, cancel := context.WithTimeout(ctx, min(s.cfg.Timeout, probeTimeout))
	defer cancel()
	a := s.post(ctx, r.url, v2(), snappy.Encode(nil, remotewrite.EncodeV2(nil)), Batch{})
	return a.err == nil && (a.status/100 == 2 || a.status == http.StatusUnsupportedMediaType)
}

// probeTimeout bounds a probe, during which nothing is sent.
const probeTimeout = 2 * time.Second
