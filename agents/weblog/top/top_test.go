package top

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestFewKeysAreExact(t *testing.T) {
	c := New(Default())
	for i, key := range []string{"a", "b", "a", "", "c", "a", "b"} {
		c.Add(key, noon.Add(time.Duration(i)*30*time.Second))
	}
	at := noon.Add(4 * time.Minute)
	want := List{Total: 6, Items: []Item{{"a", 3, 0}, {"b", 2, 0}}, Missing: 1}
	if diff := cmp.Diff(want, c.Top(2, at)); diff != "" {
		t.Error(diff)
	}
	want = List{Total: 3, Items: []Item{{"a", 1, 0}, {"b", 1, 0}, {"c", 1, 0}}}
	if diff := cmp.Diff(want, c.Top(9, at.Add(2*time.Minute))); diff != "" {
		t.Errorf("the first two minutes have gone: %s", diff)
	}
	if l := c.Top(9, at.Add(time.Hour)); l.Total != 0 || len(l.Items) != 0 {
		t.Errorf("an hour later there is %v", l)
	}
}

// Whatever comes in, over slots and merged from several counters: what is told
// bounds what occurred, and what is frequent is there.
func TestErrorIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{Span: time.Minute, Slots: 3, Keys: rapid.IntRange(2, 10).Draw(t, "keys")}
		truth := map[string]int64{}
		var lists []List
		n := int64(0)
		for range rapid.IntRange(1, 3).Draw(t, "counters") {
			c := New(cfg)
			for i, key := range rapid.SliceOfN(rapid.IntRange(0, 30), 0, 300).Draw(t, "events") {
				k := fmt.Sprint(key * key / 20)
				c.Add(k, noon.Add(time.Duration(i)*100*time.Millisecond))
				truth[k]++
				n++
			}
			lists = append(lists, c.Top(rapid.IntRange(1, 30).Draw(t, "listed"), noon.Add(30*time.Second)))
		}
		l := Merge(lists, rapid.IntRange(1, 20).Draw(t, "n"))
		if l.Total != n {
			t.Fatalf("total %d, want %d", l.Total, n)
		}
		for _, it := range l.Items {
			if have := truth[it.Key]; it.Count > have || it.Count+it.Error < have {
				t.Fatalf("%+v occurred %d times", it, have)
			}
			delete(truth, it.Key)
		}
		for k, have := range truth {
			if have > l.Missing {
				t.Fatalf("%s occurred %d times and is not listed: at most %d are", k, have, l.Missing)
			}
		}
	})
}

func TestErrorStaysInItsBound(t *testing.T) {
	cfg := Config{Span: time.Minute, Slots: 1, Keys: 100}
	c := New(cfg)
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.2, 1, 1<<20)
	for range 100_000 {
		c.Add(fmt.Sprint("/", zipf.Uint64()), noon)
	}
	l := c.Top(10, noon)
	for _, it := range l.Items {
		if it.Error > l.Total/int64(cfg.Keys) {
			t.Errorf("%+v of %d", it, l.Total)
		}
	}
	if len(c.slots[0].counts) > 2*cfg.Keys {
		t.Errorf("%d keys are kept", len(c.slots[0].counts))
	}
}

func BenchmarkAdd(b *testing.B) {
	c := New(Default())
	zipf := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.2, 1, 1<<20)
	keys := make([]string, 1<<16)
	for i := range keys {
		keys[i] = fmt.Sprint("/photos/", zipf.Uint64())
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Add(keys[i&(len(keys)-1)], noon)
	}
}
