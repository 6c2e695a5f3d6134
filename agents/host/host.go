package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Agent measures the host. Its methods are for one caller at a time.
type Agent struct {
	cfg       Config
	parts     []part
	names     batch.Names
	files     reader
	cpu       cpuKeeper
	mounts    mounts
	at        int64 // the tick that is measured, Unix milliseconds
	lists     map[string]listed
	sensorsAt []sensorAt // as hwmonNames found them
	groups    cgroups    // as cgroupNames found them
	text      *textfiles
	systemd   *systemd

	skipDisk, skipNet, skipMount, skipFSType func(string) bool
}

// part measures one subject.
type part struct {
	name string
	measure
}

// New returns an Agent; it reads nothing yet.
func New(cfg Config) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &Agent{
		cfg:        cfg,
		cpu:        cpuKeeper{},
		lists:      map[string]listed{},
		text:       newTextfiles(cfg.Textfiles),
		systemd:    &systemd{units: askSystemd, failed: map[string]bool{}, watch: cfg.SystemdUnits, restarts: askRestarts},
		mounts:     mounts{ask: unix.Statfs, stuck: map[string]bool{}},
		skipDisk:   exclude(cfg.DiskExclude),
		skipNet:    exclude(cfg.NetExclude),
		skipMount:  exclude(cfg.MountExclude),
		skipFSType: exclude(cfg.FSTypeExclude),
	}
	a.parts = slices.DeleteFunc(a.all(), func(p part) bool { return slices.Contains(cfg.Without, p.name) })
	return a, nil
}

// all returns every part in the order in which they are measured.
func (a *Agent) all() []part {
	return slices.Concat(a.load(), a.hardware(), a.identity())
}

// load are the parts that tell what the host does.
func (a *Agent) load() []part {
	return []part{
		{"stat", a.stat},
		{"loadavg", a.file("loadavg", parseLoadavg)},
		{"meminfo", a.file("meminfo", parseMeminfo)},
		{"diskstats", a.disks},
		{"filesystem", a.filesystems},
		{"netdev", a.network},
		{"netclass", a.netclass},
		{"netstat", a.netstat},
		{"sockstat", a.sockstat},
		{"softnet", a.file("net/softnet_stat", parseSoftnet)},
		{"udp_queues", seldom(a.udpQueues)},
		{"arp", a.file("net/arp", parseARP)},
		{"vmstat", a.file("vmstat", parseVmstat)},
		{"schedstat", a.file("schedstat", parseSchedstat)},
		{"filefd", a.file("sys/fs/file-nr", parseFileNr)},
		{"pressure", a.pressure},
		{"conntrack", a.conntrack},
		{"processes", a.processes},
		{"processes_state", seldom(a.processStates)},
		{"process_groups", newGroups(a.cfg).measure},
		{"cgroup_names", seldom(a.cgroupNames)},
		{"cgroup", a.cgroup},
		{"entropy", a.numbersIn(singles)},
		{"nfs", a.file("net/rpc/nfs", parseNFS)},
		{"time", clock},
		{"timex", timex},
	}
}

// hardware are the parts that tell of sensors and of what may break.
func (a *Agent) hardware() []part {
	return []part{
		{"cpufreq", a.frequency},
		{"cpulimits", seldom(a.frequencyLimits)},
		{"throttles", seldom(a.throttles)},
		{"hwmon_names", seldom(a.hwmonNames)},
		{"hwmon", a.hwmon},
		{"thermal_zone", a.thermal},
		{"cooling_device", seldom(a.cooling)},
		{"powersupplyclass", seldom(a.powerSupplies)},
		{"mdadm", a.mdadm},
		{"bonding", a.bonding},
		{"edac", seldom(a.edac)},
	}
}

// identity are the parts that tell what the host is, and what others tell of it.
func (a *Agent) identity() []part {
	return []part{
		{"uname", seldom(uname)},
		{"os", seldom(a.osRelease)},
		{"dmi", seldom(a.dmi)},
		{"selinux", seldom(a.selinux)},
		{"clocksources", seldom(a.clocksources)},
		{"netnames", seldom(a.netnames)},
		{"disknames", seldom(a.diskNames)},
		{"systemd", seldom(a.systemd.measure)},
		{"textfile", a.text.measure},
	}
}

// Name implements agents.Agent.
func (a *Agent) Name() string { return "host" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	a.at = b.At
	var errs []error
	for _, p := range a.parts {
		began := time.Now()
		err := p.measure(ctx, b)
		if absent(err) {
			continue
		}
		success := 1.0
		if err != nil {
			success = 0
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
		}
		b.Gauge("node_scrape_collector_success", success, "collector", p.name)
		b.Gauge("node_scrape_collector_duration_seconds", time.Since(began).Seconds(), "collector", p.name)
	}
	return b.Samples, errors.Join(errs...)
}

// absent says whether err means that this kernel lacks what was asked for:
// pressure files give EOPNOTSUPP when the kernel was started with psi=0.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EOPNOTSUPP)
}

// file returns a part that reads one file of /proc and parses it.
func (a *Agent) file(name string, parse func([]byte, *batch.Batch) error) func(context.Context, *batch.Batch) error {
	return func(_ context.Context, b *batch.Batch) error {
		data, err := a.read(name)
		if err != nil {
			return err
		}
		return parse(data, b)
	}
}

func clock(_ context.Context, b *batch.Batch) error {
	b.Gauge("node_time_seconds", float64(b.At)/1000)
	return nil
}
