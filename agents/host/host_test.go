package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"plimsoll/internal/metric"
)

var tick = time.Unix(1_700_000_000, 0)

// fixture returns an agent that reads the captured files below testdata.
func fixture(t *testing.T, edit func(*Config)) *Agent {
	t.Helper()
	cfg := Default()
	cfg.Proc, cfg.Sys, cfg.Textfiles = "testdata/proc", "testdata/sys", "testdata/textfiles"
	if edit != nil {
		edit(&cfg)
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.systemd.units = func(context.Context) ([]unit, error) {
		return []unit{{"ssh.service", "active"}, {"backup.service", "failed"}, {"tmp.mount", "active"}}, nil
	}
	a.mounts.ask = func(path string, fs *unix.Statfs_t) error {
		*fs = unix.Statfs_t{Bsize: 4096, Blocks: 1000, Bfree: 300, Bavail: 250, Files: 500, Ffree: 400}
		return nil
	}
	return a
}

// foreign are the series that tell of the machine the test runs on.
var foreign = map[string]bool{
	"node_uname_info": true, "node_os_info": true, "node_os_version": true, "node_disk_info": true,
	"node_time_zone_offset_seconds": true, "node_textfile_mtime_seconds": true, "node_scrape_collector_duration_seconds": true,
}

// text writes samples one a line, sorted, without those that come from the
// machine that the test runs on.
func text(samples []metric.Sample) string {
	var lines []string
	for _, s := range samples {
		if !foreign[s.Name()] && !strings.HasPrefix(s.Name(), "node_timex_") {
			lines = append(lines, fmt.Sprintf("%s %s %s", s.Labels, s.Kind, strconv.FormatFloat(s.Value, 'f', -1, 64)))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func TestSampleOfCapturedHost(t *testing.T) {
	a := fixture(t, nil)
	samples, err := a.Sample(t.Context(), tick)
	if err != nil {
		t.Fatal(err)
	}
	if os.Getenv("PLIMSOLL_GOLDEN") != "" {
		if err := os.WriteFile("testdata/golden.txt", []byte(text(samples)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text(samples)); diff != "" {
		t.Errorf("samples differ from testdata/golden.txt (-want +got):\n%s", diff)
	}
	for _, s := range samples {
		if s.At != tick.UnixMilli() {
			t.Fatalf("%s is stamped %d", s.Labels, s.At)
		}
	}
	again, err := a.Sample(t.Context(), tick)
	if err != nil || text(again) != text(samples) {
		t.Errorf("the second sample of the same files differs: %v", err)
	}
}

func TestEverySampleHasMeta(t *testing.T) {
	meta := map[string]metric.Meta{}
	for _, m := range Meta() {
		meta[m.Name] = m
	}
	samples, _ := fixture(t, nil).Sample(t.Context(), tick)
	for _, s := range samples {
		if strings.HasPrefix(s.Name(), "backup_") {
			continue // of a text file
		}
		if m := meta[s.Name()]; m.Help == "" || m.Type != s.Kind.String() {
			t.Errorf("%s of kind %s has meta %+v", s.Labels, s.Kind, m)
		}
	}
}

func TestSeriesAreUnique(t *testing.T) {
	samples, _ := fixture(t, nil).Sample(t.Context(), tick)
	seen := map[string]bool{}
	for _, s := range samples {
		if seen[s.Labels.String()] {
			t.Errorf("%s comes twice", s.Labels)
		}
		seen[s.Labels.String()] = true
	}
}

func TestSampleOfThisHost(t *testing.T) {
	a, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	samples, err := a.Sample(t.Context(), tick)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, s := range samples {
		got[s.Name()] = true
	}
	for _, name := range []string{
		"node_cpu_seconds_total", "node_load1", "node_memory_MemTotal_bytes",
		"node_filesystem_size_bytes", "node_network_receive_bytes_total", "node_uname_info",
	} {
		if !got[name] {
			t.Errorf("no %s", name)
		}
	}
}

func TestBrokenPartDoesNotSpoilOthers(t *testing.T) {
	proc := t.TempDir()
	if err := os.CopyFS(proc, os.DirFS("testdata/proc")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(proc, "loadavg"), []byte("no numbers here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(proc, "pressure")); err != nil {
		t.Fatal(err)
	}
	samples, err := fixture(t, func(c *Config) { c.Proc = proc }).Sample(t.Context(), tick)
	if err == nil || !strings.Contains(err.Error(), `loadavg: "no" is not a number`) {
		t.Errorf("error is %v", err)
	}
	out := text(samples)
	for _, want := range []string{
		`{__name__="node_scrape_collector_success", collector="loadavg"} gauge 0`,
		`{__name__="node_scrape_collector_success", collector="meminfo"} gauge 1`,
		`{__name__="node_memory_MemTotal_bytes"}`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(out, "pressure") {
		t.Error("a part that the kernel lacks is reported")
	}
}

func TestTooManyDevices(t *testing.T) {
	samples, err := fixture(t, func(c *Config) { c.MaxDevices = 1 }).Sample(t.Context(), tick)
	if !errors.Is(err, errTooMany) {
		t.Errorf("error is %v", err)
	}
	if out := text(samples); !strings.Contains(out, `device="lo"`) || strings.Contains(out, `node_network_receive_bytes_total", device="eth0"`) {
		t.Errorf("not the first device alone:\n%s", out)
	}
}

func TestHungFileSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := fixture(t, nil)
		healthy, release := a.mounts.ask, make(chan struct{})
		var asked atomic.Int32
		a.systemd.units = func(context.Context) ([]unit, error) {
			return []unit{{"ssh.service", "active"}, {"backup.service", "failed"}, {"tmp.mount", "active"}}, nil
		}
		a.mounts.ask = func(path string, fs *unix.Statfs_t) error {
			if path == "/srv/photos" {
				asked.Add(1)
				<-release
			}
			return healthy(path, fs)
		}
		stuck := `{__name__="node_filesystem_device_error", device="nas:/photos", fstype="nfs4", mountpoint="/srv/photos"} gauge `
		for range 3 {
			samples, err := a.Sample(t.Context(), tick)
			if err != nil {
				t.Fatal(err)
			}
			if out := text(samples); !strings.Contains(out, stuck+"1") ||
				!strings.Contains(out, `node_filesystem_size_bytes", device="/dev/vda1"`) {
				t.Fatalf("stuck file system not reported, or others not measured:\n%s", out)
			}
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("a file system that hangs was asked %d times", n)
		}
		close(release)
		synctest.Wait()
		samples, _ := a.Sample(t.Context(), tick)
		if !strings.Contains(text(samples), stuck+"0") {
			t.Error("a file system that answers again is not measured")
		}
	})
}

func TestConfigReportsAllProblems(t *testing.T) {
	err := Config{DiskExclude: "("}.Validate()
	for _, key := range []string{"disk_exclude", "proc", "sys", "stat_timeout", "max_devices"} {
		if err == nil || !strings.Contains(err.Error(), key+":") {
			t.Errorf("%s is not in %v", key, err)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func BenchmarkSample(b *testing.B) {
	a, err := New(Default())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		samples, err := a.Sample(b.Context(), tick)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(samples)), "series")
	}
}
