package rrdstore

import (
	"container/list"
	"errors"
	"path/filepath"
	"sync"
	"syscall"

	"plimsoll/rrdstore/rrdfile"
)

// archiveFile is an open archive.
type archiveFile interface {
	Schema() *rrdfile.Schema
	LastMillis() int64
	LastRow(rra int, pending []rrdfile.Point) int64
	Update(points []rrdfile.Point) (applied int, err error)
	Fetch(rra int, from, to int64, pending []rrdfile.Point) (rrdfile.Rows, error)
	MutableHeader() []byte
	RestoreHeader(header []byte) error
	Reshape(template []byte) ([]byte, error)
	Backfill(from int64, points []rrdfile.Point) (rrdfile.Backfilled, error)
	Close() error
}

// archiveFiles opens and makes archives; tests put in one that fails.
type archiveFiles interface {
	Open(path string) (archiveFile, error)
	Create(path string, template []byte, lastUpdate int64) error
	Replace(path string, content []byte) error
}

type nativeFiles struct{ opener *rrdfile.Opener }

type nativeFile struct{ *rrdfile.File }

func (f nativeFile) Reshape(template []byte) ([]byte, error) {
	return rrdfile.Reshape(f.File, template)
}

func (n nativeFiles) Open(path string) (archiveFile, error) {
	f, err := n.opener.Open(path)
	if err != nil {
		return nil, err
	}
	return nativeFile{f}, nil
}

func (nativeFiles) Create(path string, template []byte, lastUpdate int64) error {
	return rrdfile.Create(path, template, lastUpdate)
}

func (nativeFiles) Replace(path string, content []byte) error { return rrdfile.Replace(path, content) }

// fileCache keeps the archives last used open, each once: an rrdfile.File wants
// to be the only owner of its file.
type fileCache struct {
	dir       string
	files     archiveFiles
	limit     int
	limitSize int64

	mu   sync.Mutex // guards all below; held while a file is opened
	open map[string]*list.Element
	idle *list.List // of *openFile, the one used last in front, busy ones too
	size int64      // of all in idle
}

type openFile struct {
	archiveFile
	path  string
	size  int64
	users int
	gone  bool // dropped while in use
}

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
		open: map[string]*list.Element{}, idle: list.New(),
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
		return f, nil
	}
	file, err := c.files.Open(filepath.Join(c.dir, path))
	if err != nil {
		return nil, err
	}
	f := &openFile{archiveFile: file, path: path, size: memoryOf(file, path), users: 1}
	c.open[path] = c.idle.PushFront(f)
	c.size += f.size
	c.evictLocked()
	return f, nil
}

func (c *fileCache) release(f *openFile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.users--
	if f.gone && f.users == 0 {
		_ = f.Close() // all that was written to it is given up
		return
	}
	c.evictLocked()
}

// evictLocked closes files that nobody uses until the limit holds. A close
// writes nothing, so its error says nothing.
func (c *fileCache) evictLocked() {
	for e := c.idle.Back(); e != nil && (c.idle.Len() > c.limit || c.size > c.limitSize); {
		f, before := e.Value.(*openFile), e.Prev()
		if f.users == 0 {
			_ = f.Close()
			c.removeLocked(e)
		}
		e = before
	}
}

func (c *fileCache) removeLocked(e *list.Element) {
	f := c.idle.Remove(e).(*openFile)
	delete(c.open, f.path)
	c.size -= f.size
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
	c.size = 0
	return errors.Join(errs...)
}
