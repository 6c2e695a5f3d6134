package rrdstore

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// reshaped are the tiers that the tests change to: another step, one more tier
// and one less, longer and shorter.
var reshaped = []Tier{{30 * time.Second, 12 * time.Hour}, {5 * time.Minute, 10 * day}, {10 * time.Minute, 16 * day}, {time.Hour, 400 * day}, {day, 1826 * day}}

// aged has ten hours of all kinds, in archives, and is opened again with other
// tiers.
func aged(t *testing.T, log *bytes.Buffer) *rig {
	t.Helper()
	r := newRig(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	for i := int64(1); i <= 10*360; i++ {
		at := epoch + i*10_000
		r.put(gaugeSample(named("g"), at, float64(i)), counterSample(named("c_total"), at, epoch, float64(3*i)), timingSample(named("t_seconds"), at, 1))
		if i%400 == 0 {
			r.flush()
		}
	}
	r.config.Step, r.config.Tiers = reshaped[0].Step, reshaped
	r.reopen()
	return r
}

// answers are what a store tells of its past, asked at instants that all shapes
// have rows for.
func (r *rig) answers() map[string][]metric.Point {
	out := map[string][]metric.Point{}
	for _, expr := range []string{"c_total", "c_total - c_total offset 2h", "avg_over_time(g[1h])", "t_seconds_count", "max_over_time(g[2h])"} {
		for _, s := range r.query(metric.Query{Expr: expr, Start: metric.Time(epoch + 3*3_600_000), End: metric.Time(r.now), Step: time.Hour}) {
			out[expr+" "+s.Labels.String()] = s.Points
		}
	}
	return out
}

func TestReshapeKeepsHistory(t *testing.T) {
	var log bytes.Buffer
	r := aged(t, &log)
	before := r.answers()
	told, err := r.Reshape(nothing, true, nil)
	if err != nil || told.Changed != 3 || len(told.Changes) != 2 { // g and c_total; t_seconds@10m
		t.Fatalf("dry run: %+v, %v", told, err)
	}
	if diff := cmp.Diff(before, r.answers()); diff != "" {
		t.Errorf("a dry run changed answers:\n%s", diff)
	}
	done, err := r.Reshape(nothing, false, nil)
	if err != nil || done.Changed != told.Changed || done.Failed != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, do := range []func(){func() {}, r.reopen, r.crash} {
		do()
		if diff := cmp.Diff(before, r.answers()); diff != "" {
			t.Errorf("answers differ (-before +after):\n%s", diff)
		}
	}
	if again, err := r.Reshape(nothing, false, nil); err != nil || again.Changed != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if n := strings.Count(log.String(), "plimsoll reshape"); n != 1 {
		t.Errorf("told %d times of it, want once, before:\n%s", n, log.String())
	}
}

// What is put while archives are given their new shape, and after it, is counted
// as ever.
func TestReshapeWhileSamplesCome(t *testing.T) {
	var log bytes.Buffer
	r := aged(t, &log)
	first := r.now
	for i := int64(1); i <= 720; i++ {
		at := first + i*10_000
		r.put(counterSample(named("c_total"), at, epoch, 3*float64(3600+i)), gaugeSample(named("g"), at, 7))
		switch i {
		case 5, 500:
			r.flush()
		case 100:
			if _, err := r.Reshape(nothing, false, nil); err != nil {
				t.Fatal(err)
			}
		case 200:
			r.crash()
		}
	}
	for expr, want := range map[string]float64{
		"c_total": 3 * 4320, "c_total - c_total offset 5h": 3 * 1800, "min_over_time(g[1h])": 7, "rate(c_total[30m])": 0.3,
	} {
		if v := r.value(expr, r.now); v < want*0.999999 || v > want*1.000001 {
			t.Errorf("%s = %v, want %v", expr, v, want)
		}
	}
}

// A crash in an update leaves the newest rows in the place of the oldest, until
// the update is done again: the new file must not take them for those.
func TestReshapeAfterACrashInAnUpdate(t *testing.T) {
	r := newRig(t, nil)
	const rounds, last = 10 * 360, 10*360 + 30
	for i := int64(1); i <= last; i++ {
		v := 1.0
		if i > rounds {
			v = 1e6
		}
		r.put(gaugeSample(named("g"), epoch+i*10_000, v))
		if i == rounds {
			r.flush()
			if err := r.Checkpoint(); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.flush() // it is in the rows; the crash puts the header back to the one before
	r.config.Tiers = append([]Tier{{10 * time.Second, 12 * time.Hour}}, r.config.Tiers[1:]...)
	r.crash()
	if done, err := r.Reshape(nothing, false, nil); err != nil || done.Changed != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	for _, p := range r.points(named("g"), epoch, epoch+rounds*10_000) {
		if p.Value > 1 {
			t.Fatalf("%v at %s, which was put later", p.Value, metric.Time(p.At))
		}
	}
	if v := r.value("max_over_time(g[1m])", r.now); v != 1e6 {
		t.Errorf("the newest are %v", v)
	}
}

// failingReplace fails to write the new file, or writes another.
type failingReplace struct {
	archiveFiles
	content []byte
}

var errReplace = errors.New("no room for the new file")

func (f failingReplace) Replace(path string, content []byte) error {
	if f.content == nil {
		return errReplace
	}
	return f.archiveFiles.Replace(path, f.content)
}

// A file that cannot be replaced, or whose copy proves wrong, stays as it is.
func TestReshapeThatFails(t *testing.T) {
	for name, content := range map[string][]byte{"not written": nil, "garbage": []byte("garbage"), "another": {}} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			r := aged(t, &log)
			before := r.answers()
			if name == "another" {
				var err error
				if content, err = r.classes.standard.gauge.empty(); err != nil {
					t.Fatal(err)
				}
			}
			r.config.files = failingReplace{nativeFiles{}, content}
			r.reopen()
			done, err := r.Reshape(nothing, false, nil)
			if err == nil || done.Failed != done.Changed || !strings.Contains(err.Error(), "reshape archive archives/") {
				t.Errorf("%+v, %v", done, err)
			}
			if diff := cmp.Diff(before, r.answers()); diff != "" {
				t.Errorf("answers differ:\n%s", diff)
			}
			left, err := filepath.Glob(filepath.Join(r.config.Dir, archiveDir, "*", "*.tmp"))
			if err != nil || len(left) != 0 {
				t.Errorf("left %v, %v", left, err)
			}
		})
	}
}

// More archives than are looked at at a time.
func TestReshapeOfMany(t *testing.T) {
	r := newRig(t, nil)
	var all []metric.Sample
	for i := range 5 * reshapeChunk {
		all = append(all, gaugeSample(named("g", "i", strconv.Itoa(i)), epoch+10_000, 1))
	}
	r.put(all...)
	r.flush()
	r.config.Tiers = LeanTiers()
	r.reopen()
	calls := 0
	done, err := r.Reshape(nothing, false, func(at Reshaping) { calls++ })
	if err != nil || done.Changed != len(all) || done.Files != len(all) || calls != 5 || len(done.Changes) != 1 || done.Changes[0].Files != len(all) {
		t.Errorf("%+v, %v, told %d times", done, err, calls)
	}
}

// A crash before the rename leaves a file that the next start removes.
func TestRemainsOfAReshapeGo(t *testing.T) {
	var log bytes.Buffer
	r := aged(t, &log)
	remains := filepath.Join(r.config.Dir, archiveDir, "g", "_.rrd.tmp")
	writeFile(t, remains, []byte("half"))
	r.crash()
	if _, err := os.Stat(remains); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", remains, err)
	}
}
