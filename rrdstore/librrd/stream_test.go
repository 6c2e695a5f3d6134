package librrd_test

import (
	"math"
	"math/rand/v2"

	"plimsoll/rrdstore/rrdfile"
)

const start = 1_600_000_000

var none = math.NaN()

// pick returns one of its arguments.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

// randomSchema is small, so that rings wrap often.
func randomSchema(r *rand.Rand) rrdfile.Schema {
	s := rrdfile.Schema{Step: pick[int64](r, 1, 7, 10, 60)}
	for i := range 1 + r.IntN(3) {
		d := rrdfile.DS{
			Name: string(rune('a' + i)), Min: none, Max: none,
			Type:      pick(r, "GAUGE", "GAUGE", "GAUGE", "ABSOLUTE", "COUNTER", "DERIVE"),
			Heartbeat: s.Step * pick[int64](r, 1, 2, 4, 100, 100000),
		}
		if r.IntN(3) == 0 {
			d.Min = pick(r, -50, 0, 0.25)
		}
		if r.IntN(3) == 0 {
			d.Max = pick(r, 30, 100.5, 1e6)
		}
		s.DS = append(s.DS, d)
	}
	for range 1 + r.IntN(6) {
		s.RRA = append(s.RRA, rrdfile.RRA{
			CF:    pick(r, "AVERAGE", "MIN", "MAX", "LAST"),
			Rows:  1 + r.Int64N(12),
			Steps: pick[int64](r, 1, 1, 2, 3, 6, 60, 360),
			XFF:   pick(r, 0, 0.1, 0.3, 0.5, 0.9, 0.99),
		})
	}
	return s
}

// stream makes legal points, with a mood that changes now and then.
type stream struct {
	r      *rand.Rand
	schema rrdfile.Schema
	at     int64 // ms
	mood   int
	count  float64
}

func newStream(r *rand.Rand, s rrdfile.Schema, at int64) *stream {
	return &stream{r: r, schema: s, at: at}
}

func (s *stream) points(n int) []rrdfile.Point {
	out := make([]rrdfile.Point, n)
	for i := range out {
		if s.r.IntN(8) == 0 {
			s.mood = s.r.IntN(6)
		}
		s.at += s.advance()
		out[i] = rrdfile.Point{At: s.at, Values: s.values()}
	}
	return out
}

// advance stays below 2^32 s: librrd reads a time as a double, and by then has
// no more than half microseconds.
func (s *stream) advance() int64 {
	step := s.schema.Step * 1000
	mood := s.mood
	if s.at > 2e12 && mood > 3 {
		mood = 0
	}
	switch mood {
	case 0: // regular, on the step
		return step - s.at%step
	case 1: // several in a step
		return 1 + s.r.Int64N(step/2)
	case 2: // about once a step
		return 1 + s.r.Int64N(2*step)
	case 3: // whole seconds
		return 1000*(1+s.r.Int64N(3*s.schema.Step)) - s.at%1000
	case 4: // several steps
		return 1 + s.r.Int64N(20*step)
	}
	return 1 + s.r.Int64N(pick[int64](s.r, 10, 1000, 100000)*step)
}

func (s *stream) values() []float64 {
	out := make([]float64, len(s.schema.DS))
	for i, d := range s.schema.DS {
		out[i] = s.value(d.Type)
	}
	return out
}

// value has at most two decimals: those librrd reads exactly.
func (s *stream) value(kind string) float64 {
	if s.r.IntN(pick(s.r, 2, 10, 30)) == 0 {
		return none
	}
	switch kind {
	case "COUNTER":
		s.count += float64(s.r.IntN(1000))
		if s.r.IntN(20) == 0 {
			s.count = pick[float64](s.r, 0, 4294967290, 1<<52)
		}
		return s.count
	case "DERIVE":
		return float64(s.r.IntN(2000) - 1000)
	}
	switch s.r.IntN(5) {
	case 0:
		return float64(s.r.IntN(200) - 60)
	case 1:
		return float64(s.r.IntN(1e6)+1) / 100
	case 2:
		return float64(s.r.Int64N(1<<53)+1) * pick(s.r, -1.0, 1)
	case 3:
		return 30
	}
	if s.r.IntN(50) == 0 {
		return math.Inf(pick(s.r, -1, 1))
	}
	return 0.1
}

// plain is the schema of a series.
func plain() rrdfile.Schema {
	s := rrdfile.Schema{Step: 10, DS: []rrdfile.DS{
		{Name: "value", Type: "GAUGE", Heartbeat: 40, Min: none, Max: none},
	}}
	for _, a := range []struct {
		cf          string
		steps, rows int64
	}{
		{"AVERAGE", 1, 2160},
		{"AVERAGE", 6, 2880},
		{"AVERAGE", 60, 4608},
		{"AVERAGE", 360, 9600},
		{"AVERAGE", 8640, 1826},
		{"MAX", 60, 4608},
		{"MAX", 360, 9600},
		{"MAX", 8640, 1826},
		{"MIN", 8640, 1826},
	} {
		s.RRA = append(s.RRA, rrdfile.RRA{CF: a.cf, Rows: a.rows, Steps: a.steps, XFF: 0.5})
	}
	return s
}

// timer is one tier of a timing.
func timer() rrdfile.Schema {
	s := rrdfile.Schema{Step: 600, RRA: []rrdfile.RRA{{CF: "AVERAGE", Rows: 4608, Steps: 1, XFF: 0.5}}}
	for _, name := range []string{"count", "sum", "min", "max", "stddev", "p05", "p25", "p50", "p75", "p95", "p99"} {
		s.DS = append(s.DS, rrdfile.DS{Name: name, Type: "GAUGE", Heartbeat: 1200, Min: none, Max: none})
	}
	return s
}
