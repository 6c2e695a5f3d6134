package rrdfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Report is what can be said of a file without knowing what was sent to it.
type Report struct {
	Path       string          `json:"path"`
	Bytes      int64           `json:"bytes"`
	Step       int64           `json:"step_seconds"`
	LastMillis int64           `json:"last_update_ms"`
	DS         []string        `json:"data_sources"`
	Archives   []ArchiveReport `json:"archives"`
	// Problems are what no writer leaves, the first of each kind and place.
	Problems []string `json:"problems"`
	// FirstDiffer names the first row that differs, "" for none.
	FirstDiffer string `json:"first_differ,omitempty"`
}

// ArchiveReport is the part of one archive. Compared are the values of an
// AVERAGE for which finer rows of all their time are there. Of those, Differ
// cannot be made of these rows: by more than one part in 1e9, or known where they
// are unknown, or the reverse. If the finer rows are more than a step, they may
// hide unknown steps: a value between the least and the greatest, or beside
// unknown ones, then is Loose only.
type ArchiveReport struct {
	CF         string `json:"cf"`
	RowSeconds int64  `json:"row_seconds"`
	Rows       int64  `json:"rows"`
	Known      int64  `json:"known_values"`
	Compared   int64  `json:"compared"`
	Loose      int64  `json:"loose"`
	Differ     int64  `json:"differ"`
}

// Sound tells that nothing was found: no problem, and no row that differs. Rows
// may differ without harm after a Reshape that spread coarse rows over fine ones.
func (r *Report) Sound() bool { return len(r.Problems) == 0 && r.FirstDiffer == "" }

// maxProblems bounds the list of a file that is all garbage.
const maxProblems = 100

// verifyFuture is how far ahead of the clock a last update may be.
const verifyFuture = 10 * time.Minute

// verifyTries is how often Verify reads a file to find it at rest.
const verifyTries = 5

// Verify checks everything about a file that can be checked without knowing what
// was sent. An error says that it could not be read; what is wrong with it is in
// the report. It only reads, and takes no lock: while somebody writes, it reads
// again until two readings are the same, and gives ErrBeingWritten if none are.
// A writer that was stopped, or killed, between rows and header can make the
// oldest rows differ: they are the next ones already.
func Verify(path string, now time.Time) (Report, error) {
	r := Report{Path: path, Problems: []string{}}
	h, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return r, err
	}
	defer h.Close()
	info, err := h.Stat()
	if err != nil {
		return r, err
	}
	r.Bytes = info.Size()
	if !info.Mode().IsRegular() {
		r.problem("not a regular file")
		return r, nil
	}
	// What follows takes memory for a file of the right size only.
	if _, _, err := readHeader(h, r.Bytes); errors.Is(err, ErrFormat) {
		r.problem("%v", err)
		return r, nil
	} else if err != nil {
		return r, fmt.Errorf("verify %s: %w", path, err)
	}
	b, err := atRest(h, r.Bytes)
	if err != nil {
		return r, fmt.Errorf("verify %s: %w", path, err)
	}
	return verify(path, b, now), nil
}

// atRest reads a file until two readings are the same.
func atRest(h io.ReaderAt, size int64) ([]byte, error) {
	b, again := make([]byte, size), make([]byte, size)
	if _, err := h.ReadAt(b, 0); err != nil {
		return nil, err
	}
	for range verifyTries {
		if _, err := h.ReadAt(again, 0); err != nil {
			return nil, err
		}
		if bytes.Equal(b, again) {
			return b, nil
		}
		b, again = again, b
	}
	return nil, ErrBeingWritten
}

// Verify is Verify of an open file between two updates. It also checks that the
// header on the disk is the one that was written.
func (f *File) Verify(now time.Time) (Report, error) {
	f.mu.RLock()
	b := make([]byte, f.schema.FileBytes())
	n, err := io.ReadFull(io.NewSectionReader(f.handle, 0, int64(len(b))), b)
	header := append([]byte(nil), f.header...)
	f.mu.RUnlock()
	if err != nil {
		return Report{Path: f.path}, fmt.Errorf("verify %s: %d of %d bytes: %w", f.path, n, len(b), err)
	}
	r := verify(f.path, b, now)
	if !bytes.Equal(b[f.live:f.live+int64(len(header))], header) {
		r.problem("the header on disk is not the one that was written")
	}
	return r, nil
}

func verify(path string, b []byte, now time.Time) Report {
	r := Report{Path: path, Bytes: int64(len(b)), Problems: []string{}}
	schema, head, err := readHeader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		r.problem("%v", err)
		return r
	}
	r.Step = schema.Step
	seen := map[string]bool{}
	for i, d := range schema.DS {
		if seen[d.Name] {
			r.problem("data source %d: name %q again", i, d.Name)
		}
		seen[d.Name] = true
		r.DS = append(r.DS, d.Name)
	}
	st, err := decodeState(schema, head[layoutOf(len(schema.DS), len(schema.RRA)).live:])
	if err != nil {
		r.problem("%v", err)
		return r
	}
	r.LastMillis = st.sec*1000 + st.usec/1000
	if at := time.UnixMilli(r.LastMillis); at.After(now.Add(verifyFuture)) {
		r.problem("last update %s is in the future", at.UTC().Format(time.RFC3339))
	}
	r.open(schema, &st)
	r.rows(schema, &st, b)
	return r
}

func (r *Report) problem(format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
	}
}

// open checks the open step and the open rows.
func (r *Report) open(s *Schema, st *state) {
	for i, d := range s.DS {
		p := &st.pdp[i]
		if _, err := strconv.ParseFloat(p.text, 64); err != nil && p.text != "U" && p.text != "UNKN" {
			r.problem("data source %q: last reading %q", d.Name, p.text)
		}
		if elapsed := uint64(st.sec % s.Step); p.unknown > elapsed {
			r.problem("data source %q: %d unknown seconds of %d in the open step", d.Name, p.unknown, elapsed)
		}
		if math.IsInf(p.value, 0) {
			r.problem("data source %q: %v in the open step", d.Name, p.value)
		}
	}
	for i, a := range s.RRA {
		elapsed := uint64(st.sec % (s.Step * a.Steps) / s.Step)
		for ds, d := range s.DS {
			c := &st.cdp[i*len(s.DS)+ds]
			if c.unknown > elapsed {
				r.problem("archive %d data source %q: %d unknown steps of %d in the open row", i, d.Name, c.unknown, elapsed)
			}
			if math.IsInf(c.value, 0) && c.value != carry(cfOf(a.CF), math.NaN(), 0) {
				r.problem("archive %d data source %q: %v in the open row", i, d.Name, c.value)
			}
		}
	}
}
