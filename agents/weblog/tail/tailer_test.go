package tail

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// logs is a directory with a log and its reader.
type logs struct {
	t       fataler
	dir     string
	config  Config
	tailer  *Tailer
	got     []string
	written int
	kept    Saved
}

type fataler interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

func newLogs(t fataler, dir string, sources ...Source) *logs {
	l := &logs{t: t, dir: dir}
	for i := range sources {
		sources[i].Pattern = filepath.Join(dir, sources[i].Pattern)
	}
	l.config = Config{Sources: sources, MaxLine: 10_000, Logger: slog.New(slog.DiscardHandler)}
	l.start(Saved{})
	return l
}

func (l *logs) path(name string) string { return filepath.Join(l.dir, name) }

func (l *logs) start(s Saved) { l.tailer = Open(l.config, s, time.Now()) }

// restart goes on from what was kept, as JSON has it.
func (l *logs) restart() {
	l.tailer.Close()
	text, err := json.Marshal(l.kept)
	if err != nil {
		l.t.Fatal(err)
	}
	var s Saved
	if err := json.Unmarshal(text, &s); err != nil {
		l.t.Fatal(err)
	}
	l.start(s)
}

func (l *logs) save() { l.kept = l.tailer.Saved(time.Now()) }

func (l *logs) read() []string {
	l.tailer.Scan(time.Now())
	for l.tailer.Read(time.Now(), func(_ *File, line []byte) { l.got = append(l.got, string(line)) }) {
	}
	return l.got
}

func (l *logs) write(name, text string) {
	f, err := os.OpenFile(l.path(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// line writes the next of numbered lines into a.log.
func (l *logs) line() {
	l.written++
	l.write("a.log", fmt.Sprintf("line %d %s\n", l.written, strings.Repeat("x", l.written%300)))
}

func (l *logs) rename(from, to string) {
	if err := os.Rename(l.path(from), l.path(to)); err != nil {
		l.t.Fatal(err)
	}
}

func (l *logs) copyTruncate(from, to string) {
	b, err := os.ReadFile(l.path(from))
	if err == nil {
		err = os.WriteFile(l.path(to), b, 0o600)
	}
	if err == nil {
		err = os.Truncate(l.path(from), 0)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *logs) wants(lines ...string) {
	l.t.(*testing.T).Helper()
	if diff := cmp.Diff(lines, l.read()); diff != "" {
		l.t.Fatalf("lines (-want +got):\n%s", diff)
	}
}

func TestFromEndOrStart(t *testing.T) {
	for _, start := range []bool{false, true} {
		dir := t.TempDir()
		l := newLogs(t, dir, Source{Pattern: "a.log", FromStart: start})
		l.write("a.log", "one\ntwo\nthr")
		l.read()
		l.write("a.log", "ee\nfour\r\n\nfi")
		want := []string{"three", "four\r", ""}
		if start {
			want = append([]string{"one", "two"}, want...)
		}
		l.wants(want...)
		l.write("a.log", "ve\n")
		l.wants(append(want, "five")...)
	}
}

func TestFilesThatComeLaterAreReadWhole(t *testing.T) {
	l := newLogs(t, t.TempDir(), Source{Pattern: "*.log"})
	l.read()
	l.write("b.log", "1\n")
	l.wants("1")
	l.write("c.log.gz", "no\n")
	l.write("c.log", "2\n")
	l.wants("1", "2")
	l.save()
	l.write("b.log", "3\n")
	l.write("d.log", "4\n")
	l.restart()
	slices.Sort(l.read())
	slices.Sort(l.got)
	l.wants("1", "2", "3", "4")
}

func TestLongLines(t *testing.T) {
	l := newLogs(t, t.TempDir(), Source{Pattern: "a.log", FromStart: true})
	l.write("a.log", "a\n"+strings.Repeat("x", 3*chunkBytes))
	l.wants("a")
	l.save()
	l.write("a.log", "\n"+strings.Repeat("y", 10_001)+"\nb\n\x00\x00\x00c\n")
	l.wants("a", "b", "c")
	if n := l.tailer.Stats.TooLong; n != 2 {
		t.Errorf("%d lines were too long", n)
	}
	l.restart()
	l.got = nil
	l.wants("b", "c")
}

func TestInodeUsedAgainAfterARestart(t *testing.T) {
	l := newLogs(t, t.TempDir(), Source{Pattern: "a.log", FromStart: true})
	l.write("a.log", "old\n")
	l.wants("old")
	l.save()
	if err := os.WriteFile(l.path("a.log"), []byte("new log\n"), 0o600); err != nil { // the same inode
		t.Fatal(err)
	}
	l.restart()
	l.wants("old", "new log")
	if l.tailer.Stats.Lost != 1 {
		t.Errorf("stats are %+v", l.tailer.Stats)
	}
}

func TestRotatedFilesAreLetGo(t *testing.T) {
	l := newLogs(t, t.TempDir(), Source{Pattern: "a.log", FromStart: true})
	l.write("a.log", "1\n2")
	l.wants("1")
	l.rename("a.log", "a.log.1")
	l.wants("1")
	l.tailer.Scan(time.Now().Add(rotatedWait / 2))
	if l.tailer.Files() != 1 {
		t.Error("let go too soon")
	}
	l.tailer.Scan(time.Now().Add(2 * rotatedWait))
	if l.tailer.Files() != 0 || l.tailer.Stats.Unfinished != 1 {
		t.Errorf("%d files, %+v", l.tailer.Files(), l.tailer.Stats)
	}
}

func TestCopiesAreNotReadTwice(t *testing.T) {
	l := newLogs(t, t.TempDir(), Source{Pattern: "a.log*", FromStart: true})
	var want []string
	for i := range 40 {
		l.line()
		want = append(want, fmt.Sprintf("line %d %s", i+1, strings.Repeat("x", (i+1)%300)))
	}
	l.wants(want...)
	b, err := os.ReadFile(l.path("a.log"))
	if err != nil {
		t.Fatal(err)
	}
	l.write("a.log.1", string(b))
	l.wants(want...) // only copied
	l.write("a.log.1", "between\n")
	l.wants(append(want, "between")...) // it grows: it is none any more
}

// A truncated file may be as long again when it is looked at, to the byte.
func TestTruncatedToTheSameLength(t *testing.T) {
	l := newLogs(t, t.TempDir(), Source{Pattern: "a.log", FromStart: true})
	old, fresh := strings.Repeat("old line\n", 40), strings.Repeat("new line\n", 40)
	l.write("a.log", old)
	l.read()
	l.copyTruncate("a.log", "a.log.1")
	l.write("a.log", fresh)
	l.wants(strings.Split(old+strings.TrimSuffix(fresh, "\n"), "\n")...)
}

func TestNamesOfRotations(t *testing.T) {
	for name, is := range map[string]bool{
		"access.log.1": true, "access.log-20261121": true, "access.log.old": true, "access.1.log": true, "access-20261121.log": true,
		"access.log": false, "access.log.pos": false, "access-api.log": false, "access.log.": false, "other.log.1": false, "access.log1": false,
	} {
		if isRotation("/var/log/access.log", name) != is {
			t.Errorf("%s: %v", name, !is)
		}
	}
}

// Whatever happens to a log, in whatever order, each line is given once. A
// reader that is killed goes on from what it kept, and its lines since are as if
// they had not been given.
func TestEachLineOnce(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(base, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		l := newLogs(t, dir, Source{Pattern: rapid.SampledFrom([]string{"a.log", "a.log*", "*.log"}).Draw(t, "pattern"), FromStart: true})
		for range 20 { // so that its head tells the first from all others
			l.line()
		}
		keptLines := 0
		l.read()
		keep := func() { l.save(); keptLines = len(l.got) }
		keep()
		generation := 0
		older := func() { // a.log.2 ─► a.log.3, a.log.1 ─► a.log.2
			for i := generation; i > 0; i-- {
				l.rename(fmt.Sprintf("a.log.%d", i), fmt.Sprintf("a.log.%d", i+1))
			}
			generation++
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				for range rapid.IntRange(1, 20).Draw(t, "lines") {
					l.line()
				}
			},
			"read": func(*rapid.T) { l.read() },
			"keep": func(*rapid.T) { l.read(); keep() },
			"kill": func(*rapid.T) { l.restart(); l.got = l.got[:keptLines] },
			"rename": func(*rapid.T) {
				older()
				l.rename("a.log", "a.log.1")
				for range 10 {
					l.line()
				}
			},
			"copy and truncate": func(*rapid.T) {
				older()
				l.copyTruncate("a.log", "a.log.1")
				for range 10 {
					l.line()
				}
			},
		})
		l.read()
		got := map[string]int{}
		for _, line := range l.got {
			got[line]++
		}
		for i := 1; i <= l.written; i++ {
			line := fmt.Sprintf("line %d %s", i, strings.Repeat("x", i%300))
			if got[line] != 1 {
				t.Fatalf("line %d came %d times; %+v", i, got[line], l.tailer.Stats)
			}
		}
		if len(l.got) != l.written {
			t.Fatalf("%d lines, %d were written", len(l.got), l.written)
		}
	})
}
