package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"plimsoll/agents/batch"
	"plimsoll/internal/procfs"
)

// Processes says which processes are measured in groups; none by default.
type Processes struct {
	Groups []ProcessGroup `yaml:"groups"`
}

// ProcessGroup are processes that are measured together. One that is picked by
// several groups is of the first.
type ProcessGroup struct {
	Name            string `yaml:"name"`
	procfs.Selector `yaml:",inline"`
}

// Validate reports all that is wrong, each with its key.
func (p Processes) Validate() error {
	var errs []error
	seen := map[string]bool{}
	for i, g := range p.Groups {
		switch {
		case g.Name == "":
			errs = append(errs, fmt.Errorf("processes.groups[%d].name: is missing", i))
		case seen[g.Name]:
			errs = append(errs, fmt.Errorf("processes.groups[%d].name: %q is taken", i, g.Name))
		}
		seen[g.Name] = true
		if _, err := g.Picker(); err != nil {
			errs = append(errs, fmt.Errorf("processes.groups[%d].%w", i, err))
		}
	}
	return errors.Join(errs...)
}

// groups measures groups of processes, with the names of process-exporter
// (ncabatoff/process-exporter).
type groups struct {
	dir     procfs.Dir
	root    string
	pickers []procfs.Picker
	names   []string
	// booted is when the host began, Unix seconds; 0: not known yet.
	booted float64
	// used are the ticks of each process at the last tick, and of each group what
	// its processes used, those that have ended too.
	used   map[process]ticks
	totals []ticks
}

// process is what a process is known by.
type process struct {
	pid   int
	start uint64
}

// ticks are what was used of the CPU.
type ticks struct{ user, system uint64 }

func newGroups(c Config) *groups {
	g := &groups{dir: procfs.Dir(c.Proc), root: c.Root, totals: make([]ticks, len(c.Processes.Groups)), used: map[process]ticks{}}
	for _, group := range c.Processes.Groups {
		picker, _ := group.Picker() // was validated
		g.pickers, g.names = append(g.pickers, picker), append(g.names, group.Name)
	}
	return g
}

// sum is what the processes of a group are together.
type sum struct {
	procs, threads    int
	resident, virtual uint64
	oldest            uint64 // the least start
}

func (g *groups) measure(_ context.Context, b *batch.Batch) error {
	if len(g.pickers) == 0 {
		return fs.ErrNotExist // nothing to measure
	}
	all, err := g.dir.Stats()
	if err != nil {
		return err
	}
	if g.booted == 0 {
		g.booted = g.dir.Booted()
	}
	users := procfs.Users(g.root)
	sums := make([]sum, len(g.pickers))
	used := map[process]ticks{}
	for _, s := range all {
		if i := g.groupOf(s, users); i >= 0 {
			sums[i].add(s)
			used[process{s.PID, s.Start}] = g.count(i, s)
		}
	}
	g.used = used
	for i, s := range sums {
		g.tell(b, i, s)
	}
	return nil
}

// groupOf is the place of the group that a process is of; -1: of none.
func (g *groups) groupOf(s procfs.Stat, users map[string]string) int {
	for i, p := range g.pickers {
		if p.Picks(g.dir, s, users) {
			return i
		}
	}
	return -1
}

func (s *sum) add(p procfs.Stat) {
	if s.procs == 0 || p.Start < s.oldest {
		s.oldest = p.Start
	}
	s.procs++
	s.threads += p.Threads
	s.resident += p.RSSBytes
	s.virtual += p.VirtualBytes
}

// count adds to the total of a group what a process used since the last tick,
// or all it used if it was not there then.
func (g *groups) count(i int, s procfs.Stat) ticks {
	now, before := ticks{s.UserTicks, s.SystemTicks}, g.used[process{s.PID, s.Start}]
	g.totals[i].user += now.user - min(now.user, before.user)
	g.totals[i].system += now.system - min(now.system, before.system)
	return now
}

func (g *groups) tell(b *batch.Batch, i int, s sum) {
	group := []string{"groupname", g.names[i]}
	b.Gauge("namedprocess_namegroup_num_procs", float64(s.procs), group...)
	b.Gauge("namedprocess_namegroup_num_threads", float64(s.threads), group...)
	b.Counter("namedprocess_namegroup_cpu_seconds_total", float64(g.totals[i].user)/procfs.TicksPerSecond, "groupname", g.names[i], "mode", "user")
	b.Counter("namedprocess_namegroup_cpu_seconds_total", float64(g.totals[i].system)/procfs.TicksPerSecond, "groupname", g.names[i], "mode", "system")
	b.Gauge("namedprocess_namegroup_memory_bytes", float64(s.resident), "groupname", g.names[i], "memtype", "resident")
	b.Gauge("namedprocess_namegroup_memory_bytes", float64(s.virtual), "groupname", g.names[i], "memtype", "virtual")
	if s.procs > 0 && g.booted > 0 {
		b.Gauge("namedprocess_namegroup_oldest_start_time_seconds", g.booted+float64(s.oldest)/procfs.TicksPerSecond, group...)
	}
}
