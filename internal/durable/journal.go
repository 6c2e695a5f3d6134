package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
)

// JournalConfig says where and how a journal is kept.
type JournalConfig struct {
	Dir string
	// SegmentBytes is the size at which a new segment is begun.
	SegmentBytes int64
	// SyncEach makes Append durable against a crash of the machine; otherwise
	// the caller calls Sync from time to time.
	SyncEach bool
	// First is the least number for a new segment: one that was promised
	// before the restart.
	First uint64
	FS    FS
}

// Journal is an append-only log of records, safe for concurrent use.
type Journal struct {
	cfg JournalConfig

	// syncMu is held while files are synced and closed. It is taken before mu.
	syncMu sync.Mutex

	mu    sync.Mutex // guards what follows
	n     uint64     // number of the current segment
	f     File       // the current segment; nil until its first record
	size  int64
	done  []File           // full segments that were not yet synced; Sync closes them
	dirty bool             // the current segment has bytes not yet synced
	bytes map[uint64]int64 // sizes of the segments on disk
	buf   []byte
}

// OpenJournal opens the journal in cfg.Dir, made if it is not there. Replay, if
// wanted, comes before the first Append.
func OpenJournal(cfg JournalConfig) (*Journal, error) {
	if err := cfg.FS.MkdirAll(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make journal directory: %w", err)
	}
	j := &Journal{cfg: cfg, n: max(cfg.First, 1), bytes: map[uint64]int64{}}
	found, highest, err := j.list()
	if err != nil {
		return nil, err
	}
	for n, size := range found {
		j.bytes[n] = size
	}
	j.n = max(j.n, highest+1)
	return j, nil
}

func (j *Journal) path(n uint64) string {
	return filepath.Join(j.cfg.Dir, fmt.Sprintf("%08d.wal", n))
}

// Segment returns the number of the segment that the next Append writes to.
func (j *Journal) Segment() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.f != nil && j.size >= j.cfg.SegmentBytes {
		j.sealLocked()
	}
	return j.n
}

// Rotate ends the current segment and returns the number of the next: all
// records so far stand below it, all later ones in it or above.
func (j *Journal) Rotate() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sealLocked()
	return j.n
}

// sealLocked hands an open segment over to Sync and goes on to the next number.
func (j *Journal) sealLocked() {
	if j.f == nil {
		return
	}
	j.done = append(j.done, j.f)
	j.f, j.size, j.dirty = nil, 0, false
	j.n++
}

// ErrSegmentEnded means that another segment was begun since the caller asked
// for the number of the current one.
var ErrSegmentEnded = errors.New("the journal segment has ended")

// AppendIn is Append, in one write, for records that make sense in one segment only.
func (j *Journal) AppendIn(segment uint64, payloads ...[]byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if segment != j.n {
		return ErrSegmentEnded
	}
	return j.appendLocked(payloads)
}

// Append writes one record. On an error the record is not in the journal, and
// later calls work again as soon as the disk does.
func (j *Journal) Append(payload []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.appendLocked([][]byte{payload})
}

func (j *Journal) appendLocked(payloads [][]byte) error {
	for _, p := range payloads {
		if err := checkSize(p); err != nil {
			return err
		}
	}
	if err := j.openLocked(); err != nil {
		return err
	}
	j.buf = j.buf[:0]
	for _, p := range payloads {
		j.buf = appendFrame(j.buf, p)
	}
	err := j.writeLocked()
	if err != nil {
		if cut := j.f.Truncate(j.size); cut != nil {
			j.sealLocked() // the torn record stays; nothing must follow it here
		}
		return fmt.Errorf("append to journal segment %d: %w", j.n, err)
	}
	j.size += int64(len(j.buf))
	j.bytes[j.n] = j.size
	if cap(j.buf) > 4<<20 {
		j.buf = nil // one huge batch must not hold its memory for ever
	}
	return nil
}

func (j *Journal) writeLocked() error {
	if _, err := j.f.Write(j.buf); err != nil {
		return err
	}
	if !j.cfg.SyncEach {
		j.dirty = true
		return nil
	}
	return j.f.Sync()
}

func (j *Journal) openLocked() error {
	if j.f != nil {
		return nil
	}
	f, err := j.cfg.FS.Create(j.path(j.n))
	if err != nil {
		return fmt.Errorf("create journal segment %d: %w", j.n, err)
	}
	if err := j.cfg.FS.SyncDir(j.cfg.Dir); err != nil {
		f.Close()
		j.n++ // the name is taken; never two files under one number
		return fmt.Errorf("sync journal directory: %w", err)
	}
	j.f, j.size = f, 0
	j.bytes[j.n] = 0
	return nil
}

// DropBelow removes the segments with numbers below n.
func (j *Journal) DropBelow(n uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for number := range j.bytes {
		if number >= n || (j.f != nil && number == j.n) {
			continue
		}
		if err := j.cfg.FS.Remove(j.path(number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("drop journal segment %d: %w", number, err)
		}
		delete(j.bytes, number)
	}
	return nil
}

// Drop removes one segment that is complete.
func (j *Journal) Drop(n uint64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, is := j.bytes[n]; !is || n >= j.n {
		return nil
	}
	if err := j.cfg.FS.Remove(j.path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop journal segment %d: %w", n, err)
	}
	delete(j.bytes, n)
	return nil
}

// Paths returns the files of the segments with numbers from from to below below,
// in their order.
func (j *Journal) Paths(from, below uint64) []string {
	var paths []string
	for _, n := range j.numbers() {
		if n >= from && n < below {
			paths = append(paths, j.path(n))
		}
	}
	return paths
}

// Bytes returns the size of all segments on disk.
func (j *Journal) Bytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	var sum int64
	for _, b := range j.bytes {
		sum += b
	}
	return sum
}

// Close syncs and closes the journal.
func (j *Journal) Close() error {
	j.Rotate()
	return j.Sync()
}
