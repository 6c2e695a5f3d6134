package dashboard

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// gauges are the service's own metrics about HTTP.
type gauges struct {
	requests  *prometheus.CounterVec
	duration  *prometheus.HistogramVec
	refused   *prometheus.CounterVec
	panics    prometheus.Counter
	liveConns prometheus.Gauge
	liveExprs prometheus.Gauge
	liveRound prometheus.Histogram
	liveFails *prometheus.CounterVec
	frames    prometheus.Counter
	skipped   prometheus.Counter
	noPast    *prometheus.CounterVec
}

func newGauges(reg prometheus.Registerer) (*gauges, error) {
	g := &gauges{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_http_requests_total",
			Help: "HTTP requests by route and status code.",
		}, []string{"route", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "plimsoll_http_request_duration_seconds",
			Help: "Time to answer HTTP requests, without websockets.", Buckets: []float64{.001, .005, .025, .1, .5, 2.5, 10, 60},
		}, []string{"route"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_http_refused_total",
			Help: "HTTP requests refused by access control, by reason.",
		}, []string{"reason"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plimsoll_http_panics_total",
			Help: "Panics while answering HTTP requests or live expressions.",
		}),
		liveConns: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plimsoll_dashboard_live_connections",
			Help: "Open live websockets.",
		}),
		liveExprs: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "plimsoll_dashboard_live_expressions",
			Help: "Distinct expressions evaluated each second.",
		}),
		liveRound: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plimsoll_dashboard_live_round_seconds",
			Help: "Time to evaluate all live expressions once.", Buckets: []float64{.001, .005, .025, .1, .25, .5, .8, 1},
		}),
		liveFails: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_dashboard_live_failures_total",
			Help: "Live expressions that gave no value in a round, by reason.",
		}, []string{"reason"}),
		frames: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plimsoll_dashboard_live_frames_total",
			Help: "Frames written to live websockets.",
		}),
		skipped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "plimsoll_dashboard_live_skipped_rounds_total",
			Help: "Rounds that a slow live websocket did not get.",
		}),
		noPast: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_dashboard_live_missing_pasts_total",
			Help: "New live expressions that were not told their last minutes, by reason.",
		}, []string{"reason"}),
	}
	if reg == nil {
		return g, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		g.requests, g.duration, g.refused, g.panics, g.liveConns,
		g.liveExprs, g.liveRound, g.liveFails, g.frames, g.skipped, g.noPast,
	} {
		errs = append(errs, reg.Register(c))
	}
	return g, errors.Join(errs...)
}

// observe counts, times and audits requests, and turns a panic into an answer and a
// report, so that one bad request ends nothing but itself.
type observe struct {
	next   *guard
	audit  *audit
	gauges *gauges
	report func(error)
	now    func() time.Time
}

func (o *observe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	route := o.next.pattern(r)
	if route == "" {
		route = "none"
	}
	rec := &recorder{ResponseWriter: w}
	began, told := o.now(), o.audit.watch(r, route)
	defer func() {
		if v := recover(); v != nil {
			o.recovered(rec, route, v)
		}
		told(rec.status())
		o.gauges.requests.WithLabelValues(route, strconv.Itoa(rec.status())).Inc()
		if rec.code != http.StatusSwitchingProtocols {
			o.gauges.duration.WithLabelValues(route).Observe(o.now().Sub(began).Seconds())
		}
	}()
	o.next.ServeHTTP(rec, r)
}

// recovered deals with the panic v. One with ErrAbortHandler is how a handler
// breaks off an answer; net/http expects to see it.
func (o *observe) recovered(rec *recorder, route string, v any) {
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	o.gauges.panics.Inc()
	o.report(fmt.Errorf("panic in %s: %v\n%s", route, v, debug.Stack()))
	if rec.code != 0 {
		panic(http.ErrAbortHandler) // the answer is half written: break the connection
	}
	writeError(rec, http.StatusInternalServerError, "internal", "internal error; it was reported")
}

// recorder keeps the status code that was sent.
type recorder struct {
	http.ResponseWriter
	code int
}

func (r *recorder) status() int {
	if r.code == 0 {
		return http.StatusOK
	}
	return r.code
}

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Hijack gives the connection to a websocket.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buf, err := http.NewResponseController(r.ResponseWriter).Hijack()
	if err == nil {
		r.code = http.StatusSwitchingProtocols
	}
	return conn, buf, err
}

// Unwrap lets http.ResponseController reach the deadlines of the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
