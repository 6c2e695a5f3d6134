package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"plimsoll/internal/procfs"
)

// Process counts processes: of this host those that Selector picks, of others
// those of a group that their agents measure.
type Process struct {
	procfs.Selector `yaml:",inline"`
	// Group is a group of processes in the configuration of the agents of Hosts.
	Group string `yaml:"group"`
	Hosts `yaml:",inline"`
	// Min and Max are how many there may be: at least one if neither is given,
	// none if Max is 0.
	Min     *int          `yaml:"min"`
	Max     *int          `yaml:"max"`
	Timeout time.Duration `yaml:"timeout"`
}

func (*Process) key() string { return "process" }

func (p *Process) setDefaults() {
	setDefault(&p.Timeout, seriesTimeout)
	if p.Min == nil {
		least := 1
		if p.Max != nil {
			least = min(1, *p.Max)
		}
		p.Min = &least
	}
}

func (p *Process) about() about {
	if p.Group != "" {
		return about{fmt.Sprintf("processes %s of %s", p.Group, p.Hosts), p.Timeout}
	}
	var which []string
	for _, w := range []struct{ key, value string }{{"comm", p.Comm}, {"exe", p.Exe}, {"cmdline", p.Cmdline}, {"user", p.User}} {
		if w.value != "" {
			which = append(which, w.key+"="+w.value)
		}
	}
	return about{"processes " + strings.Join(which, " "), p.Timeout}
}

func (p *Process) validate(bad complaint) {
	switch {
	case p.Group != "" && p.Selector != (procfs.Selector{}):
		bad("group", "stands beside comm, exe, cmdline or user: the agent's configuration says that")
	case p.Group != "":
		p.Hosts.validate(bad)
	case p.given():
		bad("group", "is missing: of another host only groups that its agent measures are known")
	default:
		if _, err := p.Picker(); err != nil {
			for line := range strings.Lines(err.Error()) {
				key, why, _ := strings.Cut(strings.TrimSpace(line), ": ")
				bad(key, "%s", why)
			}
		}
	}
	if *p.Min < 0 {
		bad("min", "%d is negative", *p.Min)
	}
	if p.Max != nil && *p.Max < *p.Min {
		bad("max", "%d is less than %d, which is min", *p.Max, *p.Min)
	}
}

func (p *Process) prober(m Means) prober {
	if p.Group != "" {
		return func(ctx context.Context) Result { return p.ofOthers(ctx, m) }
	}
	return func(context.Context) Result { return p.ofThisHost("/proc") }
}

// ofThisHost counts what /proc shows.
func (p *Process) ofThisHost(proc procfs.Dir) Result {
	var f findings
	picker, _ := p.Picker() // was validated
	all, err := proc.Stats()
	if err != nil {
		f.unknown(err)
		return f.result()
	}
	n, users := 0, procfs.Users("")
	for _, s := range all {
		if s.State != "Z" && picker.Picks(proc, s, users) { // a zombie does nothing any more
			n++
		}
	}
	f.measured("probe_processes", float64(n))
	f.head = plural(n)
	if why := p.wrong(n); why != "" {
		f.critical("%s", why)
	}
	return f.result()
}

// ofOthers counts what agents tell.
func (p *Process) ofOthers(ctx context.Context, m Means) Result {
	counts, err := m.ask(ctx, "max by (instance) ("+p.selector("namedprocess_namegroup_num_procs", "groupname", p.Group)+")")
	if err != nil {
		return Result{Err: err}
	}
	var f findings
	total := 0
	for _, host := range counts.hosts() {
		n := int(counts[host])
		total += n
		if why := p.wrong(n); why != "" {
			f.critical("%s: %s, %s", host, plural(n), why)
		}
	}
	f.measured("probe_processes", float64(total))
	f.head = plural(total)
	if len(counts) != 1 {
		f.head += fmt.Sprintf(" on %d hosts", len(counts))
	}
	if len(counts) == 0 {
		f.unknown(errors.New("no agent of " + p.String() + " tells of the group " + p.Group))
	}
	return f.result()
}

// wrong says what is wrong with a number of processes; "" if nothing is.
func (p *Process) wrong(n int) string {
	switch {
	case n < *p.Min:
		return fmt.Sprintf("there should be %d at least", *p.Min)
	case p.Max != nil && *p.Max == 0 && n > 0:
		return "there should be none"
	case p.Max != nil && n > *p.Max:
		return fmt.Sprintf("there should be %d at most", *p.Max)
	}
	return ""
}

func plural(n int) string {
	if n == 1 {
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
