package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/internal/metric"
)

// Systemd looks at a unit of systemd, as the agents tell of it.
type Systemd struct {
	Hosts `yaml:",inline"`
	Unit  string `yaml:"unit"`
	// Want is active, or not_failed for what is idle most of the time. For active
	// the agent must name the unit in systemd_units.
	Want string `yaml:"want"`
	// Restarts are judged that systemd did by itself within Window.
	Restarts Limits[float64] `yaml:"restarts"`
	Window   time.Duration   `yaml:"window"`
	Timeout  time.Duration   `yaml:"timeout"`
}

const (
	wantActive    = "active"
	wantNotFailed = "not_failed"
)

func (*Systemd) key() string { return "systemd" }

func (s *Systemd) setDefaults() {
	setDefault(&s.Want, wantActive)
	setDefault(&s.Window, time.Hour)
	setDefault(&s.Timeout, seriesTimeout)
}

func (s *Systemd) about() about {
	return about{fmt.Sprintf("%s of %s", s.Unit, s.Hosts), s.Timeout}
}

func (s *Systemd) validate(bad complaint) {
	s.Hosts.validate(bad)
	if s.Unit == "" {
		bad("unit", "is missing")
	}
	if s.Want != wantActive && s.Want != wantNotFailed {
		bad("want", "%q is neither %s nor %s", s.Want, wantActive, wantNotFailed)
	}
	s.Restarts.validate(bad.under("restarts"))
	if s.Window < time.Minute {
		bad("window", "%v is less than 1m", s.Window)
	}
}

func (s *Systemd) prober(m Means) prober {
	return func(ctx context.Context) Result {
		hosts, err := m.ask(ctx, "max by (instance) ("+s.selector("node_systemd_units")+")")
		if err != nil {
			return Result{Err: err}
		}
		states, err := s.states(ctx, m)
		if err != nil {
			return Result{Err: err}
		}
		var f findings
		s.judge(&f, hosts.hosts(), states)
		if err := s.judgeRestarts(ctx, m, &f); err != nil {
			return Result{Err: err}
		}
		return f.result()
	}
}

// states asks in which states the unit is: by host, 1 for that it is in.
func (s *Systemd) states(ctx context.Context, m Means) (map[string]map[string]float64, error) {
	found, err := m.series(ctx, s.selector("node_systemd_unit_state", "name", s.Unit))
	states := map[string]map[string]float64{}
	for _, e := range found {
		host := e.labels.Get("instance")
		if states[host] == nil {
			states[host] = map[string]float64{}
		}
		states[host][e.labels.Get("state")] = e.value
	}
	return states, err
}

// judge says of each host that tells of systemd how the unit is there.
func (s *Systemd) judge(f *findings, hosts []string, states map[string]map[string]float64) {
	var well, untold []string
	not := map[string][]string{} // hosts by the state that is not well
	for _, host := range hosts {
		is := states[host]
		_, told := is[wantActive]
		switch {
		case is["failed"] == 1:
			not["failed"] = append(not["failed"], host)
		case s.Want == wantNotFailed || is[wantActive] == 1:
			well = append(well, host)
		case !told:
			untold = append(untold, host)
		default:
			not[other(is)] = append(not[other(is)], host)
		}
	}
	f.measured("probe_systemd_units_well", float64(len(well)))
	f.head = fmt.Sprintf("%s is well on %d of %d hosts", s.Unit, len(well), len(hosts))
	for _, state := range slices.Sorted(maps.Keys(not)) {
		severity := metric.Critical
		if strings.HasSuffix(state, "activating") { // on its way up or down
			severity = metric.Warning
		}
		f.add(severity, "%s on %s", state, name(not[state]))
	}
	switch {
	case len(hosts) == 0:
		f.unknown(fmt.Errorf("no agent of %s tells of systemd", s.Hosts))
	case len(untold) > 0:
		f.unknown(fmt.Errorf("the agent of %s does not tell of it: name it in systemd_units", name(untold)))
	}
}

// other is the state that a unit is in when it is neither active nor failed.
func other(states map[string]float64) string {
	for state, is := range states {
		if is == 1 {
			return state
		}
	}
	return "inactive"
}

func (s *Systemd) judgeRestarts(ctx context.Context, m Means, f *findings) error {
	if s.Restarts == (Limits[float64]{}) {
		return nil
	}
	restarts, err := m.ask(ctx, fmt.Sprintf("round(max by (instance) (increase(%s[%s])))",
		s.selector("node_systemd_service_restart_total", "name", s.Unit), inPromQL(s.Window)))
	for _, host := range restarts.hosts() {
		s.Restarts.judge(f, restarts[host], fmt.Sprintf("%v restarts within %v on %s", restarts[host], s.Window, host))
	}
	return err
}
