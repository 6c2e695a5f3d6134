package counterd

import (
	"bytes"
	"hash/maphash"
	"net/netip"
	"sync"

	"plimsoll/counterd/line"
	"plimsoll/counterd/listen"
	"plimsoll/internal/metric"
)

// maxRefused bounds how many refused names a shard remembers until the next
// flush, so that a repeated collision costs a look-up only.
const maxRefused = 1024

// shard is what one listener counts into. Its lock is held by the reader for a
// batch of datagrams, by the ticker for a swap, and for a moment by Stats.
type shard struct {
	number     int
	registry   *registry
	bad        *badLines
	events     metric.EventSink
	checks     metric.CheckSink
	seed       maphash.Seed
	maxMembers int
	flush      int64 // in milliseconds, as
	oldest     int64 // how old a stamp may be

	mu      sync.Mutex
	parser  line.Parser
	slab    slab
	names   index // of records, by hash of kind, name and tags
	bound   []uint32
	refused map[string]refusal
	scratch []byte
	taps    []*tap // who looks on

	epoch     int       // 0 or 1
	touched   [2]bitmap // records that a line of the epoch named
	fresh     []uint32  // series made since the last swap
	stamps    stamps    // of lines that told their time
	lastFlush int64     // what was flushed up to, Unix milliseconds

	received, lines, parsed, ignored uint64
	lost                             uint64 // events and check results that their sink did not take
	reasons                          [line.Reasons]uint64
}

// refusal is what became of a name that has no record.
type refusal struct {
	reason    line.Reason
	collision *collision
}

func newShard(number int, c Config, r *registry, bad *badLines) *shard {
	return &shard{
		number: number, registry: r, bad: bad, seed: r.seed, events: c.Events, checks: c.Checks,
		maxMembers: c.MaxSetMembers, flush: c.Flush.Milliseconds(), oldest: c.MaxTimestampAge.Milliseconds(), refused: map[string]refusal{},
		parser: line.Parser{MaxName: c.MaxNameBytes, MaxTags: c.MaxTagBytes},
	}
}

// datagrams counts one batch under one lock.
func (s *shard) datagrams(batch []listen.Datagram) {
	if len(batch) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range batch {
		s.datagramLocked(&batch[i])
	}
}

// datagramLocked counts all lines of one datagram.
func (s *shard) datagramLocked(d *listen.Datagram) {
	s.received++
	for b := d.Data; len(b) > 0; {
		var l []byte
		l, b = line.Next(b)
		if len(l) == 0 || d.Refused != line.Good && listen.IsSigned(l) {
			continue // the signature of a datagram that is refused is no line of its own
		}
		s.lineLocked(l, d)
	}
}

func (s *shard) lineLocked(b []byte, d *listen.Datagram) {
	s.lines++
	r, clash := d.Refused, (*collision)(nil)
	if r == line.Good {
		if r = s.parser.Parse(b); r == line.Good {
			r, clash = s.applyLocked(d.From)
		}
	}
	for _, t := range s.taps {
		t.see(b, d.From, r)
	}
	if r == line.Good {
		s.parsed++
		s.ignored += uint64(s.parser.Ignored)
		return
	}
	s.reasons[r]++
	s.bad.add(d.From, b, r, clash)
	if clash != nil {
		clash.count.Add(1)
	}
}

// applyLocked counts the parsed line: all of its samples, or none.
func (s *shard) applyLocked(from netip.AddrPort) (line.Reason, *collision) {
	l := &s.parser.Line
	if l.Event != nil || l.Check != nil {
		return s.passOnLocked(from), nil
	}
	if len(l.Samples) == 1 && l.At == 0 { // nearly all are
		return s.countLocked(&l.Samples[0], from)
	}
	s.bound = s.bound[:0]
	s.stamps.begin()
	for i := range l.Samples {
		id, r, clash := s.findLocked(&l.Samples[i], from)
		if r == line.Good && l.At != 0 {
			r = s.stampLocked(id, &l.Samples[i], l.At)
		}
		if r != line.Good {
			return r, clash
		}
		s.bound = append(s.bound, id)
	}
	if l.At != 0 {
		s.stamps.keep()
		return line.Good, nil
	}
	for i, id := range s.bound {
		s.addLocked(id, &l.Samples[i])
	}
	return line.Good, nil
}

// addLocked counts a sample of a name that has the record id.
func (s *shard) addLocked(id uint32, sample *line.Sample) {
	s.touched[s.epoch].set(id)
	r := s.slab.at(id)
	if r.state&within == 0 { // nearly all
		r.add(s.epoch, sample, r.rich)
		return
	}
	home := r.rich.alias.home
	s.touched[s.epoch].set(home)
	s.slab.at(home).add(s.epoch, sample, r.rich)
}

// homeLocked returns the record that lines with the record id count in, and
// notes that an alias is in use.
func (s *shard) homeLocked(id uint32) uint32 {
	r := s.slab.at(id)
	if r.state&within == 0 {
		return id
	}
	s.touched[s.epoch].set(id)
	return r.rich.alias.home
}

func (s *shard) countLocked(sample *line.Sample, from netip.AddrPort) (line.Reason, *collision) {
	id, r, clash := s.findLocked(sample, from)
	if r != line.Good {
		return r, clash
	}
	rec := s.slab.at(id)
	if rec.state&within != 0 {
		s.addLocked(id, sample)
		return line.Good, nil
	}
	s.touched[s.epoch].set(id) // addLocked written out, since nearly every line comes by here
	rec.add(s.epoch, sample, rec.rich)
	return line.Good, nil
}

// findLocked finds or makes the record of the line's name and tags.
func (s *shard) findLocked(sample *line.Sample, from netip.AddrPort) (uint32, line.Reason, *collision) {
	l := &s.parser.Line
	hash := s.hash(sample.Kind, l.Name, l.Tags)
	id := s.lookUpLocked(hash, sample.Kind, l.Name, l.Tags)
	if id == 0 {
		var r line.Reason
		var clash *collision
		if id, r, clash = s.newRecordLocked(hash, sample.Kind, from); r != line.Good {
			return 0, r, clash
		}
	}
	if sample.Kind == line.Set && len(s.slab.at(s.homeLocked(id)).rich.acc[s.epoch].members) >= s.maxMembers {
		return 0, line.BadSetFull, nil
	}
	return id, line.Good, nil
}

// lookUpLocked is index.find written out, since every line comes by here.
func (s *shard) lookUpLocked(hash uint32, k line.Kind, name, tags []byte) uint32 {
	entries := s.names.entries
	if len(entries) == 0 {
		return 0
	}
	mask := uint32(len(entries) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		e := entries[i]
		if e.id == 0 {
			return 0
		}
		if e.hash == hash && s.slab.at(e.id).is(k, name, tags) {
			return e.id
		}
	}
}

func (s *shard) hash(k line.Kind, name, tags []byte) uint32 {
	h := maphash.Bytes(s.seed, name) + uint64(k)*0x9e3779b97f4a7c15
	if len(tags) > 0 {
		h = h*31 + maphash.Bytes(s.seed, tags)
	}
	return uint32(h ^ h>>32)
}

// newRecordLocked makes the record of a name that the shard does not know.
func (s *shard) newRecordLocked(hash uint32, k line.Kind, from netip.AddrPort) (uint32, line.Reason, *collision) {
	l := &s.parser.Line
	s.scratch = append(append(s.scratch[:0], '0'+byte(k)), l.Name...)
	if len(l.Tags) > 0 {
		s.scratch = append(append(s.scratch, '|'), l.Tags...)
	}
	if r, ok := s.refused[string(s.scratch)]; ok {
		return 0, r.reason, r.collision
	}
	id, r, clash := s.registry.bind(s, claim{kind: k, raw: l.Name, tags: l.Tags, hash: hash, from: from.Addr()})
	if r != line.Good && r != line.BadSeriesLimit && len(s.refused) < maxRefused {
		s.refused[string(s.scratch)] = refusal{r, clash}
	}
	return id, r, clash
}

// enterLocked makes the record findable and countable. The registry calls it.
func (s *shard) enterLocked(hash, id uint32) {
	s.names.add(hash, id)
	s.touched[s.epoch].grow(id + 1) // the other one is the ticker's
}

// swapped is an epoch that ended. It is the ticker's until it swaps again.
type swapped struct {
	shard   *shard
	chunks  []*chunk
	epoch   int
	touched bitmap
	fresh   []uint32
	stamps  []stamp
}

// at returns one of the records that were made before the swap.
func (e *swapped) at(id uint32) *record { return &e.chunks[id/chunkSize][id%chunkSize] }

// swap begins a new epoch and returns the old one. flushed is the end of the
// last interval that went out.
func (s *shard) swap(flushed int64) swapped {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := swapped{shard: s, chunks: s.slab.chunks, epoch: s.epoch, touched: s.touched[s.epoch], fresh: s.fresh}
	old.stamps = s.stamps.swap()
	s.epoch, s.fresh = 1-s.epoch, nil
	s.touched[s.epoch].grow(s.slab.next)
	s.noteFlushLocked(flushed)
	return old
}

// noteFlush tells the shard what went out.
func (s *shard) noteFlush(at int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noteFlushLocked(at)
}

func (s *shard) noteFlushLocked(at int64) {
	if at != s.lastFlush {
		s.lastFlush = at
		clear(s.refused) // names that were refused may try again
	}
}

// forgetLocked makes a record unfindable, unless it was used since the last
// swap: then it reports false.
func (s *shard) forgetLocked(id uint32) bool {
	if s.touched[s.epoch].has(id) || s.stamps.has(id) {
		return false
	}
	delete(s.stamps.newest, id)
	r := s.slab.at(id)
	name, tags, _ := bytes.Cut([]byte(r.key), []byte{'|'})
	s.names.remove(s.hash(r.kind, name, tags), id)
	return true
}
