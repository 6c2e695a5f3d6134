package alerting

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/alerting/ledger"
)

// metrics are what the engine says of itself.
type metrics struct {
	looks        *prometheus.CounterVec
	lookErrors   *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	missed       prometheus.Counter
	messages     *prometheus.CounterVec
	templates    *prometheus.CounterVec
	heartbeats   *prometheus.CounterVec
	charts       *prometheus.CounterVec
	repeatErrors *prometheus.CounterVec
	unreached    *prometheus.GaugeVec
	commitErrors prometheus.Counter
	putErrors    prometheus.Counter
	damaged      prometheus.Counter
	unshown      prometheus.Counter
	taken        *prometheus.CounterVec
	refused      *prometheus.CounterVec
	orders       *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "plimsoll_alerting_" + name, Help: help})
	}
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "plimsoll_alerting_" + name, Help: help}, labels)
	}
	return &metrics{
		looks:      vec("looks_total", "Probes of checks and evaluations of rules.", "kind"),
		lookErrors: vec("look_errors_total", "Looks without a verdict: queries that failed.", "kind"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "plimsoll_alerting_look_duration_seconds", Help: "How long a look took.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}, []string{"kind"}),
		missed:       counter("looks_missed_total", "Turns missed because the look before had not ended."),
		messages:     vec("messages_total", "Attempts to send a message, by what came of them.", "channel", "result"),
		templates:    vec("template_errors_total", "Messages in the built-in words because a template failed.", "contact"),
		repeatErrors: vec("repeat_errors_total", "Times that what is active was not repeated to an Alertmanager.", "contact"),
		charts:       vec("charts_total", "Charts for messages, by what came of them.", "result"),
		heartbeats:   vec("heartbeats_total", "Heartbeats, by what came of them.", "result"),
		unreached: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "plimsoll_alerting_contact_unreached", Help: "1 while a channel of a contact takes no messages.",
		}, []string{"contact", "channel"}),
		commitErrors: counter("store_errors_total", "States and results that could not be stored, and are tried again."),
		putErrors:    counter("probe_sample_errors_total", "Results of checks that could not be stored as series."),
		damaged:      counter("damaged_databases_total", "Databases set aside because they could not be read."),
		unshown:      counter("alert_series_refused_total", "Evaluations of rules whose alerts were not shown as series, for there are too many."),
		taken:        vec("received_total", "Events and results of passive checks that others sent.", "what"),
		orders:       vec("handler_orders_total", "Orders of event handlers, by what came of them.", "handler", "result"),
		refused:      vec("refused_total", "Events and results of passive checks that were not taken, by reason.", "what", "reason"),
	}
}

// register offers the metrics to r; queued counts the messages that wait, and
// passive the passive checks.
func (m *metrics) register(r prometheus.Registerer, queued, passive func() float64) {
	if r != nil {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_alerting_passive_checks", Help: "Passive checks that are known.",
		}, passive), m.taken, m.refused, m.orders)
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_alerting_queued_messages", Help: "Messages that are still to be sent; NaN: cannot tell.",
		}, queued))
		r.MustRegister(m.looks, m.lookErrors, m.duration, m.missed, m.messages, m.templates, m.repeatErrors, m.charts, m.heartbeats, m.unreached, m.commitErrors, m.putErrors, m.damaged, m.unshown)
	}
}

func (m *metrics) looked(u *unit, f finding) {
	kind := "check"
	if u.rule != nil {
		kind = "rule"
	}
	m.looks.WithLabelValues(kind).Inc()
	m.duration.WithLabelValues(kind).Observe(f.took.Seconds())
	if f.err != nil {
		m.lookErrors.WithLabelValues(kind).Inc()
	}
}

func (m *metrics) recorded(took time.Duration, err error) {
	m.looks.WithLabelValues("recording").Inc()
	m.duration.WithLabelValues("recording").Observe(took.Seconds())
	if err != nil {
		m.lookErrors.WithLabelValues("recording").Inc()
	}
}

func (m *metrics) sent(d ledger.Delivery, result string) {
	m.messages.WithLabelValues(channelOf(d.To), result).Inc()
}
