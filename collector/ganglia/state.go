package ganglia

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"

	"plimsoll/collector/ganglia/xdr"
	"plimsoll/collector/port"
	"plimsoll/internal/durable"
)

// stateName is the file in Config.Dir with the hosts of datagrams and the metadata of
// their metrics; those of data sources are polled anew.
const stateName = "ganglia-hosts.json"

// saveEvery is how often it is written.
const saveEvery = 5 * time.Minute

type state struct {
	Version int         `json:"version"`
	Hosts   []savedHost `json:"hosts"`
}

type savedHost struct {
	ID       string               `json:"id"`
	Source   string               `json:"source"`
	Name     string               `json:"name"`
	IP       string               `json:"ip"`
	Cluster  string               `json:"cluster,omitempty"`
	Location string               `json:"location,omitempty"`
	Started  int64                `json:"started,omitempty"`
	Heard    time.Time            `json:"heard"`
	Up       bool                 `json:"up"`
	Metrics  map[string]*xdr.Info `json:"metrics"`
}

// save writes the file.
func (t *table) save(now time.Time) error {
	if t.config.Dir == "" {
		return nil
	}
	data, err := json.Marshal(state{Version: 1, Hosts: t.saved(now)})
	if err == nil {
		err = durable.WriteFile(durable.Disk{}, filepath.Join(t.config.Dir, stateName), data)
	}
	if err != nil {
		return fmt.Errorf("save the hosts of ganglia: %w", err)
	}
	return nil
}

func (t *table) saved(now time.Time) []savedHost {
	out := []savedHost{}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range t.hosts {
		if h.key.origin != "" {
			continue
		}
		s := savedHost{
			ID: h.key.id, Source: h.source, Name: h.name, IP: h.ip, Cluster: h.cluster, Location: h.location,
			Started: h.started, Heard: h.heard, Up: h.alive(now), Metrics: map[string]*xdr.Info{},
		}
		for name, r := range h.readings {
			if r.described {
				info := r.info
				s.Metrics[name] = &info
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b savedHost) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// load reads the file. A host that was up has four times its TMAX from now to show
// itself; one that was down stays down. Metrics have their metadata, and no value.
func (t *table) load(now time.Time) error {
	if t.config.Dir == "" {
		return nil
	}
	data, err := durable.Disk{}.ReadFile(filepath.Join(t.config.Dir, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var s state
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err == nil && s.Version != 1 {
		err = fmt.Errorf("version %d is not known", s.Version)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", stateName, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, saved := range s.Hosts {
		if h := t.hostLocked(hostKey{id: saved.ID}, saved.Source); h != nil {
			t.restoreLocked(h, saved, now)
		}
	}
	return nil
}

func (t *table) restoreLocked(h *host, s savedHost, now time.Time) {
	h.name, h.ip, h.cluster, h.location, h.started = s.Name, s.IP, s.Cluster, s.Location, s.Started
	h.tmax, h.heard = t.config.HostTMAX, s.Heard
	if s.Up {
		h.heard = now
	}
	for name, info := range s.Metrics {
		if info == nil {
			continue
		}
		if r := t.readingLocked(h, name); r != nil {
			r.describe(*info)
			t.labelLocked(h, r)
		}
	}
}

// restore loads the file, or sets one aside that cannot be read.
func (g *Ganglia) restore() error {
	err := g.table.load(g.config.Now())
	if err == nil {
		return nil
	}
	name := filepath.Join(g.config.Dir, stateName)
	if asideErr := (durable.Disk{}).Rename(name, name+".unreadable"); asideErr != nil {
		return errors.Join(err, asideErr)
	}
	g.config.Logger.Error("file set aside", "name", stateName, "err", err)
	return nil
}

// saves writes the file now and then, and when ctx ends.
func (g *Ganglia) saves(ctx context.Context) {
	for more := true; more; {
		more = port.Pause(ctx, saveEvery)
		if err := g.table.save(g.config.Now()); err != nil {
			g.config.Logger.Error("ganglia", "err", err)
		}
	}
}
