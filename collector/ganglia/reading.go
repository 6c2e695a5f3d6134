package ganglia

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"

	"plimsoll/collector/ganglia/xdr"
	"plimsoll/internal/metric"
)

// job is the label of all series that come by Ganglia.
const job = "ganglia"

// defaultTMAX is gmetric's.
const defaultTMAX = 60 * time.Second

// reading is what is known of one metric of a host. Its table's mutex guards it.
type reading struct {
	name      string // as it was sent
	info      xdr.Info
	described bool // info is known

	text    string // the value as XML has it; valid if heard is set
	number  float64
	numeric bool
	heard   time.Time
	asked   time.Time // when metadata was last asked for

	labels labels.Labels // empty: it makes no series, or not yet
	kind   metric.Kind
	lastAt int64 // of its last sample; 0: there was none
	stale  bool  // that was a marker
}

// isText says whether the values are no numbers.
func (r *reading) isText() bool { return r.info.Type == "string" }

// tmax is how often a value is to come.
func (r *reading) tmax() time.Duration {
	if r.info.TMAX == 0 {
		return defaultTMAX
	}
	return seconds(r.info.TMAX)
}

// dmax is the silence after which the metric goes; 0: never.
func (r *reading) dmax() time.Duration { return seconds(r.info.DMAX) }

// life is how long a value holds.
func (r *reading) life() time.Duration {
	if d := r.dmax(); d > 0 {
		return min(d, 4*r.tmax())
	}
	return 4 * r.tmax()
}

// seconds reads a number of seconds; more than a century is a century.
func seconds(n uint32) time.Duration {
	const century = 100 * 365 * 24 * 3600
	return time.Duration(min(n, century)) * time.Second
}

// set takes a value.
func (r *reading) set(text string, at time.Time) {
	r.text, r.heard = text, at
	n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	r.number, r.numeric = n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// setPacket takes the value of a packet.
func (r *reading) setPacket(p *xdr.Packet, at time.Time) {
	r.set(p.Print(), at)
	if p.ID != xdr.String {
		n := p.Value.Number
		r.number, r.numeric = n, !math.IsNaN(n) && !math.IsInf(n, 0)
	}
}

// describe takes metadata, and says whether anything is new.
func (r *reading) describe(i xdr.Info) bool {
	if r.described && same(r.info, i) {
		return false
	}
	r.info, r.described = i, true
	r.kind = metric.Gauge
	if i.Slope == xdr.Positive || i.Slope == xdr.Derivative {
		r.kind = metric.Counter
	}
	return true
}

func same(a, b xdr.Info) bool {
	if a.Type != b.Type || a.Units != b.Units || a.Slope != b.Slope || a.TMAX != b.TMAX || a.DMAX != b.DMAX || len(a.Extra) != len(b.Extra) {
		return false
	}
	for i := range a.Extra {
		if a.Extra[i] != b.Extra[i] {
			return false
		}
	}
	return true
}

// relabel makes the labels of the series.
func (r *reading) relabel(instance, clusterName string) {
	set := map[string]string{
		metric.NameLabel: seriesName(r.name), "instance": instance, "job": job,
		"cluster": clusterName, "group": r.group(),
	}
	if c := r.info.Get("CLUSTER"); c != "" {
		set["cluster"] = c
	}
	for name, v := range set {
		if v == "" {
			delete(set, name)
		} else {
			set[name] = strings.ToValidUTF8(v, "_")
		}
	}
	r.labels = labels.FromMap(set)
}

// group is the metric's groups with commas between.
func (r *reading) group() string {
	var all []string
	for _, e := range r.info.Extra {
		if e.Name == "GROUP" && e.Value != "" {
			all = append(all, e.Value)
		}
	}
	return strings.Join(all, ",")
}

// sample is the value as a sample at an instant, which is moved on if it is that
// of the sample before; false where that would move it by more than a second.
func (r *reading) sample(at int64) (metric.Sample, bool) {
	if at <= r.lastAt {
		if r.lastAt-at >= time.Second.Milliseconds() {
			return metric.Sample{}, false
		}
		at = r.lastAt + 1
	}
	r.lastAt, r.stale = at, false
	return metric.Sample{Labels: r.labels, Kind: r.kind, At: at, Value: r.number}, true
}

// end marks the series as unknown from an instant on.
func (r *reading) end(at int64) metric.Sample {
	r.lastAt, r.stale = max(at, r.lastAt+1), true
	return metric.Sample{Labels: r.labels, Kind: r.kind, At: r.lastAt, Value: math.Float64frombits(value.StaleNaN)}
}

// isShown says whether the last sample was a value.
func (r *reading) isShown() bool { return r.lastAt > 0 && !r.stale }
