package rrdfile

import (
	"fmt"
	"math"
	"math/big"
	"strings"
)

// checkReading reports a value that a data source of this kind cannot take:
// counters are integers, and plain counters not negative.
func checkReading(k kind, v float64) error {
	if math.IsNaN(v) || k == kindGauge || k == kindAbsolute {
		return nil
	}
	if v != math.Trunc(v) || math.Abs(v) >= 1<<63 || k == kindCounter && v < 0 {
		return fmt.Errorf("value %v is not an integer of its type", v)
	}
	return nil
}

// take turns a reading into the amount (rate x seconds) of the interval that it
// closes: NaN if the interval exceeds the heartbeat, or the rate the limits.
func (m *machine) take(i int, v, seconds float64) float64 {
	d, p, k := &m.schema.DS[i], &m.state.pdp[i], m.kinds[i]
	last := "U"
	if float64(d.Heartbeat) >= seconds {
		last = p.counterText(k)
	}
	p.read(v)
	if math.IsNaN(v) || !(float64(d.Heartbeat) >= seconds) {
		return math.NaN()
	}
	amount, rate := v, v
	switch k {
	case kindGauge:
		amount = v * seconds
	case kindAbsolute:
		rate = amount / seconds
	default:
		amount = difference(p.lastText(), last, k)
		rate = amount / seconds
	}
	if rate > d.Max || rate < d.Min {
		return math.NaN()
	}
	return amount
}

// counterText is the last reading where it matters, to spare the others.
func (p *pdp) counterText(k kind) string {
	if k == kindCounter || k == kindDerive {
		return p.lastText()
	}
	return "U"
}

// difference of two decimal readings, unknown if their signs differ; of a COUNTER that went back, as after a
// wrap at 32 or 64 bits. Both constants are as rrdtool 1.7.2 has them, one too
// small for the value they are meant for.
func difference(now, last string, k kind) float64 {
	negative := strings.HasPrefix(now, "-")
	a, okA := new(big.Int).SetString(now, 10)
	b, okB := new(big.Int).SetString(last, 10)
	if !okA || !okB || negative != strings.HasPrefix(last, "-") {
		return math.NaN()
	}
	d, _ := new(big.Float).SetInt(a.Abs(a).Sub(a, b.Abs(b))).Float64()
	if negative {
		d = -d // -0 if equal, as librrd has it
	}
	if k == kindCounter && d < 0 {
		d += 4294967295
	}
	if k == kindCounter && d < 0 {
		d += 18446744069414584320
	}
	return d
}

// extend adds an interval that ends no step.
func (m *machine) extend(seconds float64) {
	for i, a := range m.amount {
		p := &m.state.pdp[i]
		switch {
		case math.IsNaN(a):
			p.unknown = uint64(float64(p.unknown) + math.Floor(seconds))
		case math.IsNaN(p.value):
			p.value = a
		default:
			p.value += a
		}
	}
}

// endStep ends the open steps of data source i and returns their value; the
// rest of the interval opens the next one.
func (m *machine) endStep(i int, amount float64, in span) float64 {
	p := &m.state.pdp[i]
	unknown := 0.0
	if math.IsNaN(amount) {
		unknown = in.pre
	} else {
		if math.IsNaN(p.value) {
			p.value = 0
		}
		p.value += float64(amount / in.seconds * in.pre)
	}
	rate := math.NaN()
	// rrdtool compares the unknown seconds as a 32-bit integer.
	tooMuch := float64(m.schema.Step)/2 < float64(int32(p.unknown))
	if !(in.seconds > float64(m.schema.DS[i].Heartbeat)) && !tooMuch {
		whole := in.steps*uint64(m.schema.Step) - p.unknown
		rate = p.value / (float64(whole) - unknown)
	}
	if math.IsNaN(amount) {
		p.unknown, p.value = uint64(math.Floor(in.post)), math.NaN()
	} else {
		p.unknown, p.value = 0, amount/in.seconds*in.post
	}
	return rate
}
