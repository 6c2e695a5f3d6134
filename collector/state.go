package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// stateName is the file in Config.Dir that holds the known hosts.
const stateName = "collector-hosts.json"

// state is the content of the file.
type state struct {
	Version int           `json:"version"`
	Hosts   []metric.Host `json:"hosts"`
}

// load reads the known hosts. They have three intervals from now to show
// themselves; those that were down stay down.
func (h *hosts) load(dir string, now time.Time) error {
	if dir == "" {
		return nil
	}
	data, err := durable.Disk{}.ReadFile(filepath.Join(dir, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%s: %w", stateName, err)
	}
	if s.Version != 1 {
		return fmt.Errorf("%s: version %d is not known", stateName, s.Version)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, it := range s.Hosts {
		if len(h.by) >= h.limit {
			break
		}
		h.by[hostKey{it.Instance, it.Job}] = &host{
			interval: believed(it.IntervalSeconds), seen: it.LastSeen, patience: now, up: it.Up,
		}
	}
	return nil
}

// save writes the known hosts.
func (h *hosts) save(dir string) error {
	if dir == "" {
		return nil
	}
	h.mu.Lock()
	s := state{Version: 1, Hosts: h.listLocked()}
	h.dirty = false
	h.mu.Unlock()
	data, err := json.MarshalIndent(s, "", "\t")
	if err == nil {
		err = durable.WriteFile(durable.Disk{}, filepath.Join(dir, stateName), data)
	}
	if err != nil {
		h.mu.Lock()
		h.dirty = true
		h.mu.Unlock()
		return fmt.Errorf("save known hosts: %w", err)
	}
	return nil
}

func (h *hosts) isDirty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dirty
}

// setAside renames a file that cannot be read, so that an operator can see it.
func setAside(dir string) error {
	name := filepath.Join(dir, stateName)
	return durable.Disk{}.Rename(name, name+".unreadable")
}
