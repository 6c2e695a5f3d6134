package counterd

// index finds records by the hash of what they are called. It is an open
// addressing table with linear probing, eight bytes an entry, at most 7/8 full:
// a look-up touches one or two cache lines, and says with a 32-bit hash which
// record to compare. What an id means is up to the owner; 0 is none.
type index struct {
	entries []entry // a power of two of them
	used    int
}

type entry struct {
	hash uint32
	id   uint32
}

const smallestIndex = 64

// find returns the id of the entry with this hash that same accepts, or 0.
func (x *index) find(hash uint32, same func(id uint32) bool) uint32 {
	if x.used == 0 {
		return 0
	}
	mask := uint32(len(x.entries) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := x.entries[i]
		if e.id == 0 {
			return 0
		}
		if e.hash == hash && same(e.id) {
			return e.id
		}
	}
}

// add enters an id that is not there yet.
func (x *index) add(hash, id uint32) {
	if x.used >= len(x.entries)/8*7 {
		x.resize(max(smallestIndex, 2*len(x.entries)))
	}
	x.place(entry{hash, id})
	x.used++
}

func (x *index) place(e entry) {
	mask := uint32(len(x.entries) - 1)
	i := e.hash & mask
	for x.entries[i].id != 0 {
		i = (i + 1) & mask
	}
	x.entries[i] = e
}

func (x *index) resize(n int) {
	old := x.entries
	x.entries = make([]entry, n)
	for _, e := range old {
		if e.id != 0 {
			x.place(e)
		}
	}
}

// remove takes an entry out and closes the gap: what was pushed behind it by
// probing moves forward, so that no look-up ends too early.
func (x *index) remove(hash, id uint32) {
	if x.used == 0 {
		return
	}
	mask := uint32(len(x.entries) - 1)
	i := hash & mask
	for x.entries[i] != (entry{hash, id}) {
		if x.entries[i].id == 0 {
			return
		}
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; x.entries[j].id != 0; j = (j + 1) & mask {
		home := x.entries[j].hash & mask
		if (j-home)&mask >= (j-i)&mask { // its way from home passes the gap
			x.entries[i] = x.entries[j]
			i = j
		}
	}
	x.entries[i] = entry{}
	x.used--
	if len(x.entries) > smallestIndex && x.used < len(x.entries)/8 {
		x.resize(len(x.entries) / 4)
	}
}
