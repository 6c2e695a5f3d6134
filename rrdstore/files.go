package rrdstore

import (
	"container/list"
	"errors"
	"path/filepath"
	"sync"

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
	dir   string
	files archiveFiles
	limit int

	mu   sync.Mutex // guards all below; held while a file is opened
	open map[string]*list.Element
	idle *list.List // of *openFile, the one used last in front, busy ones too
}

type openFile struct {
	archiveFile
	path  string
	users int
	gone  bool // dropped while in use
}

func newFileCache(dir string, files archiveFiles, limit int) *fileCache {
	return &fileCache{dir: dir, files: files, limit: limit, open: map[string]*list.Element{}, idle: list.New()}
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
	f := &openFile{archiveFile: file, path: path, users: 1}
	c.open[path] = c.idle.PushFront(f)
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
	for e := c.idle.Back(); e != nil && c.idle.Len() > c.limit; {
		f, before := e.Value.(*openFile), e.Prev()
		if f.users == 0 {
			_ = f.Close()
			c.idle.Remove(e)
			delete(c.open, f.path)
		}
		e = before
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
	c.idle.Remove(e)
	delete(c.open, path)
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
	return errors.Join(errs...)
}
