package counterd

import (
	"fmt"
	"testing"
	"time"
)

// With one listener, the lines of a gauge count in the order of arrival, however
// their tags are ordered.
func TestSpellingsOfAGaugeKeepTheirOrder(t *testing.T) {
	b := newBench(t, nil)
	const series = `{__name__="g", a="1", b="2"}`
	b.lines("g:1|g|#a:1,b:2\ng:2|g|#b:2,a:1")
	b.tick(1)
	b.lines("g:3|g|#b:2,a:1\ng:4|g|#a:1,b:2")
	if s := find(t, b.tick(10), series); s.Value != 4 {
		t.Errorf("set to 3, then to 4: %g", s.Value)
	}
	b.lines("g:+5|g|#b:2,a:1\ng:10|g|#a:1,b:2")
	if s := find(t, b.tick(20), series); s.Value != 10 {
		t.Errorf("+5, then set to 10: %g", s.Value)
	}
	b.lines("g:20|g|#a:1,b:2\ng:+1|g|#b:2,a:1\ng:30|g|#b:2,a:1\ng:+2|g|#a:1,b:2")
	if s := find(t, b.tick(30), series); s.Value != 32 {
		t.Errorf("set to 30, then +2: %g", s.Value)
	}
}

// Each kind counts into the record of its series, by whichever spelling.
func TestSpellingsOfEachKind(t *testing.T) {
	b := newBench(t, func(c *Config) { c.MaxSetMembers = 3 })
	b.lines("c:1|c|#a,b\nc:2|c|#b,a\nq:1|ms|#a,b\nq:3|ms|#b,a\ns:x|s|#a,b\ns:y|s|#b,a\ns:z|s|#b,a\ns:u|s|#b,a")
	got := b.tick(10)
	const tags = `, a="true", b="true"}`
	if s := find(t, got, `{__name__="c_total"`+tags); s.Value != 3 {
		t.Errorf("%+v", s)
	}
	if s := find(t, got, `{__name__="q_seconds"`+tags); s.Sketch.Count() != 2 || s.Sketch.Max() != 0.003 {
		t.Errorf("%+v", s)
	}
	if s := find(t, got, `{__name__="s"`+tags); s.Value != 3 || b.Stats().Bad["set limit"] != 1 {
		t.Errorf("the members of both spellings count against the limit: %+v", s)
	}
}

// What one spelling said of its time holds for the other.
func TestSpellingsThatTellTheirTime(t *testing.T) {
	b := newBench(t, nil)
	noon := at(0) / 1000
	b.lines(fmt.Sprintf("c:1|c|T%d|#a,b", noon+8))
	b.tick(10)
	b.lines(fmt.Sprintf("c:1|c|T%d|#b,a", noon-5))
	if n := b.Stats().Bad["timestamp too old"]; n != 1 {
		t.Errorf("back in time by another spelling: %v", b.Stats().Bad)
	}
	b.lines("c:1|c|#b,a")
	b.tick(20)
	b.lines(fmt.Sprintf("c:1|c|T%d|#a,b", noon+19))
	if n := b.Stats().Bad["timestamp too old"]; n != 2 {
		t.Errorf("it was written at 20: %v", b.Stats().Bad)
	}
}

func TestSeriesExpiresWithAllItsSpellings(t *testing.T) {
	b := newBench(t, func(c *Config) {
		c.Listeners = append(c.Listeners, newPipe())
		c.IdleExpiry = 10 * time.Second
	})
	for i := range 5 * atOnce {
		b.shard = b.shards[i%2]
		b.lines(fmt.Sprintf("x:1|c|#k:v,s:%d,s:1", i)) // the last s counts
	}
	if s := find(t, b.tick(10), `{__name__="x_total", k="v", s="1"}`); s.Value != 5*atOnce {
		t.Errorf("%+v", s)
	}
	b.tick(20)
	b.tick(30)
	wantEmpty(t, b)
}

// A spelling that is not used any more goes, wherever it stands in the list.
func TestIdleSpellingsGoBeforeTheirSeries(t *testing.T) {
	for idle := range 4 {
		b := newBench(t, func(c *Config) {
			c.Listeners = append(c.Listeners, newPipe())
			c.IdleExpiry = 30 * time.Second
		})
		send := func(i int) {
			b.shard = b.shards[i%2]
			b.lines(fmt.Sprintf("x:1|c|#s:%d,s:v", i))
		}
		for i := range 4 {
			send(i)
		}
		total := 0.0
		for s := 10; s <= 60; s += 10 {
			for i := range 4 {
				if i != idle {
					send(i)
				}
			}
			total = find(t, b.tick(s), `{__name__="x_total", s="v"}`).Value
		}
		records := b.shards[0].slab.inUse + b.shards[1].slab.inUse
		if want := 3; idle > 0 && records != want || idle == 0 && records != want+1 {
			t.Errorf("spelling %d is idle: %d records", idle, records) // the first is the series
		}
		if total != 4+6*3 {
			t.Errorf("spelling %d is idle: %g", idle, total)
		}
		for s := 70; s <= 110; s += 10 {
			b.tick(s)
		}
		wantEmpty(t, b)
	}
}

func wantEmpty(t *testing.T, b *bench) {
	t.Helper()
	r := b.registry
	if r.count+r.reserved+r.owners.used+r.series.used+len(r.aliases) != 0 {
		t.Errorf("left over: %+v", r)
	}
	for _, sh := range b.shards {
		if sh.slab.inUse != 0 || sh.names.used != 0 {
			t.Errorf("shard %d holds %d records, %d names", sh.number, sh.slab.inUse, sh.names.used)
		}
	}
}

// A line counts in the unit of its own name's rule, whichever came first.
func TestScaleOfTheLinesOwnRule(t *testing.T) {
	rules := mapper(t, `
mappings:
- {match: a.bytes, name: bytes_total}
- {match: b.kilobytes, name: bytes_total, scale: 1000}
- {match: disk.bytes, name: disk_bytes}
- {match: disk.kilobytes, name: disk_bytes, scale: 1000}
`)
	b := newBench(t, func(c *Config) { c.Mapper = rules })
	b.lines("a.bytes:1|c\nb.kilobytes:1|c|@0.5\ndisk.kilobytes:2|g\ndisk.bytes:+5|g")
	got := b.tick(10)
	if s := find(t, got, `{__name__="bytes_total"}`); s.Value != 2001 {
		t.Errorf("1 byte and 2 kilobytes are %g bytes", s.Value)
	}
	if s := find(t, got, `{__name__="disk_bytes"}`); s.Value != 2005 {
		t.Errorf("2 kilobytes and 5 bytes more are %g bytes", s.Value)
	}
	b.lines(fmt.Sprintf("b.kilobytes:3|c|T%d", at(15)/1000))
	if s := find(t, b.tick(20), `{__name__="bytes_total"}`); s.Value != 5001 {
		t.Errorf("3 kilobytes more, with their time: %g", s.Value)
	}
}

func TestScaleBeyondALimit(t *testing.T) {
	rules := mapper(t, `
mappings:
- {match: sent.*, name: bytes_total, scale: 1000, labels: {host: $1}}
- {match: took.*, name: took_seconds, scale: 0.001, labels: {host: $1}}
`)
	b := newBench(t, func(c *Config) { c.Mapper, c.MaxSeries = rules, 2 })
	b.lines("sent.a:1|c\ntook.a:5|d\nsent.b:1|c\ntook.b:5|d")
	got := b.tick(10)
	if s := find(t, got, `{__name__="bytes_total", __other__="true"}`); s.Value != 1000 {
		t.Errorf("1 kilobyte over the limit is %g bytes", s.Value)
	}
	if s := find(t, got, `{__name__="took_seconds", __other__="true"}`); s.Sketch.Max() != 0.005 {
		t.Errorf("5 ms over the limit are %g s", s.Sketch.Max())
	}
}
