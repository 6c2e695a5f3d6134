package counterd

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"plimsoll/counterd/line"
	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// The daemon agrees with a map of sums, whatever the names, tags, listeners and
// pauses: each line counts once, series end when they are idle and begin again.
func TestTotalsAgreeWithASimpleModel(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 2))
		b := newBench(t, func(c *Config) {
			c.Listeners = append(c.Listeners, newPipe(), newPipe())
			c.IdleExpiry = 30 * time.Second
		})
		sent, got := map[string]float64{}, newTotals()
		for s := 1; s < 720; s++ {
			if phase := s / 60 % 3; phase < 2 { // the third part of the time is quiet
				for range r.IntN(40) {
					sendOne(b, r, sent)
				}
			}
			for _, sample := range b.tick(s) {
				got.add(sample)
			}
		}
		for name, want := range sent {
			if got.sum[name] != want {
				t.Errorf("seed %d: %s is %g, want %g", seed, name, got.sum[name], want)
			}
		}
		if n := b.Stats().Series; n != 0 || b.registry.owners.used+b.registry.series.used != 0 || len(b.registry.aliases) != 0 {
			t.Errorf("seed %d: %d series left, %+v", seed, n, b.registry)
		}
		for _, sh := range b.shards {
			if sh.slab.inUse != 0 || sh.names.used != 0 {
				t.Errorf("seed %d: shard %d holds %d records, %d names", seed, sh.number, sh.slab.inUse, sh.names.used)
			}
		}
	}
}

// sendOne counts a random line at a random listener.
func sendOne(b *bench, r *rand.Rand, sent map[string]float64) {
	name, tag, n := r.IntN(30), r.IntN(3), float64(1+r.IntN(5))
	text, series := fmt.Sprintf("n.%d:%g|c", name, n), fmt.Sprintf("n_%d_total", name)
	switch tag {
	case 1:
		text += "|#b:2,a:1"
	case 2:
		text += "|#a:1,b:2" // the same series, spelled differently
	}
	if tag > 0 {
		series += `{a="1", b="2"}`
	}
	sent[series] += n
	b.shards[r.IntN(len(b.shards))].datagrams([]listen.Datagram{{Data: []byte(text)}})
}

// totals sums what counters increase by, as a store does.
type totals struct {
	sum  map[string]float64
	last map[string]metric.Sample
}

func newTotals() *totals {
	return &totals{sum: map[string]float64{}, last: map[string]metric.Sample{}}
}

func (t *totals) add(s metric.Sample) {
	name, _ := splitShown(show(s))
	before := t.last[name]
	if before.Start != s.Start {
		before.Value = 0
	}
	t.sum[name] += s.Value - before.Value
	t.last[name] = s
}

// splitShown takes the value off what show prints.
func splitShown(s string) (name, value string) {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == ' ' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

func TestNameFloodStaysWithinBounds(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries, c.MaxSeriesPerPrefix = 100, 40 })
	for i := range 20_000 {
		b.lines(fmt.Sprintf("api.%d:1|c\nplain%d:1|c\nhits:1|c|#user:%d\nt.%d:5|ms", i, i, i, i))
	}
	st := b.Stats()
	if st.Lines != 80_000 || st.Parsed != 80_000 || st.Series > 100+10 || b.shard.slab.inUse > 120 {
		t.Fatalf("%+v, %d records", st, b.shard.slab.inUse)
	}
	got := map[string]float64{}
	observations := 0.0
	for _, s := range b.tick(10) {
		if s.Kind == metric.Timing {
			observations += s.Sketch.Count()
			continue
		}
		got[s.Name()[:1]] += s.Value
	}
	// Names without room are under "__other__", those of a known prefix under its.
	if got["a"]+got["_"]+got["p"]+got["h"] != 60_000 || observations != 20_000 {
		t.Errorf("%v counters, %g observations", got, observations)
	}
	if len(st.Offenders) == 0 || st.Offenders[0].Name != "local" || st.Offenders[0].Lines < 79_000 {
		t.Errorf("%+v", st.Offenders)
	}
}

func TestOverflowNames(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeries = 2 })
	b.lines("hits:1|c|#u:1\nq:1")
	b.lines("hits:2|c|#u:2\nhits:3|c|#u:3\nnew.name:4|c\nother:5|c\nq:7|ms|#u:2\nbytes:8|d\nu:x|s\ng:1|g\nok_in:1\nok_in:0\nfresh.x:6|ms|#u:1\nfresh.x:6|ms|#u:2")
	got := map[string]string{}
	for _, s := range b.tick(10) {
		name, value := splitShown(show(s))
		got[name] = value
	}
	for name, want := range map[string]string{
		`hits_total{u="1"}`:                               "1",
		`hits_total{__other__="true"}`:                    "5",
		`new___other___total`:                             "4",
		`fresh_x_seconds{__other__="true"} n=2 sum=0.012`: "p50=0.006",
		`__other___total`:                                 "5",
		`q_seconds{__other__="true"} n=1 sum=0.007`:       "p50=0.007",
		`__other___values n=1 sum=8`:                      "p50=8",
		`__other___sets`:                                  "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q in %v", name, got[name], want, got)
		}
	}
	if st := b.Stats(); st.Bad["series limit"] != 1 {
		t.Errorf("a gauge has no total: %v", st.Bad)
	}
	b.lines("hits:1|c|#__other__:true")
	if st := b.Stats(); st.Bad[line.BadLabel.String()] != 1 {
		t.Errorf("a sender wrote to an overflow series: %v", st.Bad)
	}
}

func TestSourceLimitSparesOthers(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSeriesPerSource = 3 })
	for i := range 10 {
		b.shard.datagrams([]listen.Datagram{{Data: fmt.Appendf(nil, "a%d", i), From: somebody}})
	}
	b.lines("x\ny\nz")
	got := map[string]float64{}
	for _, s := range b.tick(10) {
		got[s.Name()] = s.Value
	}
	if got["__other___total"] != 7 || got["z_total"] != 1 || len(got) != 7 {
		t.Errorf("%v", got)
	}
	if o := b.Stats().Offenders; len(o) != 1 || o[0] != (Offender{Kind: "source", Name: "192.0.2.1", Series: 3, Lines: 7}) {
		t.Errorf("%+v", o)
	}
}
