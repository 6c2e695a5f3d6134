package rrdstore

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"syscall"

	"plimsoll/internal/durable"
)

const reserveFile = "reserve"

// reserve holds room on the disk for what must go on when it is full: the
// journal, and the database of the alerts that tell of it.
//
//	held ──no room for a record──► given up ──twice the room is free──► held
//
// While it is given up no archive is made, as that would take the room again.
// Those that are there have theirs and are updated.
type reserve struct {
	fs     durable.FS
	volume durable.Volume
	name   string
	bytes  int64 // 0: there is none
	log    *slog.Logger

	mu    sync.Mutex // guards what follows
	given bool
}

// open takes up the reserve of the process before, or begins one.
func (r *reserve) open() {
	if r.bytes == 0 {
		return
	}
	info, err := r.fs.Stat(r.name)
	if err == nil && info.Size() == r.bytes {
		return
	}
	if err := r.fs.Preallocate(r.name, r.bytes); err != nil {
		r.given = true
		r.log.Warn("no room is kept on the disk for the journal; it is tried again", "bytes", r.bytes, "err", err)
	}
}

// giveUp makes room when err says that there is none, and tells whether it did.
func (r *reserve) giveUp(err error) bool {
	if !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT) {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bytes == 0 || r.given {
		return false
	}
	if err := r.fs.Remove(r.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.log.Error("the disk is full, and the room kept for the journal cannot be given up", "file", r.name, "err", err)
		return false
	}
	r.given = true
	r.log.Error("the disk is full: what comes in goes into the room kept for it; no archive is made until there is more",
		"bytes", r.bytes, "err", err)
	return true
}

// renew takes the room again when there is enough for all.
func (r *reserve) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.given {
		return
	}
	if free, err := r.volume.FreeBytes(); err != nil || free < 2*r.bytes {
		return
	}
	if err := r.fs.Preallocate(r.name, r.bytes); err == nil {
		r.given = false
		r.log.Info("the disk has room again")
	}
}

func (r *reserve) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.given
}

func (s *Store) openReserve() {
	s.reserve = &reserve{
		fs: s.fs, volume: s.volume, name: filepath.Join(s.cfg.Dir, reserveFile), bytes: s.cfg.ReserveBytes, log: s.cfg.Logger,
	}
	s.reserve.open()
}
