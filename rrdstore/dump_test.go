package rrdstore

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
)

// dumpable has rounds of a gauge, a counter and a timing, and a series with a long
// name, partly in files.
func dumpable(t *testing.T) *rig {
	r := newRig(t, func(c *Config) { c.Tiers = c.Tiers[:3] })
	for i := int64(1); i <= 30; i++ {
		r.put(append(round(i), gaugeSample(named("long", "path", strings.Repeat("/x y", 100)), epoch+i*10_000, float64(i)))...)
		if i == 20 {
			r.flush()
		}
	}
	return r
}

func (r *rig) dump() []byte {
	r.Helper()
	var b bytes.Buffer
	if n, err := r.Dump(r.Context(), nil, &b); err != nil || n != 4 {
		r.Fatal(n, err)
	}
	return b.Bytes()
}

func reading(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

func sameSeries(t *testing.T, a, b *rig) {
	t.Helper()
	for _, l := range []labels.Labels{
		named("g"), named("c_total"), named("t_seconds", "quantile", "0.5"), named("t_seconds_count"),
		named("long", "path", strings.Repeat("/x y", 100)),
	} {
		want, got := pointMap(a.points(l, epoch, a.now)), pointMap(b.points(l, epoch, a.now))
		for at, v := range want {
			if g, there := got[at]; !there || !near(g, v) {
				t.Errorf("%s at %d: %v, was %v", l, at, g, v)
			}
		}
		if len(want) < 20 {
			t.Errorf("%s has %d points", l, len(want))
		}
	}
}

// A dump brings all of the series into another store, where they go on.
func TestDumpAndUndump(t *testing.T) {
	r := dumpable(t)
	dump := r.dump()
	b := newRig(t, func(c *Config) { c.Tiers = c.Tiers[:3] })
	b.now = r.now
	if n, err := b.Undump(t.Context(), reading(dump), false); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	for _, restart := range []func(){func() {}, b.crash, b.flush, b.reopen} {
		restart()
		sameSeries(t, r, b)
	}
	r.put(round(31)...)
	b.put(round(31)...)
	sameSeries(t, r, b)
	if _, err := b.Undump(t.Context(), reading(dump), false); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v", err)
	}
	if n, err := b.Undump(t.Context(), reading(dump), true); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	if v := b.value("c_total", r.now-10_000); v != 900 {
		t.Errorf("replaced: %v", v)
	}
	b.reopen()
	if s := b.Stats(); s.Series != 4 || s.RetiredSeries != 0 {
		t.Errorf("%+v", s)
	}
}

// A dump with a byte changed, or without its end, brings in nothing.
func TestDamagedDumpChangesNothing(t *testing.T) {
	dump := dumpable(t).dump()
	b := newRig(t, func(c *Config) { c.Tiers = c.Tiers[:3] })
	refused := func(what string, harmed []byte, i int) {
		if n, err := b.Undump(t.Context(), reading(harmed), false); err == nil || n > 0 || b.Stats().Series > 0 {
			t.Fatalf("%s at %d of %d: %v, %d series", what, i, len(dump), err, b.Stats().Series)
		}
	}
	for i := 0; i < len(dump); i += 1 + i/40 {
		harmed := bytes.Clone(dump)
		harmed[i] ^= 1 << (i % 8)
		refused("a bit", harmed, i)
		refused("cut", dump[:i], i)
	}
	refused("cut", dump[:len(dump)-1], len(dump)-1)
	refused("more", append(bytes.Clone(dump), 1), len(dump))
}

// Retired series come along, with a restart between or not, and are retired where
// they come to; a sample brings them back with all that they had.
func TestDumpOfRetiredSeries(t *testing.T) {
	r := newRig(t, retiring4Tests)
	r.old()
	want := pointMap(r.points(named("c_total"), epoch, epoch+50_000))
	r.sweepNow()
	if n := len(r.retired()); n != 3 {
		t.Fatalf("%d series are retired", n)
	}
	dump := r.dump()
	b := newRig(t, retiring4Tests)
	b.now = r.now
	if n, err := b.Undump(t.Context(), reading(dump), false); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	for _, restart := range []func(){func() {}, b.crash, b.reopen} {
		restart()
		if got := b.Stats(); got.Series != 1 || got.RetiredSeries != 3 || got.RetiredFiles != r.Stats().RetiredFiles {
			t.Errorf("%+v", got)
		}
	}
	if _, err := b.Undump(t.Context(), reading(dump), false); !errors.Is(err, ErrExists) {
		t.Errorf("again: %v", err)
	}
	if n, err := b.Undump(t.Context(), reading(dump), true); n != 4 || err != nil || len(b.retired()) != 3 {
		t.Fatalf("in their place: %d, %v, %d retired", n, err, len(b.retired()))
	}
	b.put(counterSample(named("c_total"), later+10_000, epoch, 25))
	if got := b.value("c_total", later+10_000); got != 25 {
		t.Errorf("the total goes on at %v", got)
	}
	if diff := cmp.Diff(want, pointMap(b.points(named("c_total"), epoch, epoch+50_000))); len(want) < 5 || diff != "" {
		t.Errorf("%d points; (-want +got):\n%s", len(want), diff)
	}
}
