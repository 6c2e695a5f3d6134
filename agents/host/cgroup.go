package host

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
)

// Bounds of the walk through control groups.
const (
	cgroupDepth = 4     // kubepods.slice / …-burstable.slice / …-pod….slice / container
	cgroupDirs  = 2_000 // looked at
)

// cgroupMeta describes the series of services and containers, which have
// cadvisor's names (google/cadvisor: metrics/prometheus.go).
var cgroupMeta = []batch.Field{
	{Kind: metric.Counter, Name: "container_cpu_usage_seconds_total", Help: "CPU time that the service or container used."},
	{Kind: metric.Counter, Name: "container_cpu_user_seconds_total", Help: "CPU time that the service or container used in its programs."},
	{Kind: metric.Counter, Name: "container_cpu_system_seconds_total", Help: "CPU time that the service or container used in the kernel."},
	{Kind: metric.Counter, Name: "container_cpu_cfs_periods_total", Help: "Periods in which the limit of CPU time was looked at."},
	{Kind: metric.Counter, Name: "container_cpu_cfs_throttled_periods_total", Help: "Periods in which the service or container had to wait because of its limit."},
	{Kind: metric.Counter, Name: "container_cpu_cfs_throttled_seconds_total", Help: "Time that the service or container had to wait because of its limit."},
	{Name: "container_memory_usage_bytes", Help: "Memory used, with all caches."},
	{Name: "container_memory_working_set_bytes", Help: "Memory used, without caches that can be given up."},
	{Name: "container_memory_rss", Help: "Memory of programs that no file stands behind, in bytes."},
	{Name: "container_memory_cache", Help: "Memory that caches files, in bytes."},
	{Name: "container_memory_swap", Help: "Swap used, in bytes."},
	{Name: "container_spec_memory_limit_bytes", Help: "Most memory that the service or container may use; 0: no limit."},
	{Kind: metric.Counter, Name: "container_oom_events_total", Help: "Processes killed because the limit of memory was reached."},
	{Kind: metric.Counter, Name: "container_fs_reads_bytes_total", Help: "Bytes read from block devices."},
	{Kind: metric.Counter, Name: "container_fs_writes_bytes_total", Help: "Bytes written to block devices."},
	{Name: "container_threads", Help: "Threads of the service or container."},
	{Name: "plimsoll_host_cgroups_left_out", Help: "Services and containers beyond max_cgroups, which are not measured."},
}

// cgroup is a service or a container.
type cgroup struct {
	path  string // below the hierarchy: system.slice/nginx.service
	pairs []string
}

// cgroups are the services and containers that were found.
type cgroups struct {
	found []cgroup
	v2    bool
}

// containerScope is what runtimes call the groups of their containers: docker-ID.scope,
// libpod-ID.scope, cri-containerd-ID.scope, crio-ID.scope, and docker/ID.
var containerScope = regexp.MustCompile(`^(?:(?:docker|libpod|cri-containerd|crio)-)?([0-9a-f]{64})(?:\.scope)?$`)

// transient are units that come and go with a session or one command.
var transient = regexp.MustCompile(`^(user@.*|user-.*|run-.*|session-.*|.*\.mount|systemd-(fsck|coredump).*)$`)

// cgroupNames looks for services and containers once a minute.
func (a *Agent) cgroupNames(_ context.Context, b *batch.Batch) error {
	a.groups = cgroups{}
	root := filepath.Join(a.cfg.Sys, "fs/cgroup")
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err == nil {
		a.groups.v2 = true
	} else if root = filepath.Join(root, "memory"); !isDir(root) {
		return fs.ErrNotExist
	}
	w := walk{agent: a}
	w.dir(root, "", cgroupDepth)
	slices.SortStableFunc(w.found, func(x, y cgroup) int { return strings.Compare(x.path, y.path) })
	left := max(0, len(w.found)-a.cfg.MaxCgroups)
	a.groups.found = w.found[:len(w.found)-left]
	b.Gauge("plimsoll_host_cgroups_left_out", float64(left))
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// walk goes through a hierarchy.
type walk struct {
	agent  *Agent
	found  []cgroup
	looked int
}

func (w *walk) dir(root, path string, depth int) {
	if w.looked++; depth == 0 || w.looked > cgroupDirs {
		return
	}
	entries, err := os.ReadDir(filepath.Join(root, path))
	if err != nil {
		return // has ended meanwhile
	}
	for _, e := range entries {
		if !e.IsDir() || transient.MatchString(e.Name()) {
			continue
		}
		child := filepath.Join(path, e.Name())
		if name := w.agent.groupName(e.Name()); name != "" {
			w.found = append(w.found, cgroup{child, []string{"id", "/" + child, "name", name}})
			continue // what is inside belongs to it
		}
		w.dir(root, child, depth-1)
	}
}

// groupName returns what a group is called that is a service or a container, ""
// for others.
func (a *Agent) groupName(name string) string {
	if strings.HasSuffix(name, ".service") {
		return name
	}
	m := containerScope.FindStringSubmatch(name)
	if m == nil {
		return ""
	}
	path := filepath.Join("/", a.cfg.Root, "var/lib/docker/containers", m[1], "config.v2.json")
	var docker struct{ Name string }
	if data, err := os.ReadFile(path); err == nil && json.Unmarshal(data, &docker) == nil && docker.Name != "" {
		return strings.TrimPrefix(docker.Name, "/")
	}
	return m[1][:12]
}

// cgroup measures the services and containers that were found.
func (a *Agent) cgroup(_ context.Context, b *batch.Batch) error {
	for _, g := range a.groups.found {
		if a.groups.v2 {
			a.groupV2(b, g)
		} else {
			a.groupV1(b, g)
		}
	}
	return nil
}
