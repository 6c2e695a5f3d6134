package collector

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/client_golang/exp/api/remote"

	"plimsoll/internal/metric"
)

// httpError is an answer other than 204.
type httpError struct {
	status int
	reason string // for the counter of refused requests
	text   string
}

func (e *httpError) Error() string { return e.text }

// Handler returns the receiver of remote write, to be mounted at /api/v1/write.
func (c *Collector) Handler() http.Handler { return http.HandlerFunc(c.serveWrite) }

func (c *Collector) serveWrite(w http.ResponseWriter, req *http.Request) {
	source, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		source = req.RemoteAddr
	}
	err = c.write(w, req, source)
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer := &httpError{http.StatusInternalServerError, "internal", err.Error()}
	_ = errors.As(err, &answer) // write returns nothing else
	c.metrics.requests.WithLabelValues(answer.reason).Inc()
	c.senders.blame(source, answer.text, time.Now())
	if answer.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	http.Error(w, answer.text, answer.status)
}

// write takes one request: admit, read, decode, put.
func (c *Collector) write(w http.ResponseWriter, req *http.Request, source string) error {
	version, err := negotiate(req)
	if err != nil {
		return err
	}
	if !c.gate.enter(source) {
		return &httpError{http.StatusServiceUnavailable, "busy", "too many requests at a time"}
	}
	defer c.gate.leave(source)
	body, err := c.read(w, req)
	if err != nil {
		return err
	}
	v2 := version == remote.WriteV2MessageType
	r := request{cfg: &c.cfg, types: &c.types}
	if err := r.decode(body, v2); err != nil {
		return &httpError{http.StatusBadRequest, "malformed", err.Error()}
	}
	return c.store(w, req, &r, v2, source)
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
func (c *Collector) read(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	// Not every ResponseWriter has deadlines; the server's own still holds.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(c.cfg.RequestTimeout))
	packed, err := io.ReadAll(http.MaxBytesReader(w, req.Body, int64(c.cfg.MaxBodyBytes)))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &httpError{http.StatusRequestEntityTooLarge, "too large",
			fmt.Sprintf("body exceeds %d bytes", c.cfg.MaxBodyBytes)}
	case err != nil:
		return nil, &httpError{http.StatusBadRequest, "cut off", fmt.Sprintf("read body: %v", err)}
	}
	size, err := snappy.DecodedLen(packed)
	if err == nil && size > c.cfg.MaxDecodedBytes {
		return nil, &httpError{http.StatusRequestEntityTooLarge, "too large",
			fmt.Sprintf("body unpacks to %d bytes, more than %d", size, c.cfg.MaxDecodedBytes)}
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
func (c *Collector) store(w http.ResponseWriter, req *http.Request, r *request, v2 bool, source string) error {
	ctx, cancel := context.WithTimeout(req.Context(), c.cfg.RequestTimeout)
	defer cancel()
	var refused *metric.RefusedError
	if len(r.samples) > 0 {
		if err := c.Put(ctx, r.samples); err != nil && !errors.As(err, &refused) {
			return &httpError{http.StatusServiceUnavailable, "unavailable", fmt.Sprintf("put samples: %v", err)}
		}
	}
	written := len(r.samples) - count(refused)
	c.metrics.samples.Add(float64(written))
	c.senders.credit(source, r.samples, written, time.Now())
	if v2 {
		w.Header().Set("X-Prometheus-Remote-Write-Samples-Written", strconv.Itoa(written))
		w.Header().Set("X-Prometheus-Remote-Write-Histograms-Written", "0")
		w.Header().Set("X-Prometheus-Remote-Write-Exemplars-Written", "0")
	}
	text := c.account(source, r.refused) + c.account(source, refused)
	if text == "" {
		return nil
	}
	return &httpError{http.StatusBadRequest, "samples refused", text}
}

func count(refused *metric.RefusedError) int {
	if refused == nil {
		return 0
	}
	return refused.Count()
}

// account counts refused samples and returns the sentence about them.
func (c *Collector) account(source string, refused *metric.RefusedError) string {
	if count(refused) == 0 {
		return ""
	}
	c.senders.refuse(source, refused)
	for reason, n := range refused.Reasons {
		c.metrics.refused.WithLabelValues(reason).Add(float64(n))
	}
	return refused.Error() + "\n"
}
