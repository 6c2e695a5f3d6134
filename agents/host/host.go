package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Agent measures the host. Its methods are for one caller at a time.
type Agent struct {
	cfg    Config
	parts  []part
	names  batch.Names
	cpu    cpuKeeper
	mounts mounts

	skipDisk, skipNet, skipMount, skipFSType func(string) bool
}

// part measures one subject.
type part struct {
	name    string
	measure func(ctx context.Context, b *batch.Batch) error
}

// New returns an Agent; it reads nothing yet.
func New(cfg Config) (*Agent, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &Agent{
		cfg:        cfg,
		cpu:        cpuKeeper{},
		mounts:     mounts{ask: unix.Statfs, stuck: map[string]bool{}},
		skipDisk:   exclude(cfg.DiskExclude),
		skipNet:    exclude(cfg.NetExclude),
		skipMount:  exclude(cfg.MountExclude),
		skipFSType: exclude(cfg.FSTypeExclude),
	}
	a.parts = []part{
		{"stat", a.stat},
		{"loadavg", a.file("loadavg", parseLoadavg)},
		{"meminfo", a.file("meminfo", parseMeminfo)},
		{"diskstats", a.disks},
		{"filesystem", a.filesystems},
		{"netdev", a.network},
		{"netclass", a.netclass},
		{"netstat", a.netstat},
		{"sockstat", a.file("net/sockstat", parseSockstat)},
		{"vmstat", a.file("vmstat", parseVmstat)},
		{"filefd", a.file("sys/fs/file-nr", parseFileNr)},
		{"pressure", a.pressure},
		{"conntrack", a.conntrack},
		{"uname", uname},
		{"time", clock},
	}
	return a, nil
}

// Name implements agents.Agent.
func (a *Agent) Name() string { return "host" }

// Sample implements agents.Agent.
func (a *Agent) Sample(ctx context.Context, at time.Time) ([]metric.Sample, error) {
	b := a.names.Batch(at)
	var errs []error
	for _, p := range a.parts {
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

func (a *Agent) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(a.cfg.Proc, name))
}

func clock(_ context.Context, b *batch.Batch) error {
	b.Gauge("node_time_seconds", float64(b.At)/1000)
	return nil
}
