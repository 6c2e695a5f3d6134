package foreign_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/foreign"
)

// small makes root/good.rrd with ten rows of its own number and returns its bytes.
func small(t *testing.T, root string) []byte {
	t.Helper()
	rrdtool(t, root, fmt.Sprintf("create good.rrd --start %d --step 10 DS:v:GAUGE:20:U:U RRA:AVERAGE:0.5:1:20", begin))
	rrdtool(t, root, updates("good.rrd", 10, 10, func(i int64) string { return fmt.Sprint(i) })...)
	b, err := os.ReadFile(filepath.Join(root, "good.rrd"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t *testing.T, root, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(root, name), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// edited is b with an edit.
func edited(b []byte, edit func([]byte)) []byte {
	out := append([]byte(nil), b...)
	edit(out)
	return out
}

func TestBadFilesAreCountedAndHarmNoOther(t *testing.T) {
	root := t.TempDir()
	good := small(t, root)
	for name, b := range map[string][]byte{
		"empty":     nil,
		"text":      []byte(strings.Repeat("not an archive\n", 100)),
		"cut":       good[:len(good)-1],
		"header":    good[:200],
		"v2":        edited(good, func(b []byte) { copy(b[4:], "0002") }),
		"other":     edited(good, func(b []byte) { copy(b[12:], b[16:24]); b[20] = 0 }),
		"rows":      edited(good, func(b []byte) { binary.LittleEndian.PutUint64(b[128+120+24:], 1<<60) }),
		"nods":      edited(good, func(b []byte) { binary.LittleEndian.PutUint64(b[24:], 1<<40) }),
		"pointer":   edited(good, func(b []byte) { binary.LittleEndian.PutUint64(b[128+240+16+112+80:], 1<<50) }),
		"last":      edited(good, func(b []byte) { binary.LittleEndian.PutUint64(b[128+240:], 1<<62) }),
		"fine_v4":   edited(good, func(b []byte) { copy(b[4:], "0004") }),
		"fine_v5":   edited(good, func(b []byte) { copy(b[4:], "0005") }),
		"fine_more": append(append([]byte(nil), good...), 1, 2, 3),
	} {
		write(t, root, name+".rrd", b)
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe.rrd"), 0o600); err != nil {
		t.Fatal(err)
	}
	mkdir(t, root, "dir.rrd")
	before := fingerprint(t, root)
	r := open(t, foreign.Tree{Path: root + "/{name}.rrd", Name: "n", Labels: map[string]string{"file": "{name}"}})
	var got []string
	for _, s := range r.ask(t, "n", 100) {
		got = append(got, s.Labels.Get("file")+"="+strconv.FormatFloat(s.Points[0].Value, 'g', -1, 64))
	}
	if diff := cmp.Diff([]string{"fine_more=10", "fine_v4=10", "fine_v5=10", "good=10"}, got); diff != "" {
		t.Error(diff)
	}
	skipped := map[string]float64{}
	for _, reason := range []string{"format", "truncated", "version", "architecture", "not a file"} {
		skipped[reason] = r.gauge(t, "plimsoll_import_skipped", reason)
	}
	want := map[string]float64{"format": 4, "truncated": 2, "version": 1, "architecture": 1, "not a file": 1}
	if diff := cmp.Diff(want, skipped); diff != "" {
		t.Error(diff)
	}
	if n := r.gauge(t, "plimsoll_import_read_errors_total", "format"); n != 2 { // pointer, last
		t.Errorf("%v reads failed", n)
	}
	if fingerprint(t, root) != before {
		t.Error("files were changed")
	}
}

// TestDamagedHeaders flips bits: whatever comes out, it comes without a crash.
func TestDamagedHeaders(t *testing.T) {
	root := t.TempDir()
	good := small(t, root)
	for i := range 128 + 240 + 16 + 112 + 80 + 8 {
		write(t, root, fmt.Sprintf("bit%d.rrd", i), edited(good, func(b []byte) { b[i] ^= 1 << (i % 8) }))
	}
	r := open(t, foreign.Tree{Path: root + "/{name}.rrd", Name: "n", Labels: map[string]string{"file": "{name}"}})
	res, err := r.engine.Query(t.Context(), metric.Query{
		Expr: "n", Start: time.Unix(begin, 0), End: time.Unix(begin+200, 0), Step: 10 * time.Second,
	})
	if err != nil || len(res.Series) < 100 {
		t.Errorf("%d series, %v", len(res.Series), err)
	}
}

func TestLoopsOfLinksEnd(t *testing.T) {
	root := t.TempDir()
	mkdir(t, root, "a", "h")
	b := small(t, root)
	write(t, root, "a/h/x.rrd", b)
	for link, to := range map[string]string{
		"a/loop": "..", "a/h/up": "../..", "b": "a", "self": "self", "a/h/y.rrd": "x.rrd", "a/h/z.rrd": "z.rrd",
	} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, foreign.Tree{Path: root + "/{c}/{h}/{m}.rrd", Name: "{m}", Labels: map[string]string{"c": "{c}", "h": "{h}"}})
	want := []string{`{__name__="good", c="a", h="loop"}`, `{__name__="x", c="a", h="h"}`}
	if diff := cmp.Diff(want, r.names(t)); diff != "" {
		t.Error(diff)
	}
	if n := r.gauge(t, "plimsoll_import_skipped", "seen by another path"); n < 2 {
		t.Errorf("%v seen twice", n)
	}
}

func TestTenThousandFiles(t *testing.T) {
	root := t.TempDir()
	b := small(t, root)
	for host := range 100 {
		dir := mkdir(t, root, "c", fmt.Sprintf("host%d", host))
		for m := range 100 {
			write(t, dir, fmt.Sprintf("m%d.rrd", m), b)
		}
	}
	start := time.Now()
	r := open(t, foreign.Tree{Preset: "ganglia", Root: root})
	first := time.Since(start)
	start = time.Now()
	r.walk(t)
	again := time.Since(start)
	start = time.Now()
	if v := r.one(t, "sum(ganglia_m7)", 100); v != 1000 {
		t.Errorf("sum = %v", v)
	}
	t.Logf("first walk %s, second %s, a query of 100 series %s", first, again, time.Since(start))
	if first > 20*time.Second || again > 10*time.Second {
		t.Errorf("walks of 10,000 files took %s and %s", first, again)
	}
	if n := r.gauge(t, "plimsoll_import_files", ""); n != 10_000 {
		t.Errorf("%v files", n)
	}
	r = open(t, foreign.Tree{Preset: "ganglia", Root: root, MaxFiles: 1000})
	if n := r.gauge(t, "plimsoll_import_files", ""); n != 1000 {
		t.Errorf("%v files, want no more than 1000", n)
	}
	if n := r.gauge(t, "plimsoll_import_skipped", "limit"); n != 1 {
		t.Errorf("limit counted %v times", n)
	}
}

// TestRowsAreNeverTorn reads while rrdtool updates without pause. Each row holds
// the number of its step, so one out of its place shows.
func TestRowsAreNeverTorn(t *testing.T) {
	root := t.TempDir()
	rrdtool(t, root, fmt.Sprintf("create x.rrd --start %d --step 1 DS:v:GAUGE:5:U:U DS:w:GAUGE:5:U:U RRA:AVERAGE:0.5:1:50", begin))
	background(t, func(ctx context.Context) {
		c := exec.CommandContext(ctx, "rrdtool", "-")
		c.Dir = root
		in, err := c.StdinPipe()
		if err != nil || c.Start() != nil {
			t.Errorf("rrdtool: %v", err)
			return
		}
		for i := 1; ctx.Err() == nil; i++ {
			if _, err := fmt.Fprintf(in, "update x.rrd %d:%d:%d\n", begin+int64(i), i, -i); err != nil {
				break // it was ended
			}
		}
		_ = c.Wait()
	})
	r := open(t, foreign.Tree{Path: root + "/{name}.rrd", Name: "{name}"})
	newest, rows := int64(0), 0
	for deadline := time.Now().Add(time.Minute); rows < 100_000 && time.Now().Before(deadline); {
		res, err := r.engine.Query(t.Context(), metric.Query{Expr: `x{ds="w"}[1000000s]`, End: time.Unix(begin+1_000_000, 0)})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range res.Series {
			for _, p := range s.Points {
				if at := p.At/1000 - begin; p.Value != float64(-at) && !math.IsNaN(p.Value) {
					t.Fatalf("the row of %d holds %v", at, p.Value)
				}
				rows++
				newest = max(newest, p.At/1000-begin)
			}
		}
	}
	t.Logf("%d rows read over %d updates", rows, newest)
	if newest < 100 || rows < 1000 {
		t.Errorf("only %d rows of %d updates were seen", rows, newest)
	}
}
