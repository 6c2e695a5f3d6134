package check

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/plugin"
	"plimsoll/internal/secret"
)

// Plugin runs a program that was made for Nagios, on the host of the service.
type Plugin struct {
	// Command is the program, by its whole path or its name in Debian's directory
	// of plugins, and its arguments. There is no shell.
	Command []string `yaml:"command"`
	// Env are further variables of its environment. Those of EnvFiles are read
	// from files, and taken out of what the plugin says.
	Env      map[string]string `yaml:"env"`
	EnvFiles map[string]string `yaml:"env_files"`
	// TimeoutState is the state of a run that does not end in time.
	TimeoutState metric.Severity `yaml:"timeout_state"`
	Timeout      time.Duration   `yaml:"timeout"`
}

func (*Plugin) key() string { return "plugin" }

func (p *Plugin) setDefaults() {
	setDefault(&p.Timeout, time.Minute)
	setDefault(&p.TimeoutState, metric.Critical)
}

// about names the program alone: its arguments may be secret.
func (p *Plugin) about() about {
	if len(p.Command) == 0 {
		return about{"", p.Timeout}
	}
	return about{filepath.Base(p.Command[0]), p.Timeout}
}

func (p *Plugin) validate(bad complaint) {
	if len(p.Command) == 0 || p.Command[0] == "" {
		bad("command", "is empty; give a list of the program and its arguments")
	}
	if _, known := plugin.Codes()[p.TimeoutState]; !known {
		bad("timeout_state", "%q is not ok, warning, critical or unknown", p.TimeoutState)
	}
	for _, name := range slices.Sorted(maps.Keys(p.EnvFiles)) {
		if _, twice := p.Env[name]; twice {
			bad("env_files", "%s stands in env too", name)
		} else if _, err := secret.Read(p.EnvFiles[name]); err != nil {
			bad("env_files."+name, "%v", err)
		}
	}
}

func (p *Plugin) prober(Means) prober {
	return func(ctx context.Context) Result {
		var f findings
		env, secrets, err := p.environment()
		if err != nil {
			f.unknown(err)
			return f.result()
		}
		r, _ := plugin.Run(ctx, plugin.Command{Args: p.Command, Env: env, TimeoutState: p.TimeoutState}) // the report says all
		for _, v := range r.Perf {
			name, kind, value, pairs := v.Series()
			f.perf = append(f.perf, Perf{Name: name, Kind: kind, Value: value, Pairs: pairs})
		}
		f.head, f.is = hide(r.Says(), secrets), r.State
		if f.head == "" {
			f.head = fmt.Sprintf("%s says nothing", filepath.Base(p.Command[0]))
		}
		return f.result()
	}
}

// environment is that of one run, with the secrets in it.
func (p *Plugin) environment() (env map[string]string, secrets []string, err error) {
	env = maps.Clone(p.Env)
	if env == nil {
		env = map[string]string{}
	}
	for name, path := range p.EnvFiles {
		if env[name], err = secret.Read(path); err != nil {
			return nil, nil, err
		}
		secrets = append(secrets, env[name])
	}
	return env, secrets, nil
}
