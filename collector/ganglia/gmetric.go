package ganglia

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"plimsoll/collector/ganglia/xdr"
	"plimsoll/internal/metric"
)

// Gmetric is one metric as gmetric's options tell of it.
type Gmetric struct {
	Name, Value, Type string
	Units             string
	Slope             string // empty: both
	TMAX, DMAX        uint
	Group             string // several with commas between
	Cluster           string
	Title, Desc       string
	Spoof             string // "IP:NAME" of the host that it is of; empty: this one
	// Heartbeat says only that the spoofed host lives.
	Heartbeat bool
}

// Validate reports all that is wrong with m, the value quoted.
func (m Gmetric) Validate() error {
	var errs []error
	if m.Spoof != "" && !goodName(m.Spoof) {
		errs = append(errs, fmt.Errorf("spoof %q is not IP:NAME", m.Spoof))
	}
	if m.Heartbeat {
		if m.Spoof == "" {
			errs = append(errs, errors.New("a heartbeat needs the host that it is of: spoof"))
		}
		return errors.Join(errs...)
	}
	if !goodName(m.Name) {
		errs = append(errs, fmt.Errorf("name %q cannot be a name", m.Name))
	}
	if seriesName(m.Name) == "up" || m.Name == "heartbeat" || m.Name == "location" {
		errs = append(errs, fmt.Errorf("name %q has a meaning of its own", m.Name))
	}
	if err := xdr.CheckValue(m.Type, m.Value); err != nil {
		errs = append(errs, err)
	}
	if _, ok := xdr.ParseSlope(cmp.Or(m.Slope, "both")); !ok {
		errs = append(errs, fmt.Errorf("slope %q is not zero, positive, negative, both or derivative", m.Slope))
	}
	for _, d := range []struct {
		name  string
		value uint
	}{{"tmax", m.TMAX}, {"dmax", m.DMAX}} {
		if d.value > math.MaxInt32 {
			errs = append(errs, fmt.Errorf("%s %d is more seconds than there are", d.name, d.value))
		}
	}
	return errors.Join(errs...)
}

// Packets are the datagrams of m, of a host of this name, as gmetric sends them:
// metadata, then the value.
func (m Gmetric) Packets(host string) ([][]byte, error) {
	info, value := m.packets()
	var out [][]byte
	for _, p := range []xdr.Packet{info, value} {
		p.Host, p.Name, p.Spoofed = host, m.Name, m.Spoof != ""
		if m.Spoof != "" {
			p.Host = m.Spoof
		}
		if m.Heartbeat {
			p.Name = "heartbeat"
		}
		b := xdr.Append(nil, p)
		if len(b) > xdr.MaxBytes {
			return nil, fmt.Errorf("metric %q has %d bytes, a datagram of Ganglia takes %d", m.Name, len(b), xdr.MaxBytes)
		}
		out = append(out, b)
	}
	return out, nil
}

func (m Gmetric) packets() (info, value xdr.Packet) {
	info = xdr.Packet{ID: xdr.Metadata, Info: m.info()}
	value = xdr.Packet{ID: xdr.String, Format: "%s", Value: xdr.Value{Text: m.Value}}
	if m.Heartbeat {
		value.Value.Text = "0"
	}
	return info, value
}

// info is the metadata, with the pairs in gmetric's order.
func (m Gmetric) info() xdr.Info {
	i := xdr.Info{Type: m.Type, Units: m.Units, TMAX: uint32(m.TMAX), DMAX: uint32(m.DMAX)}
	i.Slope, _ = xdr.ParseSlope(cmp.Or(m.Slope, "both"))
	add := func(name, value string) {
		if value != "" {
			i.Extra = append(i.Extra, xdr.Extra{Name: name, Value: value})
		}
	}
	if m.Heartbeat {
		i = xdr.Info{Type: "uint32"}
		add("SPOOF_HOST", m.Spoof)
		add("SPOOF_HEARTBEAT", "yes")
		return i
	}
	add("SPOOF_HOST", m.Spoof)
	add("CLUSTER", m.Cluster)
	for _, g := range strings.Split(m.Group, ",") {
		add("GROUP", strings.TrimSpace(g))
	}
	add("DESC", m.Desc)
	add("TITLE", m.Title)
	return i
}

// Sample is m as a sample of an instant, the same series that its datagrams would
// make.
func (m Gmetric) Sample(host string, at time.Time) (metric.Sample, error) {
	switch {
	case m.Heartbeat:
		return metric.Sample{}, errors.New("a heartbeat is no sample: send it to a gmond, or to where datagrams of Ganglia come")
	case m.Type == "string":
		return metric.Sample{}, fmt.Errorf("value %q is a string, which makes no series: send it to a gmond, or to where datagrams of Ganglia come", m.Value)
	}
	if m.Spoof != "" {
		_, host = spoofed(m.Spoof)
	}
	r := reading{name: m.Name}
	r.describe(m.info())
	r.relabel(host, "")
	n, err := strconv.ParseFloat(m.Value, 64)
	return metric.Sample{Labels: r.labels, Kind: r.kind, At: metric.Millis(at), Value: n}, err
}
