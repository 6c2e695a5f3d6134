package otlp

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/collector/inbound"
	"plimsoll/internal/metric"
	"plimsoll/internal/sender"
)

// Receiver answers POST /v1/metrics.
type Receiver struct {
	cfg    Config
	gate   *inbound.Gate
	totals *totals
	points *prometheus.CounterVec
	failed *prometheus.CounterVec
}

// New returns a Receiver.
func New(cfg Config) (*Receiver, error) {
	if err := errors.Join(cfg.Validate(), cfg.wired()); err != nil {
		return nil, err
	}
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "plimsoll_otlp_" + name, Help: help}
	}
	r := &Receiver{
		cfg: cfg, gate: inbound.NewGate(cfg.MaxRequests), totals: newTotals(cfg.MaxSeries),
		points: prometheus.NewCounterVec(opts("points_total", "Data points received by OTLP."), []string{"encoding"}),
		failed: prometheus.NewCounterVec(opts("failed_requests_total", "Requests of OTLP that were not answered by success."), []string{"reason"}),
	}
	if cfg.Registerer == nil {
		return r, nil
	}
	kept := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "plimsoll_otlp_totals", Help: "Series of deltas and cumulative exponential histograms that are remembered.",
	}, func() float64 { return float64(r.totals.len()) })
	return r, errors.Join(cfg.Registerer.Register(r.points), cfg.Registerer.Register(r.failed), cfg.Registerer.Register(kept))
}

// ServeHTTP implements http.Handler.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	speaks, err := encodingOf(req)
	if err == nil {
		var b *batch
		if b, err = r.receive(w, req, speaks); err == nil {
			speaks.accept(w, b)
			return
		}
	}
	answer := &inbound.Error{Status: http.StatusInternalServerError, Reason: "internal", Text: err.Error()}
	_ = errors.As(err, &answer) // receive returns nothing else
	r.failed.WithLabelValues(answer.Reason).Inc()
	speaks.fail(w, answer)
}

// encodingOf returns what the sender speaks, and is answered in.
func encodingOf(req *http.Request) (encoding, error) {
	if req.Method != http.MethodPost {
		return protobufEncoding, &inbound.Error{Status: http.StatusMethodNotAllowed, Reason: "method", Text: "OTLP is a POST"}
	}
	given := req.Header.Get("Content-Type")
	switch contentType, _, _ := mime.ParseMediaType(given); contentType {
	case string(protobufEncoding):
		return protobufEncoding, nil
	case string(jsonEncoding):
		return jsonEncoding, nil
	}
	return protobufEncoding, &inbound.Error{
		Status: http.StatusUnsupportedMediaType, Reason: "content type",
		Text: fmt.Sprintf("content type %q is neither %s nor %s", given, protobufEncoding, jsonEncoding),
	}
}

// receive takes one request: admit, read, convert, put.
func (r *Receiver) receive(w http.ResponseWriter, req *http.Request, speaks encoding) (*batch, error) {
	source := r.cfg.SourceOf(req)
	if !r.gate.Enter(source) {
		return nil, inbound.Busy()
	}
	defer r.gate.Leave(source)
	limits := inbound.Limits{BodyBytes: r.cfg.MaxBodyBytes, DecodedBytes: r.cfg.MaxDecodedBytes, Timeout: r.cfg.RequestTimeout}
	read := readProto
	if speaks == jsonEncoding {
		limits.BodyBytes, limits.DecodedBytes, read = limits.BodyBytes/8, limits.DecodedBytes/8, readJSON
	}
	body, err := inbound.Read(w, req, limits, r.cfg.Now())
	if err != nil {
		return nil, err
	}
	b := newBatch(&r.cfg, r.totals, sender.Of(req).Write)
	if err := read(body, b); err != nil {
		r.totals.forget(b.samples) // it is not known what of them the sender has again
		return nil, &inbound.Error{Status: http.StatusBadRequest, Reason: "malformed", Text: err.Error()}
	}
	r.points.WithLabelValues(string(speaks)).Add(float64(b.points))
	return b, r.put(req, b)
}

// put puts the samples of a request. What is refused is counted by the sink, with
// the sender.
func (r *Receiver) put(req *http.Request, b *batch) error {
	ctx, cancel := context.WithTimeout(req.Context(), r.cfg.RequestTimeout)
	defer cancel()
	sink := r.cfg.SinkOf(req)
	if source, is := sink.(interface{ Wait(int) time.Duration }); is {
		if wait := source.Wait(len(b.samples)); wait > 0 {
			r.totals.forget(b.samples)
			return inbound.OverRate(wait)
		}
	}
	if source, is := sink.(interface{ Refused(*metric.RefusedError) }); is {
		source.Refused(b.refused)
	}
	var refused *metric.RefusedError
	err := sink.Put(ctx, b.samples)
	if err != nil && !errors.As(err, &refused) {
		r.totals.forget(b.samples)
		return &inbound.Error{Status: http.StatusServiceUnavailable, Reason: "unavailable", Text: fmt.Sprintf("put samples: %v", err), Wait: time.Second}
	}
	r.totals.keep(b.next)
	b.refused = b.refused.With(refused)
	return nil
}
