// Package metric is the vocabulary that all of Plimsoll speaks: the sample, the
// two ports that everything hangs on, and the record of an alert. It imports no
// package of the product but sketch, and every package may import it.
//
//	   agents ─┐                                ┌─ dashboard
//	 counterd ─┼─► Sink.Put ─► store ─► Querier ─┼─ alerting
//	collector ─┘                                └─ capacity
//
// Whatever measures, counts or predicts produces samples into a Sink; whatever
// judges or draws asks a Querier in PromQL. Neither side knows the other.
//
// Series are named as Prometheus and its exporters name them: base units and
// the suffixes _seconds, _bytes, _ratio; counters end in _total, _sum or _count.
package metric
