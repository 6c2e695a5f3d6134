package weblog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"plimsoll/agents/weblog/count"
	"plimsoll/agents/weblog/tail"
	"plimsoll/internal/durable"
)

const (
	stateName    = "access-logs.json"
	stateVersion = 1
)

// state is what is kept over restarts.
type state struct {
	Version int            `json:"version"`
	Limit   int64          `json:"limit,omitempty"` // ms; the table is about to be cut there
	Table   count.Snapshot `json:"table"`
	Files   tail.Saved     `json:"files"`
}

// keep replaces the state on disk by that of now. limit is where the table is
// about to be cut, 0: nowhere.
func (a *Analyzer) keep(limit int64, now time.Time) error {
	if a.cfg.Dir == "" {
		return nil
	}
	table, err := a.table.Snapshot()
	if err != nil {
		return fmt.Errorf("keep access log counts: %w", err)
	}
	text, err := json.Marshal(state{stateVersion, limit, table, a.tailer.Saved(now)})
	if err != nil {
		return fmt.Errorf("keep access log counts: %w", err)
	}
	return durable.WriteFile(a.cfg.FS, filepath.Join(a.cfg.Dir, stateName), text)
}

// load reads the state. What cannot be understood is put aside: reading begins
// anew, with new counters.
func (a *Analyzer) load() (state, error) {
	if a.cfg.Dir == "" {
		return state{}, nil
	}
	name := filepath.Join(a.cfg.Dir, stateName)
	if err := a.cfg.FS.MkdirAll(a.cfg.Dir); err != nil {
		return state{}, fmt.Errorf("directory of access log counts: %w", err)
	}
	text, err := a.cfg.FS.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, nil
	}
	if err != nil {
		return state{}, fmt.Errorf("read access log counts: %w", err)
	}
	var s state
	if err = json.Unmarshal(text, &s); err == nil && s.Version != stateVersion {
		err = fmt.Errorf("version %d, this program knows %d", s.Version, stateVersion)
	}
	if err == nil {
		err = a.table.Restore(s.Table)
	}
	if err == nil {
		return s, nil
	}
	a.logger.Error("state of access logs cannot be used: logs are read from their ends", "file", name, "kept_as", name+".bad", "err", err)
	a.table = a.newTable()
	return state{}, a.cfg.FS.Rename(name, name+".bad")
}
