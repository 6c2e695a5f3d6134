package rrdstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// A snapshot is a copy of the store that opens as one. It is taken while samples
// are put, read and written to archives:
//
//	flush right   checkpoint · keep the journal from its segment n · copy the
//	              checkpoint · list the archives
//	  by turns    copy some archives; no file is torn
//	flush right   copy what was made meanwhile · end the journal's segment
//	              copy the segments from n on · one more that says "synced"
//	              manifest · sync · DIR.tmp to DIR
//
// An archive in it is as old as its turn, its points since n stand in the copied
// journal. "Synced" makes the headers in that journal void: they would put an
// archive back, or forward, to a state that its rows do not have.
//
// A snapshot that was broken off leaves DIR.tmp, with a file that says so or with
// the manifest; the next one to DIR clears it away.

const (
	manifestFile   = "manifest.json"
	unfinishedFile = "unfinished-snapshot"
	snapshotChunk  = 64 // archives that are copied before updates get their turn
)

// SnapshotProgress tells how far a snapshot is. Files that are made meanwhile, and
// the journal, come to the sums when they are copied.
type SnapshotProgress struct {
	Files   int   `json:"files"`
	OfFiles int   `json:"of_files"`
	Bytes   int64 `json:"bytes"`
	OfBytes int64 `json:"of_bytes"`
}

// snapshotter makes one snapshot.
type snapshotter struct {
	store    *Store
	tmp      string
	progress SnapshotProgress
	tell     func(SnapshotProgress)
	manifest Manifest
	copied   map[string]bool
	segment  uint64 // the first that the copy needs
}

// Snapshot copies the store to dir, which must not be there, or be empty. All
// that was acknowledged before is in it. One snapshot is made at a time.
func (s *Store) Snapshot(ctx context.Context, dir string, tell func(SnapshotProgress)) (Manifest, error) {
	dir, err := s.snapshotDir(dir)
	if err != nil {
		return Manifest{}, fmt.Errorf("snapshot: %w", err)
	}
	n := &snapshotter{
		store: s, tmp: dir + ".tmp", tell: tell, copied: map[string]bool{},
		manifest: Manifest{Version: manifestVersion, Made: s.cfg.Now().UTC()},
	}
	err = n.begin()
	if err == nil {
		err = n.copy(ctx)
	}
	if err == nil {
		err = n.finish(dir)
	}
	if err != nil {
		return Manifest{}, fmt.Errorf("snapshot to %s: %w", dir, errors.Join(err, removeUnfinished(n.tmp)))
	}
	return n.manifest, nil
}

// snapshotDir returns the absolute path of dir if a snapshot can be made there.
func (s *Store) snapshotDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(dir))
	if err != nil {
		return "", err
	}
	dir = filepath.Join(parent, filepath.Base(dir))
	data, err := filepath.Abs(s.cfg.Dir)
	if err == nil {
		data, err = filepath.EvalSymlinks(data)
	}
	switch {
	case err != nil:
		return "", err
	case below(dir, data) || below(data, dir):
		return "", metric.Misasked(fmt.Errorf("%s and the data directory %s lie in each other", dir, data))
	}
	entries, err := s.fs.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return "", err
	case len(entries) > 0:
		return "", metric.Misasked(fmt.Errorf("%s is not empty", dir))
	}
	return dir, nil
}

// below tells whether path is dir or lies in it.
func below(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}

// removeUnfinished clears away what a snapshot left that was broken off.
func removeUnfinished(tmp string) error {
	entries, err := os.ReadDir(tmp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == unfinishedFile || e.Name() == manifestFile {
			return os.RemoveAll(tmp)
		}
	}
	if len(entries) > 0 {
		return metric.Misasked(fmt.Errorf("%s is in the way, and not what a snapshot left that was broken off", tmp))
	}
	return os.Remove(tmp)
}

func (n *snapshotter) begin() error {
	if err := removeUnfinished(n.tmp); err != nil {
		return err
	}
	if err := n.store.fs.MkdirAll(n.tmp); err != nil {
		return err
	}
	f, err := n.store.fs.Create(filepath.Join(n.tmp, unfinishedFile))
	if err != nil {
		return err
	}
	return f.Close()
}

// copy brings all files into n.tmp.
func (n *snapshotter) copy(ctx context.Context) error {
	s := n.store
	files, err := n.start(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if s.beginFlush(context.WithoutCancel(ctx)) == nil { // else the store is closed
			s.pinned = 0
			s.endFlush()
		}
	}()
	if err := n.checkSpace(); err != nil {
		return err
	}
	n.tell(n.progress)
	for len(files) > 0 {
		chunk := files[:min(snapshotChunk, len(files))]
		if err := n.turn(ctx, chunk); err != nil {
			return err
		}
		if err := n.hash(ctx); err != nil {
			return err
		}
		n.tell(n.progress)
		files = files[len(chunk):]
	}
	segments, err := n.last(ctx)
	if err != nil {
		return err
	}
	if err := n.copyJournal(segments); err != nil {
		return err
	}
	if err := n.hash(ctx); err != nil {
		return err
	}
	n.progress.OfFiles, n.progress.OfBytes = n.progress.Files, n.progress.Bytes
	n.tell(n.progress)
	return nil
}

// start makes the checkpoint that the snapshot begins with and returns the files
// that there are.
func (n *snapshotter) start(ctx context.Context) (files []string, err error) {
	s := n.store
	if err := s.beginFlush(ctx); err != nil {
		return nil, err
	}
	defer s.endFlush()
	if s.pinned > 0 {
		return nil, errors.New("another snapshot is being made")
	}
	if err := s.checkpointLocked(); err != nil {
		return nil, err
	}
	if err := n.copyFile(checkpointFile); err != nil {
		return nil, err
	}
	n.progress.OfFiles = len(n.manifest.Files)
	err = s.walkFiles(func(path string, info fs.FileInfo) {
		files = append(files, path)
		n.progress.OfFiles++
		n.progress.OfBytes += info.Size()
	})
	if err == nil {
		s.pinned, n.segment = s.newest, s.newest
	}
	return files, err
}

// walkFiles yields every file that belongs to the store beside its checkpoint and
// journal.
func (s *Store) walkFiles(do func(path string, info fs.FileInfo)) error {
	one := func(path string, e fs.DirEntry) error {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || strings.HasSuffix(path, ".tmp") {
			return nil
		}
		if err == nil {
			do(path, info)
		}
		return err
	}
	if err := walkFilesIn(s.cfg.Dir, retiredDir, one); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return walkArchives(s.cfg.Dir, one)
}

func (n *snapshotter) checkSpace() error {
	free, err := freeBytes(filepath.Dir(n.tmp))
	if need := n.progress.OfBytes + n.store.journal.Bytes(); err == nil && free < need {
		return metric.Misasked(fmt.Errorf("%d bytes are free, %d are needed", free, need))
	}
	return err
}

// turn copies files while no archive is updated. One that was moved is found by
// last.
func (n *snapshotter) turn(ctx context.Context, files []string) error {
	if err := n.store.beginFlush(ctx); err != nil {
		return err
	}
	defer n.store.endFlush()
	for _, path := range files {
		if err := n.copyFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// last copies the files that came meanwhile, ends the journal's segment and
// returns the segments to copy: nothing more is written to them.
func (n *snapshotter) last(ctx context.Context) ([]string, error) {
	s := n.store
	if err := s.beginFlush(ctx); err != nil {
		return nil, err
	}
	defer s.endFlush()
	if err := n.copyMissed(); err != nil {
		return nil, err
	}
	next := s.journal.Rotate()
	return s.journal.Paths(n.segment, next), s.journal.Sync()
}

// copyMissed copies what was not copied yet. Only a retired file may move while
// no archive is updated: it is found where it went.
func (n *snapshotter) copyMissed() error {
	for {
		var missed []string
		err := n.store.walkFiles(func(path string, _ fs.FileInfo) {
			if !n.copied[path] {
				missed = append(missed, path)
			}
		})
		if err != nil || len(missed) == 0 {
			return err
		}
		for _, path := range missed {
			if err := n.copyFile(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
}

// copyFile copies a file of the data directory.
func (n *snapshotter) copyFile(path string) error {
	s := n.store
	to := filepath.Join(n.tmp, path)
	if err := s.fs.MkdirAll(filepath.Dir(to)); err != nil {
		return err
	}
	if err := s.fs.CopyFile(filepath.Join(s.cfg.Dir, path), to); err != nil {
		return err
	}
	n.copied[path] = true
	n.manifest.Files = append(n.manifest.Files, ManifestFile{Path: path})
	return nil
}

// hash notes size and checksum of the files that were copied since the last call.
func (n *snapshotter) hash(ctx context.Context) error {
	for i := len(n.manifest.Files) - 1; i >= 0 && n.manifest.Files[i].SHA256 == ""; i-- {
		if err := ctx.Err(); err != nil {
			return err
		}
		f := &n.manifest.Files[i]
		var err error
		if f.Bytes, f.SHA256, err = hashFile(filepath.Join(n.tmp, f.Path)); err != nil {
			return err
		}
		n.progress.Files++
		n.progress.Bytes += f.Bytes
	}
	n.progress.OfFiles = max(n.progress.OfFiles, n.progress.Files)
	n.progress.OfBytes = max(n.progress.OfBytes, n.progress.Bytes)
	return nil
}

// copyJournal copies segments, which nothing is appended to, and ends the copy
// with a record that makes the headers in it void.
func (n *snapshotter) copyJournal(segments []string) error {
	for _, from := range segments {
		path, err := filepath.Rel(n.store.cfg.Dir, from)
		if err == nil {
			err = n.copyFile(path)
		}
		if err != nil {
			return err
		}
	}
	j, err := durable.OpenJournal(durable.JournalConfig{
		Dir: filepath.Join(n.tmp, "journal"), SegmentBytes: n.store.cfg.SegmentBytes, First: n.segment, FS: n.store.fs,
	})
	if err != nil {
		return err
	}
	number := j.Segment()
	err = j.Append([]byte{recordSynced})
	if err = errors.Join(err, j.Close()); err != nil {
		return err
	}
	for _, name := range j.Paths(number, number+1) {
		path, err := filepath.Rel(n.tmp, name)
		if err != nil {
			return err
		}
		n.manifest.Files = append(n.manifest.Files, ManifestFile{Path: path})
	}
	return nil
}

// finish makes the copy durable and gives it its name.
func (n *snapshotter) finish(dir string) error {
	s := n.store
	if err := n.manifest.write(s.fs, filepath.Join(n.tmp, manifestFile)); err != nil {
		return err
	}
	if err := s.fs.Remove(filepath.Join(n.tmp, unfinishedFile)); err != nil {
		return err
	}
	volume, err := s.fs.OpenVolume(n.tmp)
	if err != nil {
		return err
	}
	if err := errors.Join(volume.SyncAll(), volume.Close()); err != nil {
		return err
	}
	if err := s.fs.Rename(n.tmp, dir); err != nil {
		return err
	}
	return s.fs.SyncDir(filepath.Dir(dir))
}
