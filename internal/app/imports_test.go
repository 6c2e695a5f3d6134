package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
	"plimsoll/rrdstore"
)

func TestImportedSeriesStandBesideOurs(t *testing.T) {
	root := t.TempDir()
	begin := time.Now().Truncate(time.Minute).Add(-time.Hour).Unix()
	script := fmt.Sprintf("create load.rrd --start %d --step 60 DS:sum:GAUGE:120:U:U RRA:AVERAGE:0.5:1:100\n", begin)
	for i := int64(1); i <= 30; i++ {
		script += fmt.Sprintf("update load.rrd %d:%d\n", begin+60*i, i)
	}
	tool := exec.CommandContext(t.Context(), "rrdtool", "-")
	tool.Dir, tool.Stdin = root, strings.NewReader(script)
	if out, err := tool.CombinedOutput(); err != nil || strings.Contains(string(out), "ERROR") {
		t.Fatalf("rrdtool: %v\n%s", err, out)
	}
	c, err := loadText(t, "storage:\n  import:\n    - {path: \""+root+"/{metric}.rrd\", name: \"{metric}\", labels: {host: old}}\n")
	if err != nil {
		t.Fatal(err)
	}
	a := &App{config: c, reporter: &reporter{}, logger: slog.New(slog.DiscardHandler), registry: prometheus.NewRegistry()}
	own := ownSeries(t, begin)
	both, err := a.withImports(own)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.readers[0].run(ctx) }() // waited for below
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	e := query.New(both, query.Default())
	for deadline := time.Now().Add(time.Minute); len(series(t, e)) < 2 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if diff := cmp.Diff([]string{`{__name__="load", host="new"}`, `{__name__="load", host="old"}`}, series(t, e)); diff != "" {
		t.Error(diff)
	}
	res, err := e.Query(t.Context(), metric.Query{Expr: "sum(load)", End: time.Unix(begin+1200, 0)})
	if err != nil || len(res.Series) != 1 || res.Series[0].Points[0].Value != 20+7 {
		t.Errorf("sum over both: %+v, %v", res.Series, err)
	}
	hosts, err := e.LabelValues(t.Context(), "host", metric.Selection{})
	if diff := cmp.Diff([]string{"new", "old"}, hosts); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v in %s", entries, err, filepath.Base(root))
	}
}

// ownSeries is a store with load{host="new"} = 7 at begin + 20 minutes.
func ownSeries(t *testing.T, begin int64) storage.Queryable {
	t.Helper()
	c := rrdstore.Default()
	c.Dir, c.Logger, c.Now = t.TempDir(), slog.New(slog.DiscardHandler), time.Now
	s, err := rrdstore.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	err = s.Put(t.Context(), []metric.Sample{{
		Labels: labels.FromStrings("__name__", "load", "host", "new"), At: (begin + 1200) * 1000, Value: 7,
	}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func series(t *testing.T, e *query.Engine) (all []string) {
	t.Helper()
	found, err := e.Series(t.Context(), metric.Selection{Start: time.Unix(0, 0), End: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range found {
		all = append(all, l.String())
	}
	return all
}

// TestImportGuide loads what the guide shows.
func TestImportGuide(t *testing.T) {
	shown := yamlBlock.FindAllStringSubmatch(readFile(t, "../../docs/import.md"), -1)
	if len(shown) == 0 {
		t.Fatal("docs/import.md shows no example")
	}
	for _, block := range shown {
		if c, err := loadText(t, block[1]); err != nil || len(c.Storage.Import) == 0 {
			t.Errorf("%v\nin\n%s", err, block[1])
		}
	}
}
