package procs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree is a /proc of a test.
type tree struct {
	*testing.T
	dir string
}

func newTree(t *testing.T) tree {
	p := tree{t, t.TempDir()}
	p.write("meminfo", "MemTotal: 1 kB\n")
	return p
}

func (p tree) write(name, text string) {
	p.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		p.Fatal(err)
	}
}

// process writes a process with its CPU time in hundredths of a second.
func (p tree) process(pid int, name string, ticks, start, pages int) {
	p.write(fmt.Sprint(pid, "/stat"), fmt.Sprintf("%d (%s) S 1 1 1 0 -1 0 0 0 0 0 %d 0 7 7 20 0 3 0 %d 1000 %d 18446744073709551615 1 1\n", pid, name, ticks, start, pages))
}

func TestShareIsThatBetweenTwoLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTree(t)
		p.process(10, "calm", 500, 1, 1000)
		p.process(20, "a (bad) name\x1b[2J", 100, 2, 10)
		top := New(Config{Proc: p.dir})
		go func() { // ends within the second that Top waits
			time.Sleep(apart / 2)
			p.process(20, "a (bad) name\x1b[2J", 150, 2, 10)
			p.process(30, "new", 20, 99, 1)
		}()
		began := time.Now()
		l, err := top.Top(t.Context(), 2, ByCPU)
		if err != nil || time.Since(began) != apart {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
		check(t, l, "20 a (bad) name [2J 0.50, 30 new 0.20")
		if l.Total != 3 || l.Seconds != 1 {
			t.Errorf("%d processes in %v s", l.Total, l.Seconds)
		}

		l, _ = top.Top(t.Context(), 9, ByMemory)
		check(t, l, "10 calm 0.00, 20 a (bad) name [2J 0.50, 30 new 0.20")
		if time.Since(began) != apart {
			t.Error("who asks again at once has to wait")
		}

		time.Sleep(10 * time.Second)
		p.process(20, "another", 5, 700, 10) // with the old one's number
		if err := os.RemoveAll(filepath.Join(p.dir, "30")); err != nil {
			t.Fatal(err)
		}
		l, _ = top.Top(t.Context(), 9, ByCPU)
		check(t, l, "20 another 0.01, 10 calm 0.00")
		if l.Seconds != 10 {
			t.Errorf("shares of %v s", l.Seconds)
		}
	})
}

func check(t *testing.T, l List, want string) {
	t.Helper()
	var got []string
	for _, p := range l.Processes {
		got = append(got, fmt.Sprintf("%d %s %.2f", p.PID, p.Command, p.CPU))
	}
	if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
		t.Error(diff)
	}
}

func TestTopEndsWithItsContext(t *testing.T) {
	p := newTree(t)
	p.process(10, "calm", 500, 1, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Config{Proc: p.dir}).Top(ctx, 1, ByCPU); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDetails(t *testing.T) {
	p := newTree(t)
	p.process(10, "mysql", 500, 1, 1)
	p.write("10/cmdline", "mysql\x00-psecret\x00"+strings.Repeat("x", 500))
	p.write("10/io", "rchar: 5\nread_bytes: 4096\nwrite_bytes: 0\n")
	p.write("etc/passwd", fmt.Sprintf("someone:x:%d:0::/:/bin/sh\nshort\n", os.Getuid()))
	for _, arguments := range []bool{false, true} {
		top := New(Config{Proc: p.dir, Root: p.dir, Arguments: arguments})
		if err := top.look(nil); err != nil {
			t.Fatal(err)
		}
		chosen := top.last.all
		top.details(chosen)
		got := chosen[0]
		if got.User != "someone" || *got.ReadBytes != 4096 || *got.WrittenBytes != 0 {
			t.Errorf("got %+v", got)
		}
		if strings.Contains(got.Command, "secret") != arguments || len(got.Command) > maxCommand {
			t.Errorf("arguments %v: %q", arguments, got.Command)
		}
	}
}

func TestTopOfThisHost(t *testing.T) {
	l, err := New(Config{}).Top(t.Context(), 1000, ByCPU)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range l.Processes {
		if p.PID == os.Getpid() {
			if p.RSSBytes < 1<<20 || p.Threads < 2 || p.User == "" || p.Command != "procs.test" || p.ReadBytes == nil {
				t.Errorf("of the test itself: %+v", p)
			}
			var table bytes.Buffer
			if err := l.Write(&table); err != nil || !strings.Contains(table.String(), "procs.test") {
				t.Errorf("%v:\n%s", err, table.String())
			}
			return
		}
	}
	t.Errorf("the test itself is not among %d processes", len(l.Processes))
}

func FuzzParseIO(f *testing.F) {
	f.Add([]byte("read_bytes: 1\nwrite_bytes: 2\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = parseIO(data) })
}
