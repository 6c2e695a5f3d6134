package rrdstore

import "plimsoll/rrdstore/rrdfile"

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
	RecentBytes() int64
	ForgetRecent()
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
