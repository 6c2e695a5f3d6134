package counterd

import "github.com/prometheus/client_golang/prometheus"

// collector shows Stats as the daemon's own metrics.
type collector struct{ server *Server }

const ownPrefix = "plimsoll_counterd_"

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(ownPrefix+name, help, labels, nil)
}

// The descriptions never change.
var (
	descDatagrams = desc("datagrams_total", "Datagrams received.")
	descLines     = desc("lines_total", "Lines received, empty ones apart.")
	descParsed    = desc("parsed_lines_total", "Lines that were counted.")
	descBad       = desc("bad_lines_total", "Lines that were refused, by reason.", "reason")
	descIgnored   = desc("ignored_fields_total", "Origin fields of good lines that were skipped.")
	descKernel    = desc("kernel_drops_total", "Datagrams that the kernel dropped for want of socket buffer.")
	descDelivered = desc("delivered_samples_total", "Samples that the store accepted.")
	descRefused   = desc("refused_samples_total", "Samples that the store refused for good.")
	descDropped   = desc("dropped_samples_total", "Samples lost because a queue was full, by queue.", "queue")
	descErrors    = desc("sink_errors_total", "Deliveries that failed and were tried again.")
	descWaiting   = desc("waiting_samples", "Samples that wait for the store.")
	descSeries    = desc("series", "Series that are alive.")
)

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		descDatagrams, descLines, descParsed, descBad, descIgnored, descKernel,
		descDelivered, descRefused, descDropped, descErrors, descWaiting, descSeries,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	st := c.server.Stats()
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	count(descDatagrams, st.Received)
	count(descLines, st.Lines)
	count(descParsed, st.Parsed)
	count(descIgnored, st.Ignored)
	count(descKernel, st.KernelDrops)
	count(descDelivered, st.Delivered)
	count(descRefused, st.Refused)
	count(descErrors, st.SinkErrors)
	for reason, n := range st.Bad {
		count(descBad, n, reason)
	}
	for queue, n := range st.Dropped {
		count(descDropped, n, queue)
	}
	ch <- prometheus.MustNewConstMetric(descWaiting, prometheus.GaugeValue, float64(st.Waiting))
	ch <- prometheus.MustNewConstMetric(descSeries, prometheus.GaugeValue, float64(st.Series))
}
