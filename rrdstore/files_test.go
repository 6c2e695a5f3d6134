package rrdstore

import (
	"testing"
)

// What stays open is bounded in bytes, and what an archive is taken to need is
// what it does.
func TestOpenArchivesAreBoundedInBytes(t *testing.T) {
	r := newRig(t, func(c *Config) { c.CacheBytes = 100_000 })
	r.putMany(300)
	r.flush()
	if n, size := r.files.idle.Len(), r.files.size; size > 100_000 || size < 80_000 || n < 10 || n >= 300 {
		t.Errorf("%d archives of %d bytes are open", n, size)
	}
	r.files.limitSize = 1 << 30
	before, heap := r.files.size, int64(heapBytes())
	for i := range 300 {
		f, err := r.files.acquire(r.path(&r.index.series[i].archives[0]))
		if err != nil {
			t.Fatal(err)
		}
		r.files.release(f)
	}
	took, told := int64(heapBytes())-heap, r.files.size-before
	if ratio := float64(told) / float64(took); ratio < 0.7 || ratio > 2 {
		t.Errorf("%d bytes are said to be %d", took, told)
	}
}
