package host

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
		kind := strings.TrimPrefix(filepath.Ext(name), ".")
		b.Flag("node_systemd_unit_state", state[name] == "failed", "name", name, "state", "failed", "type", kind)
	}
	return nil
}

// askSystemd lists the units, root by systemd's own socket and others by the
// system's bus. Without systemd it returns fs.ErrNotExist.
func askSystemd(ctx context.Context) ([]unit, error) {
	if _, err := os.Stat("/run/systemd/system"); err != nil { // sd_booted(3)
		return nil, fs.ErrNotExist
	}
	ctx, cancel := context.WithTimeout(ctx, systemdTimeout)
	defer cancel()
	conn, err := dbus.NewSystemdConnectionContext(ctx)
	if err != nil {
		if conn, err = dbus.NewSystemConnectionContext(ctx); err != nil {
			return nil, fmt.Errorf("ask systemd: %w", err)
		}
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
