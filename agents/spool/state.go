package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"plimsoll/internal/durable"
	"plimsoll/internal/wire"
)

const stateVersion = 1

// state is what is known of all samples that were ever put.
type state struct {
	stream string           // names this spool to collectors
	boot   string           // of the machine, in which the stream began, and the instance
	cursor durable.Position // what is settled stands before it
	first  uint64           // the first sample that is not settled
	hole   hole
	since  uint64 // the oldest segment that is read for repeats

	delivered, dropped, damaged uint64
	refused                     map[string]uint64
}

// hole is a range of samples behind those of which a request is under way. They
// were dropped and counted.
type hole struct{ from, to uint64 }

func (s state) encode() []byte {
	b := wire.AppendString(wire.AppendString([]byte{stateVersion}, s.stream), s.boot)
	b = binary.AppendVarint(binary.AppendUvarint(b, s.cursor.Segment), s.cursor.Offset)
	for _, v := range [...]uint64{s.first, s.hole.from, s.hole.to, s.since, s.delivered, s.dropped, s.damaged, uint64(len(s.refused))} {
		b = binary.AppendUvarint(b, v)
	}
	for _, reason := range slices.Sorted(maps.Keys(s.refused)) {
		b = binary.AppendUvarint(wire.AppendString(b, reason), s.refused[reason])
	}
	return b
}

func decodeState(b []byte) (state, error) {
	d := wire.NewDecoder(b)
	if v := d.Byte(); v != stateVersion {
		return state{}, fmt.Errorf("version %d is not known", v)
	}
	s := state{stream: d.String(), boot: d.String(), refused: map[string]uint64{}}
	s.cursor = durable.Position{Segment: d.Uint(), Offset: d.Int()}
	for _, v := range [...]*uint64{&s.first, &s.hole.from, &s.hole.to, &s.since, &s.delivered, &s.dropped, &s.damaged} {
		*v = d.Uint()
	}
	for range d.Count() {
		reason := d.String()
		s.refused[reason] = d.Uint()
	}
	return s, d.End()
}

func (s *Spool) statePath() string { return filepath.Join(s.cfg.Dir, "state") }

// settle counts n samples as settled.
func (s *state) settle(n int) {
	s.first += uint64(n)
	s.fill()
}

// fill steps over the hole when the first sample is at its edge.
func (s *state) fill() {
	if s.hole.to > 0 && s.first >= s.hole.from {
		s.first, s.hole = max(s.first, s.hole.to), hole{}
	}
}

// skip counts what is missing before the sample with a number as damaged.
func (s *state) skip(to uint64) {
	missing := to - s.first
	if s.hole.from >= s.first && s.hole.to <= to {
		missing -= s.hole.to - s.hole.from
		s.hole = hole{}
	}
	s.damaged += missing
	s.first = to
	s.fill()
}

// loadState reads the state, a new one if there is none. One that cannot be read
// is set aside: then all that is kept is sent again.
func (s *Spool) loadState() error {
	framed, err := s.fs.ReadFile(s.statePath())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("load the state of the spool: %w", err)
	default:
		data, rest, ok := durable.NextRecord(framed)
		if ok && len(rest) == 0 {
			if s.state, err = decodeState(data); err == nil {
				s.checkBoot()
				return nil
			}
		}
		s.log.Error("the state of the spool cannot be read and is set aside; what is kept is sent again",
			"file", s.statePath(), "err", err)
		if err := s.fs.Rename(s.statePath(), s.statePath()+".bad"); err != nil {
			return fmt.Errorf("set the state of the spool aside: %w", err)
		}
	}
	s.state = state{stream: newStream(), refused: map[string]uint64{}}
	s.checkBoot()
	return nil
}

// checkBoot begins a new stream after a start of the machine: a crash of it may
// have cost samples that were sent already, and their numbers are given anew. So
// it does when the spool is another instance's.
func (s *Spool) checkBoot() {
	id, err := s.fs.ReadFile("/proc/sys/kernel/random/boot_id")
	boot := string(id) + s.cfg.Instance
	if err != nil || boot != s.state.boot {
		s.state.stream, s.state.boot = newStream(), boot
	}
}

// saveLocked writes the state and then removes what it no longer needs. A disk
// that is full gets the room of what is delivered first.
func (s *Spool) saveLocked() error {
	s.state.since = s.repeats.since
	err := s.writeStateLocked()
	if err != nil && s.journal.DropBelow(s.state.cursor.Segment) == nil {
		err = s.writeStateLocked()
	}
	if err != nil {
		return err
	}
	s.dirty, s.savedAt = false, s.cfg.Now()
	return s.dropLocked(min(s.state.cursor.Segment, s.state.since))
}

func (s *Spool) writeStateLocked() error {
	framed, err := durable.AppendRecord(nil, s.state.encode())
	if err == nil {
		err = durable.WriteFile(s.fs, s.statePath(), framed)
	}
	if err != nil {
		return fmt.Errorf("save the state of the spool: %w", err)
	}
	return nil
}

// dropLocked removes the segments below n.
func (s *Spool) dropLocked(n uint64) error {
	if err := s.journal.DropBelow(n); err != nil {
		return err
	}
	maps.DeleteFunc(s.ends, func(segment, _ uint64) bool { return segment < n })
	return nil
}
