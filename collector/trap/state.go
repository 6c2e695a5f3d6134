package trap

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"plimsoll/internal/durable"
)

const stateName = "traps.json"

// state is traps.json.
type state struct {
	EngineID []byte    `json:"engine_id"`
	Boots    uint32    `json:"boots"`
	Open     []problem `json:"open"`
}

// load reads the state and counts this start of the engine. A file that cannot be
// read is set aside, and a new engine begins.
func (r *Receiver) load() error {
	var s state
	if r.cfg.Dir != "" {
		name := filepath.Join(r.cfg.Dir, stateName)
		text, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(text, &s)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.cfg.Logger.Error("traps: file set aside", "name", stateName, "err", err)
			if err := os.Rename(name, name+".bad"); err != nil {
				return fmt.Errorf("set %s aside: %w", stateName, err)
			}
			s = state{}
		}
	}
	if len(s.EngineID) < 5 || len(s.EngineID) > 32 || s.Boots >= maxBoots-1 {
		s.EngineID, s.Boots = []byte(newEngineID()), 0
	}
	r.engine.id, r.engine.boots = string(s.EngineID), s.Boots+1
	for _, p := range s.Open {
		if len(r.open) < r.cfg.MaxOpen {
			r.open[p.key()] = &p
		}
	}
	return r.save()
}

// save writes the state.
func (r *Receiver) save() error {
	r.dirty = false
	if r.cfg.Dir == "" {
		return nil
	}
	s := state{EngineID: []byte(r.engine.id), Boots: r.engine.boots, Open: []problem{}}
	for _, p := range r.open {
		s.Open = append(s.Open, *p)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(durable.Disk{}, filepath.Join(r.cfg.Dir, stateName), text); err != nil {
		r.dirty = true
		return fmt.Errorf("save %s: %w", stateName, err)
	}
	return nil
}
