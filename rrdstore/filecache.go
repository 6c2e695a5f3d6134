package rrdstore

import (
	"container/list"
	"errors"
	"path/filepath"
	"sync"
	"syscall"

	"plimsoll/rrdstore/rrdfile"
)

// fileCache keeps the archives last used open, each once: an rrdfile.File wants
// to be the only owner of its file. Beside them it keeps the rows that were read
// of them lately, which go with their file: an update, or whatever else happens to
// a file, happens to its rows.
type fileCache struct {
	dir       string
	files     archiveFiles
	limit     int
	limitSize int64 // of the open archives and their rows; rows take half of it at most

	ofFiles, ofRows cacheCounts

	mu    sync.Mutex // guards all below; held while a file is opened
	open  map[string]*list.Element
	idle  *list.List // of *openFile, the one used last in front, busy ones too
	rowed *list.List // those of them that have rows in memory, in the same order
	size  int64      // of all in idle, without their rows
	rows  int64      // size of the rows
}

type openFile struct {
	archiveFile
	path  string
	size  int64
	users int
	gone  bool // dropped while in use

	counts *cacheCounts  // of rows
	rows   int64         // size of its own, as it was when they were last looked at
	rowed  *list.Element // nil: it has none
}

// Fetch counts where rows come from.
func (f *openFile) Fetch(rra int, from, to int64, pending []rrdfile.Point) (rrdfile.Rows, error) {
	rows, err := f.archiveFile.Fetch(rra, from, to, pending)
	switch rows.Source {
	case rrdfile.FromMemory:
		f.counts.hits.Add(1)
	case rrdfile.FromFile:
		f.counts.misses.Add(1)
	}
	return rows, err
}

// rowsShare is the part of the memory that rows may take, and ringShare that of
// it that those of one archive's ring may.
const (
	rowsShare = 2
	ringShare = 64
)

// recentValues is how many values of a ring may be kept in memory.
func recentValues(cacheBytes int64) int { return int(cacheBytes / rowsShare / ringShare / 8) }

// newFileCache keeps as many files open as MaxOpenFiles and CacheBytes allow, and
// takes no more than half of the files that the process may open.
func newFileCache(c *Config) *fileCache {
	limit := c.MaxOpenFiles
	var may syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &may); err == nil && may.Cur/2 < uint64(limit) {
		limit = int(may.Cur / 2)
	}
	return &fileCache{
		dir: c.Dir, files: c.files, limit: limit, limitSize: c.CacheBytes,
		open: map[string]*list.Element{}, idle: list.New(), rowed: list.New(),
	}
}

// memoryOf is about what an open archive takes in memory, in bytes: its header,
// as it is and decoded, the memory of an update, and what names it.
func memoryOf(f archiveFile, path string) int64 {
	s := f.Schema()
	rras, columns := int64(len(s.RRA)), int64(len(s.DS))
	return 1000 + 130*rras + 100*columns + 100*rras*columns + 2*int64(len(path))
}

// acquire opens the archive at path; the caller gives it back with release.
func (c *fileCache) acquire(path string) (*openFile, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.open[path]; e != nil {
		c.idle.MoveToFront(e)
		f := e.Value.(*openFile)
		f.users++
		c.ofFiles.hits.Add(1)
		return f, nil
	}
	file, err := c.files.Open(filepath.Join(c.dir, path))
	if err != nil {
		return nil, err
	}
	c.ofFiles.misses.Add(1)
	f := &openFile{archiveFile: file, path: path, size: memoryOf(file, path), users: 1, counts: &c.ofRows}
	c.open[path] = c.idle.PushFront(f)
	c.size += f.size
	c.evictLocked()
	return f, nil
}

func (c *fileCache) release(f *openFile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.users--
	switch {
	case !f.gone:
		c.weighLocked(f)
		c.evictLocked()
	case f.users == 0:
		_ = f.Close() // all that was written to it is given up
	}
}

// weighLocked notes what the rows of a file take now.
func (c *fileCache) weighLocked(f *openFile) {
	now := f.RecentBytes()
	c.rows += now - f.rows
	f.rows = now
	switch {
	case now == 0 && f.rowed != nil:
		c.rowed.Remove(f.rowed)
		f.rowed = nil
	case f.rowed != nil:
		c.rowed.MoveToFront(f.rowed)
	case now > 0:
		f.rowed = c.rowed.PushFront(f)
	}
}

// evictLocked forgets rows, and then closes files, that nobody uses until the
// limits hold. A close writes nothing, so its error says nothing.
func (c *fileCache) evictLocked() {
	for e := c.rowed.Back(); e != nil && c.rows > c.limitSize/rowsShare; {
		f, before := e.Value.(*openFile), e.Prev()
		if f.users == 0 {
			f.ForgetRecent()
			c.weighLocked(f)
			c.ofRows.evictions.Add(1)
		}
		e = before
	}
	for e := c.idle.Back(); e != nil && (c.idle.Len() > c.limit || c.size+c.rows > c.limitSize); {
		f, before := e.Value.(*openFile), e.Prev()
		if f.users == 0 {
			_ = f.Close()
			c.removeLocked(e)
			c.ofFiles.evictions.Add(1)
		}
		e = before
	}
}

func (c *fileCache) removeLocked(e *list.Element) {
	f := c.idle.Remove(e).(*openFile)
	delete(c.open, f.path)
	c.size -= f.size
	c.rows -= f.rows
	f.rows = 0
	if f.rowed != nil {
		c.rowed.Remove(f.rowed)
		f.rowed = nil
	}
}

// forget closes the file of path as soon as nobody uses it; the next acquire
// opens the path anew.
func (c *fileCache) forget(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.open[path]
	if e == nil {
		return
	}
	f := e.Value.(*openFile)
	c.removeLocked(e)
	f.gone = true
	if f.users == 0 {
		_ = f.Close()
	}
}

func (c *fileCache) closeAll() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for e := c.idle.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*openFile).Close())
	}
	c.open = map[string]*list.Element{}
	c.idle.Init()
	c.rowed.Init()
	c.size, c.rows = 0, 0
	return errors.Join(errs...)
}
