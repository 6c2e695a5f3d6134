package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a file system of so many bytes until the test ends. Who may
// not mount gets a name space where he may: then the test runs there, and the
// caller returns when ok is false.
func smallDisk(t *testing.T, bytes int) (dir string, ok bool) {
	t.Helper()
	if os.Geteuid() != 0 {
		out, err := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--mount", os.Args[0], "-test.run=^"+t.Name()+"$").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return "", false
	}
	dir = t.TempDir()
	if err := unix.Mount("plimsoll", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the server's
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

// fill takes all room that is left, with a neighbour's file.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const large, small = 1 << 20, 512
	for err == nil {
		_, err = f.Write(make([]byte, large))
	}
	// Less than a large block is left. What the service gives up meanwhile of the
	// room that it kept is not the neighbour's.
	for n := 0; n < large/small && errors.Is(err, syscall.ENOSPC); n++ {
		if _, last := f.Write(make([]byte, small)); last != nil {
			err = last
			break
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// firing tells whether an alert is shown.
func (s *server) firing(name string) (bool, error) {
	var shown struct{ Alerts []struct{ Name string } }
	err := s.json("/api/plimsoll/v1/alerts", &shown)
	for _, a := range shown.Alerts {
		if a.Name == name {
			return true, err
		}
	}
	return false, err
}

// answers checks that the service lives and can be asked.
func (s *server) answers(t *testing.T, l *load) {
	t.Helper()
	if _, err := s.get("/healthz"); err != nil {
		t.Error(err)
	}
	at := l.base + 10*(l.acknowledged.Load()-1)
	got, err := s.ask(fmt.Sprintf("/api/v1/query?query=load_gauge&time=%d", at))
	if err != nil || len(got) != loadSeries {
		t.Errorf("%d series, want %d, %v", len(got), loadSeries, err)
	}
}

const diskConfig = `
storage: {flush_interval: 1s, checkpoint_interval: 2s, reserve_bytes: 8388608}
agent: {interval: 1s}
rules:
  - {name: DataDiskFull, class: resource, expr: plimsoll_rrdstore_disk_full == 1, interval: 1s, severity: critical}
`

// A neighbour fills the disk, and then even the room that was kept. Nothing that
// was acknowledged is lost, all can be asked, people are told, and it ends by
// itself when there is room.
func TestDiskFull(t *testing.T) {
	disk, ok := smallDisk(t, 400<<20) // a host's archives take half of it
	if !ok {
		return
	}
	data, neighbour := filepath.Join(disk, "data"), filepath.Join(disk, "neighbour")
	config := writeFile(t, t.TempDir(), "plimsoll.yml", diskConfig)
	s, l := serve(t, data, "-config", config), newLoad()
	l.put(t, s, 300)
	eventually(t, "the service measures itself", func() error {
		got, err := s.query("plimsoll_rrdstore_disk_full == 0")
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("got %+v", got)
		}
		return err
	})

	fill(t, neighbour)
	l.put(t, s, 300) // into the room that was kept
	eventually(t, "the alert", func() error {
		fires, err := s.firing("DataDiskFull")
		if err == nil && !fires {
			err = errors.New("is not shown")
		}
		return err
	})
	s.answers(t, l)

	eventually(t, "a batch is refused", func() error {
		fill(t, neighbour)
		if l.step(s.url) {
			return errors.New("acknowledged")
		}
		return nil
	})
	s.answers(t, l)
	if err := s.ready(); err == nil || !strings.Contains(err.Error(), "journal") {
		t.Errorf("ready: %v", err)
	}

	if err := os.Remove(neighbour); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a batch is taken", func() error {
		if !l.step(s.url) {
			return errors.New("refused")
		}
		return s.ready()
	})
	l.put(t, s, 300)
	eventually(t, "the alert's end", func() error {
		fires, err := s.firing("DataDiskFull")
		if err == nil && fires {
			err = errors.New("is still shown")
		}
		return err
	})
	if info, err := os.Stat(filepath.Join(data, "reserve")); err != nil || info.Size() != 8<<20 {
		t.Errorf("the room is not kept again: %v", err)
	}
	l.verify(t, s)
	s.kill()
	s = serve(t, data, "-config", config)
	l.verify(t, s)
	s.kill() // the disk can be unmounted
}

// ready returns what /readyz says against the service.
func (s *server) ready() error {
	_, err := s.get("/readyz")
	return err
}
