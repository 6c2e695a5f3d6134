package snmp

import (
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// row is what is kept of a row of a table, or of the scalars, from poll to poll:
// the labels of its series and the totals of its counters of 32 bits.
type row struct {
	names   string // of the labels, to see a change
	series  []labels.Labels
	slow    []labels.Labels
	info    labels.Labels
	narrow  []narrow
	seen    int // the poll that saw it last
	octets  float64
	packets float64
	sign    sign
}

// batch collects the samples of one poll.
type batch struct {
	samples []metric.Sample
}

func (b *batch) gauge(l labels.Labels, at time.Time, v float64) {
	b.samples = append(b.samples, metric.Sample{Labels: l, At: metric.Millis(at), Value: v})
}

// value adds the sample of one value of an object, whose place in r is i. A
// counter of 64 bits goes as it is; one of 32 as a total with its start.
func (b *batch) value(o object, l labels.Labels, r *row, i int, v value, at time.Time) {
	counts := o.counts || (v.class == counter32 || v.class == counter64) && !o.gauge
	if !counts {
		f, ok := v.float()
		if !ok {
			return
		}
		if o.scale != 0 {
			f *= o.scale
		}
		b.gauge(l, at, f)
		return
	}
	n, bits, ok := v.count()
	if !ok {
		return
	}
	s := metric.Sample{Labels: l, Kind: metric.Counter, At: metric.Millis(at), Value: float64(n)}
	if bits == 32 {
		total, start := r.narrow[i].advance(uint32(n), s.At, r.sign, r.fastest(o.metric))
		s.Value, s.Start = float64(total), start
	}
	b.samples = append(b.samples, s)
}

// bitsOfPacket is what the shortest packet takes of a line of Ethernet: 64 bytes,
// preamble and gap.
const bitsOfPacket = 672

// setSpeed takes a line's speed in bits per second; 0: not known.
func (r *row) setSpeed(bits float64) { r.octets, r.packets = bits/8, bits/bitsOfPacket }

// fastest is what a counter of a line can count in a second; 0: not known.
func (r *row) fastest(name string) float64 {
	if strings.HasSuffix(name, "Octets") {
		return r.octets
	}
	return r.packets
}

// ownLabels are those of a series that a device has one of.
func (d *device) ownLabels(name string) labels.Labels {
	l, made := d.own[name]
	if !made {
		l = d.labelsFor(name)
		d.own[name] = l
	}
	return l
}

// labelsFor makes the labels of a series of the device.
func (d *device) labelsFor(name string, pairs ...string) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	for k, v := range d.cfg.Labels {
		b.Set(k, v)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		b.Set(pairs[i], pairs[i+1])
	}
	b.Set(metric.NameLabel, name)
	b.Set("instance", d.name)
	b.Set("job", d.job)
	return b.Labels()
}
