package collector

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"plimsoll/internal/durable"
	"plimsoll/internal/metric"
)

// The files in Config.Dir: the known hosts, the age of their data, the learnt
// types, and how far senders have come.
const (
	stateName = "collector-hosts.json"
	agesName  = "collector-ages.json"
	typesName = "collector-types.json"

	streamsName = "collector-streams.json"
)

// state is the content of the file of hosts.
type state struct {
	Version int           `json:"version"`
	Hosts   []metric.Host `json:"hosts"`
}

// agesState is the content of the file of ages.
type agesState struct {
	Version int   `json:"version"`
	Hosts   []Age `json:"hosts"`
}

// typesState is the content of the file of types: names of families.
type typesState struct {
	Version  int      `json:"version"`
	Counters []string `json:"counters"`
	Gauges   []string `json:"gauges"`
}

// load reads the known hosts. They have three intervals from now to show
// themselves; those that were down stay down.
func (h *hosts) load(dir string, now time.Time) error {
	var s state
	if err := read(dir, stateName, &s, &s.Version); err != nil {
		return err
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
		h.from[""]++
	}
	return nil
}

// save writes the known hosts.
func (h *hosts) save(dir string) error {
	h.mu.Lock()
	s := state{Version: 1, Hosts: h.listLocked()}
	h.dirty = false
	h.mu.Unlock()
	if err := write(dir, stateName, s); err != nil {
		h.mu.Lock()
		h.dirty = true
		h.mu.Unlock()
		return fmt.Errorf("save known hosts: %w", err)
	}
	return nil
}

// load reads the ages of data. Hosts that are known and not among them are taken
// to have been heard of when they were last seen.
func (a *ages) load(dir string, known []metric.Host) error {
	var s agesState
	err := read(dir, agesName, &s, &s.Version)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, it := range known {
		s.Hosts = append(s.Hosts, Age{
			Instance: it.Instance, Job: it.Job, FirstSeen: it.LastSeen, LastSeen: it.LastSeen, LastSample: it.LastSeen,
		})
	}
	slices.SortStableFunc(s.Hosts, func(a, b Age) int { return a.LastSeen.Compare(b.LastSeen) })
	for _, told := range s.Hosts {
		if a.by[hostKey{told.Instance, told.Job}] == nil {
			told.Samples = 0
			a.addLocked(told, "")
		}
	}
	return err
}

// save writes the ages of data.
func (a *ages) save(dir string, now time.Time) error {
	if err := write(dir, agesName, agesState{Version: 1, Hosts: a.list(now)}); err != nil {
		return fmt.Errorf("save the age of data: %w", err)
	}
	return nil
}

func (h *hosts) isDirty() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dirty
}

// load reads the types that were learnt before.
func (t *types) load(dir string) error {
	var s typesState
	if err := read(dir, typesName, &s, &s.Version); err != nil {
		return err
	}
	for _, name := range s.Counters {
		t.learn(name, typeCounter)
	}
	for _, name := range s.Gauges {
		t.learn(name, typeGauge)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dirty = false
	return nil
}

// save writes the learnt types, if the file does not hold them yet.
func (t *types) save(dir string) error {
	t.mu.Lock()
	s, dirty := t.stateLocked(), t.dirty
	t.dirty = false
	t.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := write(dir, typesName, s); err != nil {
		t.mu.Lock()
		t.dirty = true
		t.mu.Unlock()
		return fmt.Errorf("save learnt types: %w", err)
	}
	return nil
}

// read decodes a file of dir into s, whose version must then be 1. Without a
// dir or such a file s stays as it is.
func read(dir, name string, s any, version *int) error {
	if dir == "" {
		return nil
	}
	data, err := durable.Disk{}.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, s); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if *version != 1 {
		return fmt.Errorf("%s: version %d is not known", name, *version)
	}
	return nil
}

// write replaces a file of dir as a whole.
func write(dir, name string, s any) error {
	if dir == "" {
		return nil
	}
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return err
	}
	return durable.WriteFile(durable.Disk{}, filepath.Join(dir, name), data)
}

// setAside renames a file that cannot be read, so that an operator can see it.
func setAside(dir, name string) error {
	name = filepath.Join(dir, name)
	return durable.Disk{}.Rename(name, name+".unreadable")
}
