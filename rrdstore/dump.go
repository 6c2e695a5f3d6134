package rrdstore

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/prometheus/model/labels"
)

// A dump carries series to another machine, whatever its architecture: a tar,
// compressed with zstd, of entries that come in this order:
//
//	series.json   of each series: its labels, its state, the names and checksums
//	              of its files,
//	*.xml         then the files, as rrdtool dump writes them
//	end.json      how many series there are, and the checksum of all before
//
// Behind it stands a zstd frame that decoders skip, with the SHA-256 of every byte
// before (RFC 8878, 3.1.2): 50 2a 4d 18, the length 32, the checksum.
const (
	dumpSeriesName = "series.json"
	dumpEndName    = "end.json"
	dumpVersion    = 1
)

// dumpedSeries is one series in a dump.
type dumpedSeries struct {
	Version int               `json:"version"`
	Labels  map[string]string `json:"labels"`
	Kind    string            `json:"kind"`
	Last    int64             `json:"last"` // ms
	Retired bool              `json:"retired,omitempty"`
	// State is the series as the checkpoint has it: totals, open sketches and
	// points that are in no file yet.
	State  []byte       `json:"state"`
	SHA256 string       `json:"state_sha256"`
	Files  []dumpedFile `json:"files"`
}

type dumpedFile struct {
	Path   string `json:"path"` // below the data directory
	SHA256 string `json:"sha256"`
}

type dumpEnd struct {
	Series int    `json:"series"`
	SHA256 string `json:"sha256"` // of the content of all entries before
}

// dumpWriter writes entries and sums them up.
type dumpWriter struct {
	tar *tar.Writer
	sum hash.Hash
}

func (w *dumpWriter) entry(name string, content []byte) error {
	err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Format: tar.FormatPAX})
	if err == nil {
		_, err = w.tar.Write(content)
	}
	_, _ = w.sum.Write([]byte(name)) // a hash takes all
	_, _ = w.sum.Write(content)
	return err
}

func (w *dumpWriter) json(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return w.entry(name, b)
}

// Dump writes the series that match to out, retired ones too, each as it is at one
// instant.
func (s *Store) Dump(ctx context.Context, ms []*labels.Matcher, out io.Writer) (n int, err error) {
	whole := sha256.New()
	z, err := zstd.NewWriter(io.MultiWriter(out, whole), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return 0, err
	}
	w := &dumpWriter{tar.NewWriter(z), sha256.New()}
	if n, err = s.dumpAll(ctx, w, ms); err != nil {
		return n, errors.Join(err, z.Close())
	}
	err = w.json(dumpEndName, dumpEnd{n, hex.EncodeToString(w.sum.Sum(nil))})
	if err = errors.Join(err, w.tar.Close(), z.Close()); err == nil {
		_, err = out.Write(whole.Sum(seal()))
	}
	return n, err
}

// dumpAll writes the active series, and then those that were on the shelf before:
// one that is retired meanwhile is one of the former, one that is woken comes as
// it is then.
func (s *Store) dumpAll(ctx context.Context, w *dumpWriter, ms []*labels.Matcher) (n int, err error) {
	retired, err := s.retiredMatching(ms)
	if err != nil {
		return 0, err
	}
	active := s.matching(ms)
	for _, sr := range active {
		if err := s.dumpSeries(w, func() (dumpedSeries, [][]byte, error) { return s.dumped(ctx, sr) }); err != nil {
			return n, fmt.Errorf("dump %s: %w", sr.labels, err)
		}
		n++
	}
	for _, r := range retired {
		if slices.ContainsFunc(active, func(sr *series) bool { return labels.Equal(sr.labels, r.series.labels) }) {
			continue // woken between the two lists
		}
		if err := s.dumpSeries(w, func() (dumpedSeries, [][]byte, error) { return s.dumpedRetired(ctx, r) }); err != nil {
			return n, fmt.Errorf("dump %s: %w", r.series.labels, err)
		}
		n++
	}
	return n, nil
}

// seal is the head of the frame that ends a dump.
func seal() []byte { return []byte{0x50, 0x2a, 0x4d, 0x18, sha256.Size, 0, 0, 0} }

// checkSeal reads a dump to its end and compares it with the checksum there.
func checkSeal(in io.Reader) error {
	whole := sha256.New()
	size := len(seal()) + sha256.Size
	var tail []byte
	b := make([]byte, 1<<16)
	for {
		n, err := in.Read(b)
		tail = append(tail, b[:n]...)
		if more := len(tail) - size; more > 0 {
			_, _ = whole.Write(tail[:more]) // a hash takes all
			tail = tail[more:]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if !bytes.Equal(tail, whole.Sum(seal())) {
		return damaged("its checksum is wrong, or its end is missing")
	}
	return nil
}

func (s *Store) dumpSeries(w *dumpWriter, take func() (dumpedSeries, [][]byte, error)) error {
	d, files, err := take()
	if err != nil {
		return err
	}
	if err := w.json(dumpSeriesName, d); err != nil {
		return err
	}
	for i, content := range files {
		if err := w.entry(d.Files[i].Path+".xml", content); err != nil {
			return err
		}
	}
	return nil
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// maxDumpEntry bounds what is taken into memory of a dump: the XML of one file.
const maxDumpEntry = 2 << 30

// readDump calls do for each series of a dump, with the contents of its files. An
// error wraps ErrDamaged when it is not as it was written; some series were done
// by then.
func readDump(in io.Reader, do func(d *dumpedSeries, files [][]byte) error) (n int, err error) {
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return 0, err
	}
	defer z.Close()
	r := &dumpReader{tar: tar.NewReader(z), sum: sha256.New()}
	for {
		name, content, err := r.next()
		if err != nil {
			return n, err
		}
		if name == dumpEndName {
			return n, r.end(content, n, z)
		}
		if err := r.series(name, content, do); err != nil {
			return n, err
		}
		n++
	}
}

type dumpReader struct {
	tar    *tar.Reader
	sum    hash.Hash
	before []byte // the sum behind the entry before
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("the dump %w: %w", ErrDamaged, fmt.Errorf(format, args...))
}

func (r *dumpReader) next() (name string, content []byte, err error) {
	h, err := r.tar.Next()
	if err != nil {
		return "", nil, damaged("%w", err)
	}
	if h.Typeflag != tar.TypeReg || h.Size > maxDumpEntry {
		return "", nil, damaged("entry %q of %d bytes", h.Name, h.Size)
	}
	content, err = io.ReadAll(r.tar)
	if err != nil {
		return "", nil, damaged("%w", err)
	}
	r.before = r.sum.Sum(nil)
	_, _ = r.sum.Write([]byte(h.Name)) // a hash takes all
	_, _ = r.sum.Write(content)
	return h.Name, content, nil
}

func (r *dumpReader) end(content []byte, n int, rest io.Reader) error {
	var end dumpEnd
	if err := json.Unmarshal(content, &end); err != nil {
		return damaged("%w", err)
	}
	if end.Series != n || end.SHA256 != hex.EncodeToString(r.before) {
		return damaged("it ends with %d series of %d, or with another checksum", n, end.Series)
	}
	if _, err := r.tar.Next(); !errors.Is(err, io.EOF) {
		return damaged("something follows the end")
	}
	if _, err := io.Copy(io.Discard, rest); err != nil { // its checksum comes last
		return damaged("%w", err)
	}
	return nil
}

func (r *dumpReader) series(name string, content []byte, do func(*dumpedSeries, [][]byte) error) error {
	var d dumpedSeries
	if name != dumpSeriesName {
		return damaged("entry %q is not wanted here", name)
	}
	if err := json.Unmarshal(content, &d); err != nil {
		return damaged("%w", err)
	}
	if d.Version != dumpVersion {
		return fmt.Errorf("the dump has version %d, which is not known", d.Version)
	}
	if sumOf(d.State) != d.SHA256 {
		return damaged("the state of %v", d.Labels)
	}
	var files [][]byte
	for _, f := range d.Files {
		name, content, err := r.next()
		if err != nil {
			return err
		}
		if name != f.Path+".xml" || sumOf(content) != f.SHA256 {
			return damaged("file %s", f.Path)
		}
		files = append(files, content)
	}
	return do(&d, files)
}
