package foreign_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore/foreign"
	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

// begin is a multiple of all steps that the tests use.
const begin = int64(1_699_920_000)

// rrdtool runs commands in one process of rrdtool.
func rrdtool(t *testing.T, dir string, commands ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "rrdtool", "-")
	c.Dir = dir
	c.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	out, err := c.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("ERROR")) || bytes.Count(out, []byte("OK ")) != len(commands) {
		t.Fatalf("rrdtool: %v\n%s", err, out)
	}
}

// updates are update commands, many points each: n of them, every step seconds.
func updates(file string, step, n int64, text func(i int64) string) []string {
	var all []string
	var b strings.Builder
	for i := int64(1); i <= n; i++ {
		if b.Len() == 0 {
			b.WriteString("update " + file)
		}
		fmt.Fprintf(&b, " %d:%s", begin+i*step, text(i))
		if b.Len() > 3000 || i == n {
			all = append(all, b.String())
			b.Reset()
		}
	}
	return all
}

func mkdir(t *testing.T, path ...string) string {
	t.Helper()
	dir := filepath.Join(path...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

type rig struct {
	*foreign.Trees
	engine   *query.Engine
	registry *prometheus.Registry
	log      *bytes.Buffer
}

// open walks the trees once.
func open(t *testing.T, trees ...foreign.Tree) rig {
	t.Helper()
	r := rig{registry: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	var err error
	r.Trees, err = foreign.New(foreign.Config{
		Trees: trees, Refresh: time.Minute, Lookback: 5 * time.Minute, Now: time.Now, Registerer: r.registry,
		Logger: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r.walk(t)
	r.engine = query.New(r.Trees, query.Default())
	return r
}

func (r rig) walk(t *testing.T) {
	t.Helper()
	if err := r.Walk(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ask asks an instant query at begin + after seconds.
func (r rig) ask(t *testing.T, expr string, after int64) []metric.Series {
	t.Helper()
	res, err := r.engine.Query(t.Context(), metric.Query{Expr: expr, End: time.Unix(begin+after, 0)})
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return res.Series
}

// one asks for a single value; NaN for none.
func (r rig) one(t *testing.T, expr string, after int64) float64 {
	t.Helper()
	found := r.ask(t, expr, after)
	switch len(found) {
	case 0:
		return math.NaN()
	case 1:
		return found[0].Points[0].Value
	}
	t.Fatalf("%s: %d series", expr, len(found))
	return 0
}

// names lists all series.
func (r rig) names(t *testing.T) []string {
	t.Helper()
	all, err := r.engine.Series(t.Context(), metric.Selection{Start: time.Unix(begin, 0), End: time.Unix(begin, 0)})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range all {
		out = append(out, l.String())
	}
	return out
}

// gauge is the value of one of the trees' own metrics, by name and label value.
func (r rig) gauge(t *testing.T, name, reason string) float64 {
	t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (reason == "" || m.GetLabel()[0].GetValue() == reason) {
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// librrdRows are the rows that librrd itself gives.
func librrdRows(t *testing.T, path, cf string, from, to, resolution int64) rrdfile.Rows {
	t.Helper()
	rows, err := librrd.Fetch(path, cf, from, to, resolution)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// same compares what PromQL says at the end of each row with the row, bit by bit.
func (r rig) same(t *testing.T, expr string, rows rrdfile.Rows, column int) {
	t.Helper()
	n := int64(len(rows.Values) / rows.DS)
	first := rows.End - (n-1)*rows.Step
	res, err := r.engine.Query(t.Context(), metric.Query{
		Expr: expr, Start: time.Unix(first, 0), End: time.Unix(rows.End, 0), Step: time.Duration(rows.Step) * time.Second,
	})
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	got := map[int64]float64{}
	for _, s := range res.Series {
		for _, p := range s.Points {
			got[p.At/1000] = p.Value
		}
	}
	known := 0
	for i := range n {
		at, want := first+i*rows.Step, rows.Values[int(i)*rows.DS+column]
		v, is := got[at]
		switch {
		case math.IsNaN(want) && is, !math.IsNaN(want) && !is, is && math.Float64bits(v) != math.Float64bits(want):
			t.Errorf("%s at %d: %v (%v), rrdtool says %v", expr, at-begin, v, is, want)
		case is:
			known++
		}
	}
	if known < 10 || len(res.Series) != 1 {
		t.Errorf("%s: only %d rows known, %d series", expr, known, len(res.Series))
	}
}

// fingerprint is all that can be told of the files below dir, access times apart.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(h, path, info.Mode(), info.Size(), info.ModTime().UnixNano())
		if info.Mode().IsRegular() {
			b, err := os.ReadFile(path)
			h.Write(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// background runs f until the test ends, and waits for it.
func background(t *testing.T, f func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // the clean-up waits for it
		defer close(done)
		f(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
}
