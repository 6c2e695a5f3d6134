package remote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"plimsoll/internal/durable"
)

const stateVersion = 1

// cursor tells what the engine has: all records before next, none of which
// stands above segment.
type cursor struct {
	next    uint64
	segment uint64
}

func (s *Sink) path(name string) string { return filepath.Join(s.cfg.Dir, name) }

func (s *Sink) saveCursor(c cursor) error {
	b := binary.LittleEndian.AppendUint64(nil, c.next)
	return s.saveFile("cursor", binary.LittleEndian.AppendUint64(b, c.segment))
}

// loadCursor returns the begin of all when there is no cursor that can be read:
// what is in the journal is sent again then, which engines tolerate.
func (s *Sink) loadCursor() (cursor, error) {
	b, err := s.loadFile("cursor")
	if err != nil || b == nil {
		return cursor{next: 1}, err
	}
	if len(b) != 16 {
		return cursor{next: 1}, s.setAside("cursor")
	}
	return cursor{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])}, nil
}

// saveTotals writes what the timings have counted, and up to which record.
func (s *Sink) saveTotals() error {
	s.mu.Lock()
	s.sweepLocked(s.cfg.Now())
	b := binary.LittleEndian.AppendUint64([]byte{stateVersion}, s.seq)
	for _, all := range s.series {
		for _, sr := range all {
			if sr.timing {
				b = binary.AppendVarint(appendLabels(b, sr.labels), sr.now.last)
				b = appendFloat(appendFloat(b, sr.now.sum), sr.now.count)
			}
		}
	}
	s.mu.Unlock()
	return s.saveFile("totals", b)
}

// loadTotals fills the table of series and returns the number of the last record
// that is in it.
func (s *Sink) loadTotals() (uint64, error) {
	b, err := s.loadFile("totals")
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) < 9 || b[0] != stateVersion {
		return 0, s.setAside("totals")
	}
	seq := binary.LittleEndian.Uint64(b[1:])
	var found []*series
	d := decoder{b: b[9:]}
	for len(d.b) > 0 {
		sr := &series{labels: d.labels(), timing: true, now: state{known: true, last: d.int()}}
		sr.now.sum, sr.now.count = d.float(), d.float()
		found = append(found, sr)
	}
	if d.err != nil {
		return 0, s.setAside("totals")
	}
	for _, sr := range found {
		s.addLocked(sr)
	}
	return seq, nil
}

// saveFile replaces a file by one checked record.
func (s *Sink) saveFile(name string, data []byte) error {
	framed, err := durable.AppendRecord(nil, data)
	if err != nil {
		return fmt.Errorf("save %s: %w", name, err)
	}
	return durable.WriteFile(s.cfg.fs, s.path(name), framed)
}

// loadFile returns nil when there is no such file, or none that can be read.
func (s *Sink) loadFile(name string) ([]byte, error) {
	framed, err := s.cfg.fs.ReadFile(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", name, err)
	}
	data, rest, ok := durable.NextRecord(framed)
	if !ok || len(rest) > 0 {
		return nil, s.setAside(name)
	}
	return data, nil
}

// setAside renames a file that cannot be understood.
func (s *Sink) setAside(name string) error {
	s.stats.badFiles.Inc()
	s.log.Error("a file cannot be understood and is set aside", "file", s.path(name))
	if err := s.cfg.fs.Rename(s.path(name), s.path(name)+".bad"); err != nil {
		return fmt.Errorf("set %s aside: %w", name, err)
	}
	return nil
}
