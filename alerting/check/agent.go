package check

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// Agent listens for the heartbeat of agents: their series up.
type Agent struct {
	Hosts `yaml:",inline"`
	// SilentFor is the silence after which an agent is critical.
	SilentFor time.Duration `yaml:"silent_for"`
	// KnownFor is how long a host of Matchers is waited for that says nothing any
	// more.
	KnownFor time.Duration `yaml:"known_for"`
	Timeout  time.Duration `yaml:"timeout"`
}

func (*Agent) key() string { return "agent" }

func (a *Agent) setDefaults() {
	setDefault(&a.SilentFor, 2*time.Minute)
	setDefault(&a.KnownFor, 24*time.Hour)
	setDefault(&a.Timeout, seriesTimeout)
}

func (a *Agent) about() about { return about{"agent of " + a.String(), a.Timeout} }

func (a *Agent) validate(bad complaint) {
	a.Hosts.validate(bad)
	if a.SilentFor < 10*time.Second {
		bad("silent_for", "%v is less than 10s", a.SilentFor)
	}
	if a.KnownFor <= a.SilentFor {
		bad("known_for", "%v is not more than %v, which is silent_for", a.KnownFor, a.SilentFor)
	}
}

// errListening says that silence means nothing yet.
var errListening = errors.New("listening for less than silent_for: too early to tell")

func (a *Agent) prober(m Means) prober {
	since := sync.OnceValue(m.Clock)
	return func(ctx context.Context) Result {
		began := since()
		silent, heard, err := a.listen(ctx, m)
		if err != nil {
			return Result{Err: err}
		}
		// Nothing could be heard while this service was not there.
		if len(silent) > 0 && m.Clock().Sub(began).Abs() < a.SilentFor {
			return Result{Err: errListening}
		}
		return a.judge(silent, len(heard))
	}
}

// listen returns the hosts that are silent, and those that are not.
func (a *Agent) listen(ctx context.Context, m Means) (silent []string, heard answer, err error) {
	heard, err = m.ask(ctx, fmt.Sprintf("max by (instance) (present_over_time(%s[%s]))", a.selector("up"), inPromQL(a.SilentFor)))
	if err != nil {
		return nil, nil, err
	}
	known, err := a.known(ctx, m)
	for _, host := range known.hosts() {
		if _, is := heard[host]; !is {
			silent = append(silent, host)
		}
	}
	return silent, heard, err
}

// known are the hosts that should be heard of.
func (a *Agent) known(ctx context.Context, m Means) (answer, error) {
	if a.Instance != "" {
		return answer{a.Instance: 1}, nil
	}
	matchers, err := a.matchers()
	if err != nil {
		return nil, err
	}
	now := m.Clock()
	all, err := m.Querier.Series(ctx, metric.Selection{Sets: [][]*labels.Matcher{matchers}, Start: now.Add(-a.KnownFor), End: now})
	if err != nil {
		return nil, fmt.Errorf("ask for the series up: %w", err)
	}
	known := answer{}
	for _, s := range all {
		known[s.Get("instance")] = 1
	}
	return known, nil
}

func (a *Agent) judge(silent []string, heard int) Result {
	var f findings
	f.measured("probe_agents_silent", float64(len(silent)))
	f.head = fmt.Sprintf("%d of %d agents are heard of", heard, heard+len(silent))
	switch {
	case len(silent) > 0:
		f.critical("nothing within %v of %s", a.SilentFor, name(silent))
	case heard == 0:
		f.unknown(fmt.Errorf("there is no host of %s", a.Hosts))
	}
	return f.result()
}
