package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/client_golang/exp/api/remote"

	"plimsoll/collector/inbound"
	"plimsoll/internal/metric"
	"plimsoll/internal/remotewrite"
	"plimsoll/internal/sender"
)

// httpError is an answer other than 204.
type httpError struct {
	status int
	reason string // for the counter of refused requests
	text   string
}

func (e *httpError) Error() string { return e.text }

// incoming is a request on its way.
type incoming struct {
	w      http.ResponseWriter
	req    *http.Request
	from   sender.Sender
	source string    // his name: "remote write 10.0.0.7"
	now    time.Time // when it came
	v2     bool      // of the message's version
}

// Handler returns the receiver of remote write, to be mounted at /api/v1/write.
func (c *Collector) Handler() http.Handler { return http.HandlerFunc(c.serveWrite) }

func (c *Collector) serveWrite(w http.ResponseWriter, req *http.Request) {
	in := &incoming{w: w, req: req, now: time.Now()}
	in.from = sender.Of(req)
	in.source = sourceName(in.from.Source("remote write"))
	err := c.write(in)
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer := &httpError{http.StatusInternalServerError, "internal", err.Error()}
	_ = errors.As(err, &answer) // write returns nothing else
	c.metrics.requests.WithLabelValues(answer.reason).Inc()
	c.sources.heard(in.source, in.now).blame(answer.text, in.now)
	if answer.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, answer.text, answer.status)
}

// write takes one request: admit, read, decode, put.
func (c *Collector) write(in *incoming) error {
	version, err := negotiate(in.req)
	if err != nil {
		return err
	}
	in.v2 = version == remote.WriteV2MessageType
	if !c.gate.Enter(in.source) {
		return &httpError{http.StatusServiceUnavailable, "busy", "too many requests at a time"}
	}
	defer c.gate.Leave(in.source)
	body, err := c.read(in)
	if err != nil {
		return err
	}
	turn := c.streams.enter(in.req, in.now)
	defer turn.leave()
	r := request{
		cfg: &c.cfg, limits: c.cfg.Limits.For(in.source), types: &c.types,
		write: in.from.Write, turn: turn, known: turn.known(), cumulatives: &c.cumulatives,
	}
	r.ahead = metric.Millis(in.now.Add(r.limits.MaxAhead))
	if err := r.decode(body, in.v2); err != nil {
		return &httpError{http.StatusBadRequest, "malformed", err.Error()}
	}
	if wait := c.sources.heard(in.source, in.now).wait(len(r.samples), in.now); wait > 0 {
		over := inbound.OverRate(wait)
		over.RetryAfter(in.w.Header())
		return &httpError{over.Status, over.Reason, over.Text}
	}
	refused, err := c.store(in, &r)
	if err != nil {
		return err
	}
	turn.taken(r.seen, r.newest)
	if refused == nil {
		return nil
	}
	in.w.Header().Set(remotewrite.RefusedHeader, remotewrite.FormatRefused(refused.Reasons))
	return &httpError{http.StatusBadRequest, "samples refused", refused.Error()}
}

// negotiate returns the version of the message.
func negotiate(req *http.Request) (remote.WriteMessageType, error) {
	if req.Method != http.MethodPost {
		return "", &httpError{http.StatusMethodNotAllowed, "method", "remote write is a POST"}
	}
	if enc := req.Header.Get("Content-Encoding"); enc != "" && enc != string(remote.SnappyBlockCompression) {
		return "", &httpError{http.StatusUnsupportedMediaType, "encoding", fmt.Sprintf("content encoding %q is not snappy", enc)}
	}
	contentType := req.Header.Get("Content-Type")
	if contentType == "" {
		return remote.WriteV1MessageType, nil
	}
	version, err := remote.ParseProtoMsg(contentType)
	if err != nil {
		return "", &httpError{http.StatusUnsupportedMediaType, "content type", err.Error()}
	}
	return version, nil
}

// read returns the unpacked body.
func (c *Collector) read(in *incoming) ([]byte, error) {
	// Not every ResponseWriter has deadlines; the server's own still holds. One
	// that passed while the samples are put would end the request's context.
	connection := http.NewResponseController(in.w)
	_ = connection.SetReadDeadline(in.now.Add(c.cfg.RequestTimeout))
	defer func() { _ = connection.SetReadDeadline(time.Time{}) }()
	packed, err := io.ReadAll(http.MaxBytesReader(in.w, in.req.Body, int64(c.cfg.MaxBodyBytes)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &httpError{
			http.StatusRequestEntityTooLarge, "too large",
			fmt.Sprintf("body exceeds %d bytes", c.cfg.MaxBodyBytes),
		}
	case err != nil:
		return nil, &httpError{http.StatusBadRequest, "cut off", fmt.Sprintf("read body: %v", err)}
	}
	size, err := snappy.DecodedLen(packed)
	if err == nil && size > c.cfg.MaxDecodedBytes {
		return nil, &httpError{
			http.StatusRequestEntityTooLarge, "too large",
			fmt.Sprintf("body unpacks to %d bytes, more than %d", size, c.cfg.MaxDecodedBytes),
		}
	}
	if err == nil {
		packed, err = snappy.Decode(nil, packed)
	}
	if err != nil {
		return nil, &httpError{http.StatusBadRequest, "malformed", fmt.Sprintf("unpack body: %v", err)}
	}
	return packed, nil
}

// store puts what was decoded and says in the header what was written.
func (c *Collector) store(in *incoming, r *request) (*metric.RefusedError, error) {
	ctx, cancel := context.WithTimeout(in.req.Context(), c.cfg.RequestTimeout)
	defer cancel()
	written, refused, err := sourceSink{c, in.source, in.from.Write}.put(ctx, r.samples, r.refused)
	if err != nil {
		return nil, &httpError{http.StatusServiceUnavailable, "unavailable", fmt.Sprintf("put samples: %v", err)}
	}
	c.cumulatives.keep(r.pending, in.source)
	if in.v2 {
		timings := 0
		for i := range r.samples {
			if r.samples[i].Kind == metric.Timing {
				timings++
			}
		}
		// Of what was refused after the decoding nobody says which kind it was.
		timings = min(timings, written)
		h := in.w.Header()
		h.Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(written-timings+r.passed))
		h.Set("X-Prometheus-Remote-Write-Histograms-Written", strconv.Itoa(timings+r.based))
		h.Set("X-Prometheus-Remote-Write-Exemplars-Written", "0")
	}
	return refused, nil
}
