package durable

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Replayed tells what Replay found.
type Replayed struct {
	Segments, Records int
	TornBytes         int64  // cut off the end of the newest segment,
	TornFile          string // which is this
	BadSegments       int    // set aside, in whole or as a copy
	Bad               []BadSegment
	// Unrepaired says why damage could not be put right on the disk, as when
	// it is full. All that could be read was replayed; the next replay tries
	// again.
	Unrepaired error
}

// BadSegment is a segment with damage, and how much of it could not be read. How
// many records that was, nobody knows: their lengths were lost with them.
type BadSegment struct {
	File   string // the path; as it was found it is there with .bad behind it
	Bytes  int64
	Places int // stretches of damage, each of at least one record
}

func (r *Replayed) bad(b BadSegment) {
	r.BadSegments++
	r.Bad = append(r.Bad, b)
}

// Replay calls fn for each record of the segments from number from on, in the
// order in which they were written. payload is valid during the call. An error
// of fn ends the replay.
func (j *Journal) Replay(from uint64, fn func(segment uint64, payload []byte) error) (Replayed, error) {
	var r Replayed
	for _, n := range j.numbers() {
		if n < from {
			continue
		}
		r.Segments++
		data, err := j.cfg.FS.ReadFile(j.path(n))
		if err != nil {
			r.bad(BadSegment{File: j.path(n), Bytes: j.sizeOf(n), Places: 1})
			r.Unrepaired = errors.Join(r.Unrepaired, j.setAside(n, err))
			continue
		}
		if err := j.replaySegment(n, data, fn, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (j *Journal) numbers() []uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	numbers := make([]uint64, 0, len(j.bytes))
	for n := range j.bytes {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	return numbers
}

func (j *Journal) sizeOf(n uint64) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.bytes[n]
}

func (j *Journal) replaySegment(n uint64, data []byte, fn func(uint64, []byte) error, r *Replayed) error {
	s := scan(data)
	for _, record := range s.records {
		r.Records++
		if err := fn(n, record[headerBytes:]); err != nil {
			return fmt.Errorf("replay journal segment %d: %w", n, err)
		}
	}
	switch {
	case s.whole:
		return nil
	case s.tornAt >= 0 && n+1 == j.n:
		r.TornBytes += int64(len(data)) - s.tornAt
		r.TornFile = j.path(n)
		r.Unrepaired = errors.Join(r.Unrepaired, j.cutTail(n, s.tornAt))
	default:
		r.bad(BadSegment{File: j.path(n), Bytes: s.unread, Places: s.places})
		r.Unrepaired = errors.Join(r.Unrepaired, j.repair(n, data, s.records))
	}
	return nil
}

// scanned is a segment taken apart.
type scanned struct {
	records [][]byte // whole frames
	whole   bool     // no damage
	tornAt  int64    // ≥ 0: all damage lies behind this offset, the last whole record's end
	unread  int64    // bytes that are in no whole record
	places  int      // stretches of them
}

// scan finds the whole records in data, going on behind damage at the next
// offset where a length and a checksum agree.
func scan(data []byte) scanned {
	s := scanned{whole: true, tornAt: -1}
	damagedBefore, inDamage := false, false
	for at := 0; at < len(data); {
		if size := recordAt(data[at:]); size > 0 {
			s.records = append(s.records, data[at:at+size])
			at += size
			damagedBefore, inDamage = damagedBefore || !s.whole, false
			continue
		}
		if !inDamage {
			inDamage = true
			s.places++
		}
		s.unread++
		if s.whole {
			s.whole, s.tornAt = false, int64(at)
		}
		at++
	}
	if damagedBefore {
		s.tornAt = -1
	}
	return s
}

func (j *Journal) cutTail(n uint64, at int64) error {
	if err := j.cfg.FS.Truncate(j.path(n), at); err != nil {
		return fmt.Errorf("cut torn tail of journal segment %d: %w", n, err)
	}
	j.mu.Lock()
	j.bytes[n] = at
	j.mu.Unlock()
	return nil
}

// repair keeps a damaged segment as it was found beside one of its whole
// records. Each step is atomic and can be done again after a crash.
func (j *Journal) repair(n uint64, data []byte, records [][]byte) error {
	if err := WriteFile(j.cfg.FS, j.path(n)+".bad", data); err != nil {
		return fmt.Errorf("keep damaged journal segment %d: %w", n, err)
	}
	whole := slices.Concat(records...)
	if err := WriteFile(j.cfg.FS, j.path(n), whole); err != nil {
		return fmt.Errorf("repair journal segment %d: %w", n, err)
	}
	j.mu.Lock()
	j.bytes[n] = int64(len(whole))
	j.mu.Unlock()
	return nil
}

// setAside renames a segment that cannot be read.
func (j *Journal) setAside(n uint64, cause error) error {
	if err := j.cfg.FS.Rename(j.path(n), j.path(n)+".bad"); err != nil {
		return fmt.Errorf("set unreadable journal segment %d aside: %w", n, errors.Join(cause, err))
	}
	j.mu.Lock()
	delete(j.bytes, n)
	j.mu.Unlock()
	return nil
}

// list returns the segments with their sizes, and the highest number in use,
// be it of a segment that was set aside.
func (j *Journal) list() (map[uint64]int64, uint64, error) {
	entries, err := j.cfg.FS.ReadDir(j.cfg.Dir)
	if err != nil {
		return nil, 0, fmt.Errorf("list journal: %w", err)
	}
	found, highest := map[uint64]int64{}, uint64(0)
	for _, e := range entries {
		var n uint64
		name, rest, _ := strings.Cut(e.Name(), ".")
		if _, err := fmt.Sscanf(name, "%d", &n); err != nil {
			continue
		}
		highest = max(highest, n)
		if rest == "wal" {
			found[n] = sizeOf(e)
		}
	}
	return found, highest, nil
}

func sizeOf(e os.DirEntry) int64 {
	info, err := e.Info()
	if err != nil {
		return 0 // gone since it was listed
	}
	return info.Size()
}
