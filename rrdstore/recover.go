package rrdstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"plimsoll/internal/durable"
	"plimsoll/rrdstore/rrdfile"
)

// recover brings back what was acknowledged; the steps are those of doc.go.
// Nothing else uses the store yet, so it takes no locks.
func (s *Store) recover() error {
	found, err := s.listArchives() // 1
	if err != nil {
		return err
	}
	segment, err := s.loadNewestCheckpoint() // 2
	if err != nil {
		return err
	}
	s.journal, err = durable.OpenJournal(durable.JournalConfig{
		Dir:          filepath.Join(s.cfg.Dir, "journal"),
		SegmentBytes: s.cfg.SegmentBytes,
		SyncEach:     s.cfg.SyncInterval == 0,
		First:        segment,
		FS:           s.fs,
	})
	if err != nil {
		return err
	}
	r := newReplayer(s) // 3
	replayed, err := s.journal.Replay(segment, r.record)
	if err != nil {
		return err
	}
	r.broken()
	s.stats.replayed(replayed, r)
	s.tellDamage(replayed, r)
	if err := s.restoreHeaders(r.headers); err != nil { // 4
		return err
	}
	if err := s.tidyShelf(); err != nil { // 5
		return err
	}
	if err := s.adoptArchives(); err != nil { // 6
		return err
	}
	s.tellLost(replayed, r)
	s.tell(found)
	return nil
}

// tellDamage logs what of the journal could not be read. How many samples were in
// it is not known: at least those that the rest of the journal misses.
func (s *Store) tellDamage(replayed durable.Replayed, r *replayer) {
	log := s.cfg.Logger
	for _, b := range replayed.Bad {
		log.Error("journal segment is damaged: the samples in what could not be read are lost, all other records were replayed",
			"file", b.File, "unreadable_bytes", b.Bytes, "damaged_places", b.Places, "kept_as", b.File+".bad")
	}
	if r.lost > 0 {
		log.Error("samples are lost whose series were named in parts of the journal that could not be read, both of them", "samples", r.lost)
	}
	if r.damaged > 0 {
		log.Error("journal has records that this version does not understand: the samples in them are lost",
			"records", r.damaged, "segments", r.strange)
	}
	if replayed.TornBytes > 0 {
		log.Warn("the journal ends in a record that is not whole, as when the process is killed in writing it: it was cut off, and the samples in it are lost",
			"file", replayed.TornFile, "bytes", replayed.TornBytes)
	}
	if replayed.Unrepaired != nil {
		log.Error("journal has damage that could not be put right", "err", replayed.Unrepaired)
	}
}

// listArchives notes which archives are there and clears the remains of files
// that were being made.
func (s *Store) listArchives() (*survey, error) {
	v := newSurvey(&s.cfg)
	var remains []string
	err := walkArchives(s.cfg.Dir, func(path string, e fs.DirEntry) error {
		switch {
		case strings.HasSuffix(path, ".tmp"):
			remains = append(remains, path)
		case strings.HasSuffix(path, ".rrd"):
			s.onDisk[path] = v.look(path, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, path := range v.foreign {
		delete(s.onDisk, path)
	}
	for _, path := range remains {
		if err := s.fs.Remove(filepath.Join(s.cfg.Dir, path)); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// loadNewestCheckpoint loads the newest checkpoint that can be read and returns
// the segment from which to replay. One that cannot be read is set aside.
func (s *Store) loadNewestCheckpoint() (uint64, error) {
	for _, name := range []string{checkpointFile, checkpointOld} {
		full := filepath.Join(s.cfg.Dir, name)
		data, err := s.fs.ReadFile(full)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("read %s: %w", name, err)
		}
		segment, err := s.loadCheckpoint(data)
		if err == nil {
			s.newest = segment
			s.kept = s.olderSegment(name)
			return segment, nil
		}
		s.forgetAll()
		s.stats.badFiles.Inc()
		s.cfg.Logger.Error("checkpoint set aside", "file", full, "err", err)
		if err := s.fs.Rename(full, full+".bad"); err != nil {
			return 0, fmt.Errorf("set %s aside: %w", name, err)
		}
	}
	return 0, nil
}

// olderSegment returns the segment of checkpoint.old, when name is the newer.
// Unknown is 0: then nothing is dropped before the next checkpoint but one.
func (s *Store) olderSegment(name string) uint64 {
	if name == checkpointOld {
		return 0
	}
	data, err := s.fs.ReadFile(filepath.Join(s.cfg.Dir, checkpointOld))
	if err != nil {
		return 0
	}
	head, _, err := readHead(data)
	if err != nil {
		return 0
	}
	return head.segment
}

// forgetAll empties the store of a checkpoint that proved unreadable.
func (s *Store) forgetAll() {
	for _, sr := range s.index.series {
		for path, a := range s.paths(sr) {
			if a.exists || sr.before != nil && sr.before.exists {
				s.onDisk[path] = a.odd
			}
		}
	}
	s.index, s.timings, s.buffered = newIndex(), nil, 0
	s.quotas.reset()
	s.slots = make([][]uint32, len(s.slots))
}

// restoreHeaders puts files that were being updated back to where the journal
// can bring them forward again.
func (s *Store) restoreHeaders(headers map[string][]byte) error {
	for path, header := range headers {
		file, err := s.files.acquire(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = file.RestoreHeader(header)
			s.files.release(file)
		}
		switch {
		case errors.Is(err, rrdfile.ErrFormat):
			s.cfg.Logger.Error("archive cannot be restored; it is set aside at its next update", "file", path, "err", err)
		case errors.Is(err, fs.ErrPermission): // all others must not wait for it
			s.cfg.Logger.Error("archive cannot be restored: after a crash of the machine its last rows may be wrong", "file", path, "err", err)
		case err != nil:
			return fmt.Errorf("restore %s: %w", path, err)
		}
	}
	return nil
}
