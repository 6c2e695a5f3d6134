package counterd

// chunkSize is how many records are made at once.
const chunkSize = 512

type chunk [chunkSize]record

// slab keeps the records of a shard, which never move. Only the shard's reader
// adds to it, under the registry's lock as well as its own; so whoever holds
// either lock may look.
type slab struct {
	chunks []*chunk
	next   uint32 // the least id that was never used; 0 is none
	free   []uint32
	inUse  int
}

func (s *slab) at(id uint32) *record { return &s.chunks[id/chunkSize][id%chunkSize] }

// full tells that no more ids are left.
func (s *slab) full() bool { return s.next >= maxRecords && len(s.free) == 0 }

// make returns an unused record.
func (s *slab) make() (uint32, *record) {
	s.inUse++
	if n := len(s.free); n > 0 {
		id := s.free[n-1]
		s.free = s.free[:n-1]
		return id, s.at(id)
	}
	s.next = max(s.next, 1)
	id := s.next
	s.next++
	if int(id/chunkSize) == len(s.chunks) {
		s.chunks = append(s.chunks, new(chunk))
	}
	return id, s.at(id)
}

// release takes a record back.
func (s *slab) release(id uint32) {
	*s.at(id) = record{}
	s.free = append(s.free, id)
	s.inUse--
}
