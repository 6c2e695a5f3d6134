package remote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
	"plimsoll/internal/wire"
)

// Versions of the file of totals; the first had timings only.
const (
	timingsVersion = 1
	stateVersion   = 2
)

// cursor tells what the engine has: all records before next, none of which
// stands above segment.
type cursor struct {
	next    uint64
	segment uint64
}

func (s *Sink) path(name string) string { return filepath.Join(s.cfg.Dir, name) }

// keepCursor saves the cursor, if it moved. When it cannot be saved, what was
// sent since it was is sent again after a restart.
func (s *Sink) keepCursor() {
	s.cursorMu.Lock()
	defer s.cursorMu.Unlock()
	s.mu.Lock()
	c := s.cursor
	s.mu.Unlock()
	if c == s.saved {
		return
	}
	err := s.saveCursor(c)
	s.report("save the cursor", err)
	if err == nil {
		s.saved = c
	}
}

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

// saveTotals writes what counters and timings have counted, and up to which
// record.
func (s *Sink) saveTotals() error {
	s.mu.Lock()
	b := binary.LittleEndian.AppendUint64([]byte{stateVersion}, s.seq)
	for sr := range s.series.all {
		if sr.last > 0 && (sr.kind == metric.Timing || sr.Known) {
			b = appendTotal(b, sr)
		}
	}
	s.mu.Unlock()
	return s.saveFile("totals", b)
}

func appendTotal(b []byte, sr *series) []byte {
	b = wire.AppendLabels(append(b, byte(sr.kind)), sr.labels)
	b = binary.AppendVarint(binary.AppendVarint(b, sr.last), sr.began)
	if sr.kind == metric.Timing {
		return wire.AppendFloat(wire.AppendFloat(b, sr.sum), sr.count)
	}
	b = binary.AppendVarint(binary.AppendVarint(b, sr.At), sr.Start)
	return wire.AppendFloat(wire.AppendFloat(b, sr.Raw), sr.Total)
}

// total is the other way of appendTotal.
func (d *decoder) total(version byte) *series {
	sr := &series{state: state{kind: metric.Timing}}
	if version > timingsVersion {
		sr.kind = metric.Kind(d.Byte())
	}
	sr.labels, sr.last = d.Labels(), d.Int()
	if version > timingsVersion {
		sr.began = d.Int()
	}
	if sr.kind == metric.Timing {
		sr.sum, sr.count = d.Float(), d.Float()
		return sr
	}
	sr.Known, sr.At, sr.Start = true, d.Int(), d.Int()
	sr.Raw, sr.Total = d.Float(), d.Float()
	sr.value = sr.Total
	return sr
}

// loadTotals fills the table of series and returns the number of the last record
// that is in it.
func (s *Sink) loadTotals() (uint64, error) {
	b, err := s.loadFile("totals")
	if err != nil || b == nil {
		return 0, err
	}
	if len(b) < 9 || b[0] != stateVersion && b[0] != timingsVersion {
		return 0, s.setAside("totals")
	}
	seq := binary.LittleEndian.Uint64(b[1:])
	var found []*series
	d := decoder{wire.NewDecoder(b[9:])}
	for d.Len() > 0 {
		found = append(found, d.total(b[0]))
	}
	if d.Err() != nil {
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
