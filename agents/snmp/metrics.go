package snmp

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
)

// metrics are the Poller's own.
type metrics struct {
	polls            *prometheus.CounterVec
	skipped, dropped prometheus.Counter
	late             prometheus.Histogram
	strays, inFlight prometheus.Collector
	putErrors, asked prometheus.Counter
	refused          *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, p *Poller) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_snmp_polls_total", Help: "Polls of devices by how they went: complete, partial, failed.",
		}, []string{"result"}),
		skipped:   counter("plimsoll_snmp_skipped_polls_total", "Polls that found no room before it was too late for them."),
		dropped:   counter("plimsoll_snmp_dropped_samples_total", "Samples dropped because the sink did not take them in time."),
		putErrors: counter("plimsoll_snmp_put_errors_total", "Puts of samples that failed and are tried again with the next poll."),
		asked:     counter("plimsoll_snmp_asked_polls_total", "Polls made at once because a trap or a person asked for them."),
		late: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "plimsoll_snmp_poll_lateness_seconds", Help: "How long after its instant a poll began.",
			Buckets: []float64{.001, .005, .01, .05, .1, .5, 1, 2, 5},
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "plimsoll_snmp_refused_samples_total", Help: "Samples that the sink refused for good.",
		}, []string{"reason"}),
		strays: prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "plimsoll_snmp_stray_answers_total", Help: "Datagrams that answered no request that was waiting: late ones, most of all.",
		}, func() float64 { return float64(p.exchange.strays.Load()) }),
		inFlight: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "plimsoll_snmp_polls_in_flight", Help: "Polls under way.",
		}, func() float64 { return float64(len(p.room) + len(p.doubtful)) }),
	}
	if reg == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.polls, m.skipped, m.dropped, m.putErrors, m.asked, m.late, m.refused, m.strays, m.inFlight} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *metrics) refuse(e *metric.RefusedError) {
	for reason, n := range e.Reasons {
		m.refused.WithLabelValues(reason).Add(float64(n))
	}
}

// Meta describes the series that a Poller makes besides those that are named
// after an object of a MIB.
func Meta() []metric.Meta {
	gauge := func(name, unit, help string) metric.Meta {
		return metric.Meta{Name: name, Type: "gauge", Unit: unit, Help: help}
	}
	return []metric.Meta{
		gauge("sysUpTime", "", "Hundredths of a second since what answers for the device began."),
		gauge("snmp_interface_info", "", "Index, description and alias of an interface, as labels."),
		gauge("snmp_scrape_duration_seconds", "seconds", "How long the poll of a device took."),
		gauge("snmp_scrape_walk_duration_seconds", "seconds", "How long the device took to answer all requests of a poll."),
		gauge("snmp_scrape_packets_sent", "", "Requests of a poll, without those that were sent again."),
		gauge("snmp_scrape_packets_retried", "", "Requests of a poll that were sent again."),
		gauge("snmp_scrape_pdus_returned", "", "Values that a device returned in a poll."),
		gauge("plimsoll_snmp_poll_complete", "", "Whether the last poll got all that it asked for (1) or not (0)."),
		gauge("plimsoll_snmp_last_success_timestamp_seconds", "seconds", "When a poll last got all that it asked for."),
		gauge("ifOperStatus", "", "State of an interface: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 not present, 7 lower layer down."),
		gauge("ifAdminStatus", "", "State that an interface is wanted in: 1 up, 2 down, 3 testing."),
		gauge("ifHighSpeed", "", "Speed of an interface in millions of bits per second."),
		{Name: "ifHCInOctets", Type: "counter", Help: "Bytes received by an interface, of 64 bits."},
		{Name: "ifHCOutOctets", Type: "counter", Help: "Bytes sent by an interface, of 64 bits."},
		{Name: "ifInOctets", Type: "counter", Help: "Bytes received by an interface that counts with 32 bits, since its first poll."},
		{Name: "ifOutOctets", Type: "counter", Help: "Bytes sent by an interface that counts with 32 bits, since its first poll."},
		{Name: "ifInErrors", Type: "counter", Help: "Packets that could not be delivered because of errors, since the first poll."},
		{Name: "ifOutErrors", Type: "counter", Help: "Packets that could not be sent because of errors, since the first poll."},
		gauge("hrStorageUsed", "", "Allocation units in use, of hrStorageAllocationUnits bytes each."),
		gauge("hrProcessorLoad", "", "Percent of the last minute that a processor was not idle."),
		gauge("laLoadFloat", "", "Load average, by the name of its window."),
		gauge("entPhySensorValue", "", "Reading of a sensor in its unit, scale and precision applied."),
	}
}
