package host

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"plimsoll/agents/batch"

	"golang.org/x/sys/unix"
)

// mount is one line of /proc/1/mounts.
type mount struct {
	device, point, fstype string
	readonly              bool
}

// unescape undoes the escapes of mount tables (proc_pid_mounts(5), fstab(5)).
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// parseMounts returns the mounts, of those on the same point the last one.
func parseMounts(data []byte) ([]mount, error) {
	var out []mount
	at := map[string]int{}
	for f := range fields(data) {
		if len(f) < 4 {
			return out, fmt.Errorf("line %q is short", f)
		}
		m := mount{
			device: unescape.Replace(f[0]), point: unescape.Replace(f[1]), fstype: f[2],
			readonly: slices.Contains(strings.Split(f[3], ","), "ro"),
		}
		if i, again := at[m.point]; again {
			out[i] = m // mounted over: statfs sees the last one
			continue
		}
		at[m.point] = len(out)
		out = append(out, m)
	}
	return out, nil
}

// mounts asks for file systems and remembers those that have not answered.
type mounts struct {
	// ask is statfs(2).
	ask func(path string, fs *unix.Statfs_t) error

	mu    sync.Mutex // guards stuck
	stuck map[string]bool
}

// errStuck says that a file system did not answer in time.
var errStuck = errors.New("statfs does not return")

// statfs asks for one file system, at most timeout long. A call that hangs is
// left behind, and the mount point is not asked again before it has returned.
func (m *mounts) statfs(path string, timeout time.Duration) (unix.Statfs_t, error) {
	m.mu.Lock()
	busy := m.stuck[path]
	m.stuck[path] = true
	m.mu.Unlock()
	if busy {
		return unix.Statfs_t{}, errStuck
	}
	type answer struct {
		fs  unix.Statfs_t
		err error
	}
	done := make(chan answer, 1)
	go func() { // ends when the kernel answers
		var a answer
		a.err = m.ask(path, &a.fs)
		m.mu.Lock()
		delete(m.stuck, path)
		m.mu.Unlock()
		done <- a
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.fs, a.err
	case <-timer.C:
		return unix.Statfs_t{}, errStuck
	}
}

// filesystems measures the mounted file systems, all at once, because one may
// hang.
func (a *Agent) filesystems(_ context.Context, b *batch.Batch) error {
	data, err := a.read("1/mounts")
	if err != nil { // without root in another pid namespace, or hidepid
		if data, err = a.read("self/mounts"); err != nil {
			return err
		}
	}
	all, err := parseMounts(data)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m mount) bool {
		return m.point != "/" && (a.skipMount(m.point) || a.skipFSType(m.fstype))
	})
	var tooMany error
	if len(all) > a.cfg.MaxDevices {
		all, tooMany = all[:a.cfg.MaxDevices], errTooMany
	}
	answers := make([]unix.Statfs_t, len(all))
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, m := range all {
		wg.Go(func() {
			answers[i], errs[i] = a.mounts.statfs(filepath.Join("/", a.cfg.Root, m.point), a.cfg.StatTimeout)
		})
	}
	wg.Wait()
	for i, m := range all {
		filesystem(b, m, answers[i], errs[i])
	}
	return tooMany
}

// filesystem adds the series of one file system, or that it could not be asked.
func filesystem(b *batch.Batch, m mount, fs unix.Statfs_t, err error) {
	pairs := []string{"device", m.device, "mountpoint", m.point, "fstype", m.fstype}
	if err != nil {
		b.Gauge("node_filesystem_device_error", 1, pairs...)
		return
	}
	block := float64(fs.Bsize)
	b.Gauge("node_filesystem_device_error", 0, pairs...)
	b.Gauge("node_filesystem_size_bytes", float64(fs.Blocks)*block, pairs...)
	b.Gauge("node_filesystem_free_bytes", float64(fs.Bfree)*block, pairs...)
	b.Gauge("node_filesystem_avail_bytes", float64(fs.Bavail)*block, pairs...)
	b.Gauge("node_filesystem_files", float64(fs.Files), pairs...)
	b.Gauge("node_filesystem_files_free", float64(fs.Ffree), pairs...)
	readonly := 0.0
	if m.readonly || fs.Flags&unix.ST_RDONLY != 0 {
		readonly = 1
	}
	b.Gauge("node_filesystem_readonly", readonly, pairs...)
}
