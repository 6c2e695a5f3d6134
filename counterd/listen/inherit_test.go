package listen

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// What comes between the end of one process and the begin of the next is read by
// the next.
func TestInheritedSocketsLoseNothing(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "unixgram://" + filepath.Join(t.TempDir(), "s")} {
		var before, after seen
		old, err := Open(Config{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		send(t, old[0].Addr(), "a")
		f, err := old[0].File()
		if err != nil {
			t.Fatal(err)
		}
		old[0].HandOver()
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		if err := old[0].Run(ended, before.take); err != nil {
			t.Fatal(err)
		}
		send(t, old[0].Addr(), "b", "c")
		if err := old[0].Close(); err != nil {
			t.Fatal(err)
		}
		next, err := Open(Config{Address: address}, nil, f)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		if next[0].String() != old[0].String() {
			t.Errorf("%s became %s", old[0], next[0])
		}
		send(t, next[0].Addr(), "d")
		if err := next[0].Run(ended, after.take); err != nil {
			t.Fatal(err)
		}
		next[0].Close()
		if !cmp.Equal(before.good, []string{"a"}) || !cmp.Equal(after.good, []string{"b", "c", "d"}) {
			t.Errorf("%s: %q, then %q", address, before.good, after.good)
		}
	}
}

// The kernel's counter of drops goes on; each process reports its own.
func TestInheritedDropsAreNotCountedTwice(t *testing.T) {
	const each = 3000
	var before, after sum
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	old, err := Open(Config{Address: "127.0.0.1:0", ReadBuffer: 8 << 10})
	if err != nil {
		t.Fatal(err)
	}
	flood(t, old[0].Addr().String(), 0, each)
	if err := old[0].Run(ended, before.take); err != nil {
		t.Fatal(err)
	}
	f, err := old[0].File()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	next, err := Open(Config{Address: "127.0.0.1:0", ReadBuffer: 8 << 10}, f)
	if err != nil {
		t.Fatal(err)
	}
	old[0].Close()
	flood(t, next[0].Addr().String(), 0, each)
	if err := next[0].Run(ended, after.take); err != nil {
		t.Fatal(err)
	}
	next[0].Close()
	if old[0].Drops()+before.datagrams != each || next[0].Drops()+after.datagrams != each || next[0].Drops() == 0 {
		t.Errorf("%d received, %d dropped; then %d received, %d dropped", before.datagrams, old[0].Drops(), after.datagrams, next[0].Drops())
	}
}

func TestInheritRefusesWhatIsAnothersSocket(t *testing.T) {
	files := map[string]*os.File{}
	for _, address := range []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0", "unix://" + filepath.Join(t.TempDir(), "s")} {
		l, err := Open(Config{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		defer l[0].Close()
		f, err := l[0].File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[strings.SplitN(address, ":", 2)[0]] = f
	}
	for _, c := range []struct{ address, inherited string }{
		{"127.0.0.1:0", tcp}, {"tcp://127.0.0.1:0", udp}, {"unix:///x", tcp}, {"unixgram:///x", udp}, {"unixgram:///x", unixSock},
	} {
		if _, err := Open(Config{Address: c.address}, files[c.inherited]); err == nil {
			t.Errorf("%s took over a %s socket", c.address, c.inherited)
		}
	}
	if _, err := Open(Config{Address: "127.0.0.1:0"}, files[udp], files[udp]); err == nil || !strings.Contains(err.Error(), "2 sockets were inherited") {
		t.Errorf("%v", err)
	}
}

// A listener whose descriptor was handed to a process still ends when told to.
func TestHandingOnDoesNotMakeASocketBlock(t *testing.T) {
	for _, address := range []string{"tcp://127.0.0.1:0", "unix://" + filepath.Join(t.TempDir(), "s"), "127.0.0.1:0"} {
		all, err := Open(Config{Address: address})
		if err != nil {
			t.Fatal(err)
		}
		f, err := all[0].File()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("true")
		cmd.ExtraFiles = []*os.File{f}
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK == 0 {
			t.Errorf("%s blocks: %#x %v", address, flags, err)
		}
		f.Close()
		all[0].Close()
	}
}
