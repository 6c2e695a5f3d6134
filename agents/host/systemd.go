package host

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/dbus"

	"plimsoll/agents/batch"
)

// unitStates are the states that a unit can be in (systemd.unit ActiveState).
var unitStates = []string{"active", "activating", "deactivating", "failed", "inactive"}

// unit is one unit of systemd with its state.
type unit struct{ name, state string }

// maxUnits bounds the units that are remembered as failed once.
const maxUnits = 200

// systemdTimeout bounds the question to systemd.
const systemdTimeout = 2 * time.Second

// systemd counts units by state, and names those that have failed. It asks once
// a minute: the answer costs systemd itself some milliseconds.
type systemd struct {
	units func(ctx context.Context) ([]unit, error)
	// failed are the units that have failed since the start, so that the series
	// of one that works again falls to 0.
	failed map[string]bool
	// watch are patterns of units that are told one by one, restarts how often
	// systemd has started some of them anew.
	watch    []string
	restarts func(ctx context.Context, names []string) (map[string]float64, error)
}

func (s *systemd) measure(ctx context.Context, b *batch.Batch) error {
	units, err := s.units(ctx)
	if err != nil {
		return err
	}
	count := map[string]float64{}
	state := map[string]string{}
	for _, u := range units {
		count[u.state]++
		state[u.name] = u.state
		if u.state == "failed" && len(s.failed) < maxUnits {
			s.failed[u.name] = true
		}
	}
	for _, name := range unitStates {
		b.Gauge("node_systemd_units", count[name], "state", name)
	}
	for name := range s.failed {
		if s.watches(name) {
			continue // told below
		}
		kind := strings.TrimPrefix(filepath.Ext(name), ".")
		b.Flag("node_systemd_unit_state", state[name] == "failed", "name", name, "state", "failed", "type", kind)
	}
	return s.one(ctx, b, units)
}

// watches reports whether a unit is told by itself.
func (s *systemd) watches(name string) bool {
	return slices.ContainsFunc(s.watch, func(pattern string) bool {
		is, _ := path.Match(pattern, name) // was validated
		return is
	})
}

// one tells of each unit that is watched, up to maxUnits.
func (s *systemd) one(ctx context.Context, b *batch.Batch, units []unit) error {
	var services []string
	told := 0
	for _, u := range units {
		if !s.watches(u.name) || told == maxUnits {
			continue
		}
		told++
		kind := strings.TrimPrefix(filepath.Ext(u.name), ".")
		for _, state := range unitStates {
			b.Flag("node_systemd_unit_state", u.state == state, "name", u.name, "state", state, "type", kind)
		}
		if kind == "service" {
			services = append(services, u.name)
		}
	}
	if len(services) == 0 {
		return nil
	}
	restarts, err := s.restarts(ctx, services)
	for name, n := range restarts {
		b.Counter("node_systemd_service_restart_total", n, "name", name)
	}
	return err
}

// askSystemd lists the units, root by systemd's own socket and others by the
// system's bus. Without systemd it returns fs.ErrNotExist.
func askSystemd(ctx context.Context) ([]unit, error) {
	ctx, cancel := context.WithTimeout(ctx, systemdTimeout)
	defer cancel()
	conn, err := dialSystemd(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	list, err := conn.ListUnitsContext(ctx)
	if err != nil {
		return nil, err
	}
	units := make([]unit, len(list))
	for i, u := range list {
		units[i] = unit{u.Name, u.ActiveState}
	}
	return units, nil
}

// askRestarts asks of each service how often systemd has started it anew by
// itself.
func askRestarts(ctx context.Context, names []string) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, systemdTimeout)
	defer cancel()
	conn, err := dialSystemd(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	restarts := make(map[string]float64, len(names))
	for _, name := range names {
		p, err := conn.GetUnitTypePropertyContext(ctx, name, "Service", "NRestarts")
		if err != nil {
			return restarts, fmt.Errorf("restarts of %s: %w", name, err)
		}
		if n, is := p.Value.Value().(uint32); is {
			restarts[name] = float64(n)
		}
	}
	return restarts, nil
}

func dialSystemd(ctx context.Context) (*dbus.Conn, error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil { // sd_booted(3)
		return nil, fs.ErrNotExist
	}
	conn, err := dbus.NewSystemdConnectionContext(ctx)
	if err != nil {
		if conn, err = dbus.NewSystemConnectionContext(ctx); err != nil {
			return nil, fmt.Errorf("ask systemd: %w", err)
		}
	}
	return conn, nil
}
