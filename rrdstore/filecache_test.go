package rrdstore

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"pgregory.net/rapid"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// cached are stores that go through the same, with memory for rows, much or
// little, and with none: a hit in one is to be the answer of the other.
type cached struct {
	rigs []*rig
	step int64 // how many steps were put
}

func newCached(t *testing.T, bytes int64) *cached {
	c := &cached{}
	for _, change := range []func(*Config){
		func(c *Config) { c.CacheBytes = bytes },
		func(c *Config) { c.files = nativeFiles{new(rrdfile.Opener)} },
	} {
		c.rigs = append(c.rigs, newRig(t, func(c *Config) {
			c.RetireAfter = retireAfter
			change(c)
		}))
	}
	return c
}

func (c *cached) each(do func(*rig)) {
	for _, r := range c.rigs {
		do(r)
	}
}

func (c *cached) put(steps int64, values float64) {
	c.each(func(r *rig) {
		for i := c.step + 1; i <= c.step+steps; i++ {
			at := epoch + i*10_000
			r.put(gaugeSample(named("g"), at, values*float64(i)), counterSample(named("c_total"), at, epoch, float64(3*i)), timingSample(named("t_seconds"), at, values, float64(i)))
		}
	})
	c.step += steps
}

// ask compares what the stores answer, bit for bit.
func (c *cached) ask(t *rapid.T) {
	end := epoch + 10_000*max(0, c.step-rapid.Int64Range(0, 100).Draw(t, "until"))
	begin := max(epoch, end-10_000*rapid.Int64Range(0, 1000).Draw(t, "since"))
	hints := storageHints(begin, end, rapid.SampledFrom([]int64{0, 10_000, 60_000, 600_000}).Draw(t, "step"),
		rapid.SampledFrom([]string{"", "max_over_time", "avg_over_time"}).Draw(t, "function"))
	var want []byte
	for i, r := range c.rigs {
		got := r.everything(t, begin, end, hints)
		if i > 0 && !bytes.Equal(got, want) {
			t.Fatalf("store %d answers otherwise from %d to %d s: %d bytes and %d", i, (begin-epoch)/1000, (end-epoch)/1000, len(got), len(want))
		}
		want = got
	}
}

// everything is all that a store answers of a time, and all of its rows.
func (r *rig) everything(t *rapid.T, begin, end int64, hints *storage.SelectHints) (out []byte) {
	q, err := r.Querier(begin, end)
	if err != nil {
		t.Fatal(err)
	}
	all := labels.MustNewMatcher(labels.MatchRegexp, "__name__", ".+")
	set := q.Select(nothing, true, hints, all)
	for set.Next() {
		out = append(out, set.At().Labels().String()...)
		for it := set.At().Iterator(nil); it.Next() != 0; {
			at, v := it.At()
			out = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(out, uint64(at)), math.Float64bits(v))
		}
	}
	if err := set.Err(); err != nil {
		t.Fatal(err)
	}
	rows, err := r.Fetch(nothing, FetchRequest{Matchers: []*labels.Matcher{all}, CF: "AVERAGE", Start: begin / 1000, End: end / 1000, Resolution: hints.Step / 1000})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rows {
		out = append(out, f.File...)
		for _, row := range f.Rows {
			b, err := row.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, b...)
		}
	}
	return out
}

// Whatever happens between two questions, rows in memory are never others than
// those of the files.
func TestRowsInMemoryAreNeverStale(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := newCached(t, rapid.SampledFrom([]int64{32 << 20, 40_000, 0}).Draw(rt, "bytes"))
		defer c.each(func(r *rig) { r.Close() })
		other := false
		fail := func(err error) {
			if err != nil {
				rt.Fatal(err)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"put":       func(t *rapid.T) { c.put(t64(t, 1, 60), rapid.Float64Range(-5, 5).Draw(t, "value")) },
			"ask":       c.ask,
			"ask again": c.ask,
			"flush":     func(*rapid.T) { c.each((*rig).flush) },
			"flush a slot": func(t *rapid.T) {
				slot := rapid.IntRange(0, 299).Draw(t, "slot")
				c.each(func(r *rig) { fail(r.flushSlot(nothing, slot)) })
			},
			"backfill": func(t *rapid.T) {
				if c.step < 2 {
					return
				}
				from := t64(t, 0, c.step-1)
				all := allPast(from, t64(t, from+1, c.step))
				c.each(func(r *rig) { r.backfill(all) })
			},
			"reshape": func(*rapid.T) {
				other = !other
				c.each(func(r *rig) {
					r.config.Step, r.config.Tiers = Default().Step, Default().Tiers
					if other {
						r.config.Step, r.config.Tiers = reshaped[0].Step, reshaped
					}
					r.reopen()
					r.everything(rt, epoch, r.now, storageHints(epoch, r.now, 0, ""))
					_, err := r.Reshape(nothing, false, nil)
					fail(err)
				})
			},
			"crash": func(*rapid.T) { c.each((*rig).crash) },
			"silence": func(*rapid.T) {
				if c.step > 5000 {
					return
				}
				c.step += 4 * 360
				c.each(func(r *rig) {
					r.put(gaugeSample(named("other"), epoch+c.step*10_000, 1))
					fail(r.closeTimings(r.now - 60_000))
					r.flush()
					r.sweepNow()
				})
			},
			"removal": func(*rapid.T) {
				c.each(func(r *rig) {
					_, err := r.Remove(nothing, []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "__name__", "g")}, false)
					fail(err)
				})
			},
		})
	})
}

func storageHints(begin, end, step int64, function string) *storage.SelectHints {
	h := &storage.SelectHints{Start: begin, End: end, Step: step, Func: function}
	if function != "" {
		h.Range = 4 * step
	}
	return h
}

// putRound puts a round of n gauges.
func (r *rig) putRound(round int64, n int) {
	r.Helper()
	samples := make([]metric.Sample, n)
	for i := range samples {
		samples[i] = gaugeSample(named("g", "i", strconv.Itoa(i)), epoch+round*10_000, 1)
	}
	r.put(samples...)
}

func t64(t *rapid.T, least, most int64) int64 { return rapid.Int64Range(least, most).Draw(t, "steps") }

// Memory of rows is bounded by its part of cache_bytes, and told.
func TestRowsInMemoryAreBounded(t *testing.T) {
	r := newRig(t, func(c *Config) { c.CacheBytes = 400_000 })
	for i := int64(1); i <= 40; i++ {
		r.putRound(i, 300)
	}
	r.flush()
	ask := func(match string) {
		r.query(metric.Query{Expr: match, Start: metric.Time(epoch + 10_000), End: metric.Time(r.now), Step: 10 * time.Second})
	}
	ask(`{i=~"..?"}`)
	first := r.Stats().Cache
	if first.Rows.Files == 0 || first.Rows.Bytes == 0 || first.Rows.Misses == 0 || first.Rows.Hits != 0 {
		t.Errorf("after the first question: %+v", first.Rows)
	}
	ask(`{i=~"9."}`)
	if again := r.Stats().Cache.Rows; again.Hits == 0 {
		t.Errorf("after the same question: %+v", again)
	}
	for range 3 {
		ask(`{i=~".+"}`)
	}
	got := r.Stats().Cache
	if got.Rows.Bytes > 200_000 || got.Rows.Bytes+got.Files.Bytes > 400_000 || got.Rows.Evictions+got.Files.Evictions == 0 {
		t.Errorf("%+v", got)
	}
	if r.files.rowed.Len() != got.Rows.Files || got.Rows.Files > got.Files.Files {
		t.Errorf("%d files have rows: %+v", r.files.rowed.Len(), got)
	}
}

// What is only written takes no memory for rows.
func TestWritingKeepsNoRows(t *testing.T) {
	r := newRig(t, nil)
	for i := int64(1); i <= 50; i++ {
		r.putRound(i, 20)
		r.flush()
	}
	if got := r.Stats().Cache.Rows; got != (CachePart{}) {
		t.Errorf("%+v", got)
	}
}
