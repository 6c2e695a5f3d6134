package rrdstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"plimsoll/internal/durable"
)

const (
	checkpointFile    = "checkpoint"
	checkpointOld     = "checkpoint.old"
	checkpointNew     = "checkpoint.new"
	checkpointVersion = 5
	versionPlain      = 4 // the numbers of waiting points in full; it is read too

	// checkpointChunk is the size in bytes at which a record of series is
	// ended: far below what a record may be.
	checkpointChunk = 1 << 20
)

// checkpointLocked folds the journal's past into one file, so that its segments
// can go. The caller holds flushing, so no archive changes meanwhile.
//
//	sync journal · sync files · journal "synced" · new segment n ·
//	write checkpoint.new with the state and "n" · checkpoint to checkpoint.old ·
//	checkpoint.new to checkpoint · drop the segments that neither needs
func (s *Store) checkpointLocked() error {
	if err := s.syncFiles(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	state, segment, err := s.snapshotState()
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := s.replaceCheckpoint(state); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	s.kept, s.newest = s.newest, segment
	if s.kept == 0 {
		return nil // the only checkpoint there is: keep the past beside it
	}
	if s.pinned > 0 {
		return s.journal.DropBelow(min(s.kept, s.pinned))
	}
	return s.journal.DropBelow(s.kept)
}

// syncFiles makes all updates so far durable: the headers saved before them are
// of no more use.
func (s *Store) syncFiles() error {
	if err := s.journal.Sync(); err != nil {
		return err
	}
	if len(s.logged) == 0 {
		return nil
	}
	if err := s.volume.SyncAll(); err != nil {
		return fmt.Errorf("sync archives: %w", err)
	}
	if err := s.twice([]byte{recordSynced}); err != nil {
		return err
	}
	for _, a := range s.logged {
		a.logged = false
	}
	s.logged = nil
	return nil
}

// snapshotState encodes all state that is not in an archive. Records before
// segment are in it, records from segment on are not: Put waits meanwhile.
func (s *Store) snapshotState() (state []byte, segment uint64, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	segment = s.journal.Rotate()
	e := encoder{}
	e.byte(checkpointVersion)
	e.uint(segment)
	e.uint(uint64(len(s.index.series)))
	state, err = e.frame(make([]byte, 0, s.stateBytes+s.stateBytes/8)) // to double it as it grows would take as much again
	for i, sr := range s.index.series {
		if err != nil {
			break
		}
		e.series(s, sr)
		if len(e.b) >= checkpointChunk || i == len(s.index.series)-1 {
			state, err = e.frame(state)
		}
	}
	s.stateBytes = len(state)
	return state, segment, err
}

// frame appends what was encoded to b as a record, and begins anew.
func (e *encoder) frame(b []byte) ([]byte, error) {
	if e.err != nil {
		return nil, e.err
	}
	b, err := durable.AppendRecord(b, e.b)
	e.b = e.b[:0]
	return b, err
}

func (s *Store) replaceCheckpoint(state []byte) error {
	name := func(n string) string { return filepath.Join(s.cfg.Dir, n) }
	if err := durable.WriteFile(s.fs, name(checkpointNew), state); err != nil {
		return err
	}
	err := s.fs.Rename(name(checkpointFile), name(checkpointOld))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.fs.Rename(name(checkpointNew), name(checkpointFile)); err != nil {
		return err
	}
	return s.fs.SyncDir(s.cfg.Dir)
}
