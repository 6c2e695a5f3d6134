package counterd

import (
	"math/rand/v2"
	"testing"
)

// The index agrees with a map through any sequence of additions and removals,
// also where all hashes are alike.
func TestIndexAgreesWithAMap(t *testing.T) {
	for _, hashes := range []uint32{1, 7, 1 << 20} {
		r := rand.New(rand.NewPCG(1, uint64(hashes)))
		var x index
		have := map[uint32]uint32{} // hash by id
		for step := range 20_000 {
			id := 1 + r.Uint32N(500)
			hash, known := have[id]
			switch {
			case !known:
				hash = r.Uint32N(hashes) * 0x9e3779b9
				x.add(hash, id)
				have[id] = hash
			case step%3 > 0:
				x.remove(hash, id)
				delete(have, id)
			}
			if x.used != len(have) {
				t.Fatalf("step %d: %d entries, want %d", step, x.used, len(have))
			}
			probe := 1 + r.Uint32N(500)
			want, known := have[probe]
			got := x.find(want, func(id uint32) bool { return id == probe })
			if known != (got == probe) {
				t.Fatalf("step %d: id %d is there: %v, found %d", step, probe, known, got)
			}
		}
	}
}

func TestIndexShrinks(t *testing.T) {
	var x index
	for id := uint32(1); id <= 100_000; id++ {
		x.add(id*0x9e3779b9, id)
	}
	for id := uint32(1); id <= 100_000; id++ {
		x.remove(id*0x9e3779b9, id)
	}
	if len(x.entries) > 1024 || x.used != 0 {
		t.Errorf("%d entries of room for %d", len(x.entries), x.used)
	}
	x.remove(1, 1) // what is not there
}

func TestBitmap(t *testing.T) {
	var b bitmap
	b.grow(200)
	for _, id := range []uint32{0, 63, 64, 199} {
		b.set(id)
	}
	b.clear(64)
	var got []uint32
	b.each(func(id uint32) { got = append(got, id); b.clear(id) })
	if len(got) != 3 || got[0] != 0 || got[1] != 63 || got[2] != 199 || b.has(63) || b.has(1000) {
		t.Errorf("%v", got)
	}
}
