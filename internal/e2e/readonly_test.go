package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// aborted is a file system that turns read-only when the test says so, as one
// does on an error of its disk: files that are open for writing do not hinder it.
type aborted struct{ image, dir string }

// newAborted makes one of 64 MB, if this user may.
func newAborted(t *testing.T) (a aborted, ok bool) {
	t.Helper()
	a = aborted{filepath.Join(t.TempDir(), "image"), t.TempDir()}
	if err := os.WriteFile(a.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(a.image, 64<<20); err != nil {
		t.Fatal(err)
	}
	command(t, tool("mkfs.ext4"), "-q", a.image)
	if out, err := a.mounting().CombinedOutput(); err != nil {
		t.Logf("a disk that turns read-only cannot be tried here, as it cannot be mounted: %v, %s", err, out)
		return a, false
	}
	t.Cleanup(func() { command(t, "umount", a.dir) })
	return a, true
}

func (a aborted) mounting() *exec.Cmd { return exec.Command("mount", "-o", "loop", a.image, a.dir) }

// tool finds a program that Debian keeps off the path of those who are not root.
func tool(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	return "/usr/sbin/" + name
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// Few open files make reads and updates open archives anew. Each batch is synced:
// a disk that turns read-only forgets what it was not made to keep.
const fewFiles = "storage: {sync_interval: 0s, flush_interval: 1s, checkpoint_interval: 1s, max_open_files: 1}\nagent: {enabled: false}\n"

// The file system turns read-only under a running service: nothing more is
// acknowledged, which is said, and all can be asked.
func TestReadOnlyDisk(t *testing.T) {
	disk, ok := newAborted(t)
	if !ok {
		return
	}
	data := filepath.Join(disk.dir, "data")
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fewFiles)
	s, l := serve(t, data, "-config", config), newLoad()
	l.put(t, s, 300)
	flush(t, s)
	l.put(t, s, 300)
	command(t, "mount", "-o", "remount,abort", disk.dir)
	eventually(t, "a batch is refused", func() error {
		if l.step(s.url) {
			return errors.New("acknowledged")
		}
		return nil
	})
	if err := s.ready(); err == nil || !strings.Contains(err.Error(), syscall.EROFS.Error()) {
		t.Errorf("ready: %v", err)
	}
	s.answers(t, l)
	l.ask(t, s)
	s.kill()

	command(t, "umount", disk.dir)
	if out, err := disk.mounting().CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s = serve(t, data, "-config", config)
	l.verify(t, s)
	l.put(t, s, 10)
	l.verify(t, s)
	s.kill() // the disk can be unmounted
}

// Who runs the service loses an archive's permission, and then has it again: the
// archive is named, all others go on, and nothing is lost.
func TestPermissionLost(t *testing.T) {
	data := t.TempDir()
	config := writeFile(t, t.TempDir(), "plimsoll.yml", fewFiles)
	var by []string
	if os.Geteuid() == 0 { // permissions do not hold for root with these
		by = []string{"setpriv", "--bounding-set", "-dac_override,-dac_read_search"}
	}
	s, l := serveBy(t, by, data, "-config", config), newLoad()
	l.put(t, s, 100)
	flush(t, s)
	lost := filepath.Join(data, "archives/load_gauge/n=3.rrd")
	chmod(t, lost, 0)
	check := func(when string) {
		t.Helper()
		l.put(t, s, 100)
		eventually(t, when+": the archive is named", func() error {
			if !strings.Contains(s.out.String(), "n=3.rrd") {
				return errors.New(s.out.String())
			}
			return nil
		})
		for n := range int64(loadSeries) {
			if n != 3 {
				l.asked(t, s, n)
			}
		}
	}
	check("running")
	s.kill()
	s = serveBy(t, by, data, "-config", config)
	check("started")
	if strings.Contains(s.out.String(), "n=4.rrd") {
		t.Errorf("another archive is named:\n%s", s.out)
	}
	chmod(t, lost, 0o644)
	l.verify(t, s)
}

// asked checks the newest value of a gauge.
func (l *load) asked(t *testing.T, s *server, n int64) {
	t.Helper()
	i := l.acknowledged.Load() - 1
	got, err := s.ask(fmt.Sprintf("/api/v1/query?query=load_gauge{n='%d'}&time=%d", n, l.base+10*i))
	if err != nil || len(got) != 1 || got[0].Value.value != strconv.FormatFloat(gaugeOf(i, n), 'f', -1, 64) {
		t.Errorf("gauge %d: %+v, %v", n, got, err)
	}
}

func chmod(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}
