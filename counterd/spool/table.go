package spool

import (
	"hash/maphash"

	"github.com/prometheus/prometheus/model/labels"
)

// name is what an entry has in common with those of other seconds.
type name struct {
	labels labels.Labels
	raw    string
	start  int64
	next   uint32 // the reference that came after this one last time
	kind   uint8
}

func (n *name) is(e *Entry) bool {
	return n.kind == e.Kind && labels.Equal(n.labels, e.Labels) && n.raw == e.Raw
}

// table holds the names that were told in the current segment. The caller gives
// its series in nearly the same order each second, so most are found without a
// hash: behind the one before.
type table struct {
	names []name
	slots []uint32 // reference + 1 by hash of the labels, linear probing; 0: free
	seed  maphash.Seed
	first uint32 // the reference that came first last time
}

func newTable() table { return table{seed: maphash.MakeSeed()} }

// begin forgets all names. Memory that the last segment made no use of goes.
func (t *table) begin() {
	if len(t.names) == 0 {
		return // begun already
	}
	if cap(t.names) > 4*len(t.names) {
		*t = table{seed: t.seed}
		return
	}
	clear(t.names)
	clear(t.slots)
	t.names, t.first = t.names[:0], 0
}

// find returns the reference of e's name. guess is where it stood last time.
func (t *table) find(e *Entry, guess uint32) (ref uint32, known bool) {
	if int(guess) < len(t.names) && t.names[guess].is(e) {
		return guess, true
	}
	if len(t.slots) == 0 {
		return 0, false
	}
	slot := t.slotOf(e.Labels)
	if t.slots[slot] == 0 {
		return 0, false
	}
	ref = t.slots[slot] - 1
	return ref, t.names[ref].is(e)
}

// add gives the name of e the next reference. Of equal labels the newest counts.
func (t *table) add(e *Entry) (ref uint32) {
	if 2*(len(t.names)+1) > len(t.slots) {
		t.grow()
	}
	ref = uint32(len(t.names))
	t.names = append(t.names, name{labels: e.Labels, raw: e.Raw, start: e.Start, kind: e.Kind, next: ref + 1})
	t.slots[t.slotOf(e.Labels)] = ref + 1
	return ref
}

// slotOf returns the slot that l has, or the free one that it would get.
func (t *table) slotOf(l labels.Labels) uint64 {
	mask := uint64(len(t.slots) - 1)
	at := maphash.Comparable(t.seed, l) & mask
	for t.slots[at] != 0 && !labels.Equal(t.names[t.slots[at]-1].labels, l) {
		at = (at + 1) & mask
	}
	return at
}

func (t *table) grow() {
	t.slots = make([]uint32, max(64, 2*len(t.slots)))
	for ref := range t.names {
		t.slots[t.slotOf(t.names[ref].labels)] = uint32(ref) + 1
	}
}

// follow notes that ref came after the reference before, or first.
func (t *table) follow(before int64, ref uint32) {
	if before < 0 {
		t.first = ref
		return
	}
	t.names[before].next = ref
}

// guess tells what came after the reference before last time.
func (t *table) guess(before int64) uint32 {
	if before < 0 {
		return t.first
	}
	return t.names[before].next
}
