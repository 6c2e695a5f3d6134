package rrdstore

import (
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/durable"
)

// A series that was silent for Config.RetireAfter leaves the memory: it is put on
// the shelf. Its files go from archives/ to the same path below retired/, and
// beside them what was known of it, in a file whose name tells its last second:
//
//	retired/up/job=web.rrd
//	retired/up/job=web~1700000000.state
//
// A series is in the index or on the shelf, never in both, and the index counts:
//
//	shelve   write .state · move the files · sync the file system ·
//	         journal "shelved" and a new segment · leave the index
//	wake     move the files back · journal "woken", with the state · into the
//	         index · remove .state
//
//	died …                            found at the next start, and put right
//	before "shelved"                  in the index: files are moved back
//	after it                          –
//	before "woken"                    not in the index, .state is there: files
//	                                  that were moved back are shelved again
//	before .state is removed          in the index: .state is removed
//
// All numbers of series change when some are shelved, so the journal goes on in a
// new segment, which tells all labels anew.

const (
	retiredDir  = "retired"
	stateSuffix = ".state"
	stateMark   = '~' // no name of an archive has it
)

// shelf knows which series are retired, in a few bytes each. Store.mu guards it,
// but for due.
type shelf struct {
	seed  maphash.Seed
	last  map[uint64]int64 // the second of the newest sample, by the hash of the base path
	files int
	// spared were asked back, and are not retired again before that instant, ms.
	spared map[uint64]int64
	// due are those that the round before told of as to be removed soon, with the
	// second of their newest sample. They are that round's, which Run alone makes.
	due map[string]int64
}

func newShelf() shelf {
	return shelf{seed: maphash.MakeSeed(), last: map[uint64]int64{}, spared: map[uint64]int64{}}
}

func (h *shelf) key(base string) uint64 { return maphash.String(h.seed, base) }

func (h *shelf) add(base string, second int64, files int) {
	h.last[h.key(base)] = second
	h.files += files
}

func (h *shelf) remove(base string, files int) {
	delete(h.last, h.key(base))
	h.files -= files
}

// shelved is where a path below archives/ is on the shelf.
func shelved(path string) string { return retiredDir + strings.TrimPrefix(path, archiveDir) }

// stateName is the path of the state of a series on the shelf.
func stateName(base string, second int64) string {
	return shelved(base) + string(stateMark) + strconv.FormatInt(second, 10) + stateSuffix
}

// parseStateName is the inverse of stateName.
func parseStateName(path string) (base string, second int64, ok bool) {
	name, is := strings.CutSuffix(path, stateSuffix)
	mark := strings.LastIndexByte(name, stateMark)
	if !is || mark < 0 {
		return "", 0, false
	}
	second, err := strconv.ParseInt(name[mark+1:], 10, 64)
	return archiveDir + strings.TrimPrefix(name[:mark], retiredDir), second, err == nil
}

// retiredSeries are the files of one series on the shelf.
type retiredSeries struct {
	base   string
	second int64    // of the newest sample
	files  []string // below archives/, where they came from
	state  string   // the path of the newest; "": there is none
	older  []string // states that should have been removed
}

// walkShelf lists the series on the shelf, by names alone.
func (s *Store) walkShelf() ([]*retiredSeries, error) {
	var all []*retiredSeries
	found := map[string]*retiredSeries{}
	of := func(base string) *retiredSeries {
		if found[base] == nil {
			found[base] = &retiredSeries{base: base}
			all = append(all, found[base])
		}
		return found[base]
	}
	err := walkFilesIn(s.cfg.Dir, retiredDir, func(path string, _ fs.DirEntry) error {
		if base, second, is := parseStateName(path); is {
			r := of(base)
			if second < r.second {
				r.older = append(r.older, path)
				return nil
			}
			if r.state != "" {
				r.older = append(r.older, r.state)
			}
			r.state, r.second = path, second
		} else if strings.HasSuffix(path, ".rrd") {
			path = archiveDir + strings.TrimPrefix(path, retiredDir)
			base, _ := splitPath(path)
			r := of(base)
			r.files = append(r.files, path)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return all, err
}

// encodeState is what a series on the shelf, or one that is woken, is known by.
func (s *Store) encodeState(sr *series) ([]byte, error) {
	e := encoder{}
	e.byte(checkpointVersion)
	e.series(s, sr)
	return e.b, e.err
}

func (s *Store) decodeState(b []byte) (*series, error) {
	d := newDecoder(b)
	d.version = d.Byte()
	if d.Err() == nil && d.version != checkpointVersion && d.version != versionPlain {
		return nil, fmt.Errorf("version %d is not known", d.version)
	}
	sr := s.decodeSeries(&d)
	return sr, d.Err()
}

func (s *Store) writeState(name string, sr *series) error {
	b, err := s.encodeState(sr)
	if err == nil {
		b, err = durable.AppendRecord(nil, b)
	}
	if err != nil {
		return err
	}
	name = filepath.Join(s.cfg.Dir, name)
	if err := s.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := s.fs.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// readState reads the series of a state file, with no part of the store changed.
func (s *Store) readState(name string) (*series, []byte, error) {
	data, err := s.fs.ReadFile(filepath.Join(s.cfg.Dir, name))
	if err != nil {
		return nil, nil, err
	}
	payload, rest, ok := durable.NextRecord(data)
	if !ok || len(rest) > 0 {
		return nil, nil, fmt.Errorf("%s %w", name, ErrDamaged)
	}
	sr, err := s.decodeState(payload)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return sr, payload, nil
}

// labelsOf returns the labels that a base path tells, or its side file.
func (s *Store) labelsOf(base string) (labels.Labels, error) {
	l, err := parseBase(base)
	if errors.Is(err, errHashed) {
		return readSideFile(s.fs.ReadFile, s.cfg.Dir, base)
	}
	return l, err
}
