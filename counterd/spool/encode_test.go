package spool

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
)

// FuzzSecond reads two records of one segment; what is accepted must come back
// from its own encoding.
func FuzzSecond(f *testing.F) {
	c := encoder{table: newTable()}
	for at := int64(1); at < 4; at++ {
		e := round(at)
		e[1].Members = []string{"x", "y"}
		b, err := c.second(at, e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte("S"), append([]byte(nil), b...))
	}
	f.Add(appendMark(nil, 7), []byte{recordSecond, 2, 0, 1, formName, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, first, next []byte) {
		r := newReader()
		decodeMark(first)
		_, _, _ = r.second(first)
		at, entries, err := r.second(next)
		if err != nil || len(entries) == 0 {
			return
		}
		want := append([]Entry(nil), entries...)
		c := encoder{table: newTable()}
		b, err := c.second(at, want)
		if err != nil {
			t.Fatal(err)
		}
		gotAt, got, err := newReader().second(b)
		if diff := cmp.Diff(want, got, compared); err != nil || at != gotAt || diff != "" {
			t.Fatalf("%v, %d and %d: %s", err, at, gotAt, diff)
		}
	})
}

func many(n int) []Entry {
	all := make([]Entry, n)
	for i := range all {
		all[i] = Entry{
			Labels: labels.FromStrings("__name__", fmt.Sprintf("page_view_%d_total", i), "host", "web1.example.com"),
			Raw:    fmt.Sprintf("page.view.%d", i), Start: 1_700_000_000_000,
		}
	}
	return all
}

// count has most of the counters go on, other ones each second.
func count(all, touched []Entry, at int64) []Entry {
	touched = touched[:0]
	for i := range all {
		if (int64(i)*7+at)%10 == 0 {
			continue
		}
		all[i].Value += float64(i%1000) + 1
		touched = append(touched, all[i])
	}
	return touched
}

func TestAppendMakesNoGarbage(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.FS, cfg.MaxBytes = durable.Disk{}, 64<<20
	s := open(t, cfg)
	all, at := many(1000), int64(0)
	touched := make([]Entry, 0, len(all))
	step := func() {
		at++
		touched = count(all, touched, at)
		s.append(t, at, touched...)
	}
	for range 20 {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n > 2 {
		t.Errorf("%g allocations for each second", n)
	}
	if per := float64(s.encoder.written-s.encoder.told) / float64(at*900); per > 8 {
		t.Errorf("%.1f bytes for each counter and second", per)
	}
}

// BenchmarkAppend is a second of 100,000 counters, 90 % of them touched, on the
// real disk, each tenth second delivered.
func BenchmarkAppend(b *testing.B) {
	cfg := Default()
	cfg.Dir = b.TempDir()
	s := open(b, cfg)
	all := many(100_000)
	touched := make([]Entry, 0, len(all))
	at, bytes := int64(1_700_000_000_000), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		at += 1000
		touched = count(all, touched, at)
		before := s.encoder.written
		b.StartTimer()
		s.append(b, at, touched...)
		if at%10_000 == 0 {
			s.delivered(b, at-1000)
		}
		bytes += max(0, s.encoder.written-before)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "B-written/op")
}

// BenchmarkFirstSecond tells all names.
func BenchmarkFirstSecond(b *testing.B) {
	cfg := Default()
	cfg.Dir = b.TempDir()
	s := open(b, cfg)
	all := many(100_000)
	at := int64(0)
	for b.Loop() {
		at++
		s.append(b, at, all...)
		b.StopTimer()
		s.mu.Lock()
		s.endSegmentLocked()
		s.mu.Unlock()
		s.delivered(b, at)
		b.StartTimer()
	}
}

// BenchmarkReadSecond reads one that tells all its names, and one that tells none.
func BenchmarkReadSecond(b *testing.B) {
	c := encoder{table: newTable()}
	var told [2][]byte
	all := many(1000)
	for i := range told {
		got, err := c.second(int64(i), count(all, nil, int64(i)))
		if err != nil {
			b.Fatal(err)
		}
		told[i] = append([]byte(nil), got...)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := newReader()
		for _, payload := range told {
			if _, _, err := r.second(payload); err != nil {
				b.Fatal(err)
			}
		}
	}
}
