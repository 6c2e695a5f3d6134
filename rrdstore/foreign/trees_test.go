package foreign_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/foreign"
)

// gmetad's archives (ganglia/monitor-core:gmetad/rrd_helpers.c, gmetad.conf).
const gmetadRRA = " RRA:AVERAGE:0.5:1:5856 RRA:AVERAGE:0.5:4:20160 RRA:AVERAGE:0.5:40:52704"

func ganglia(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	mkdir(t, root, "Web Farm", "web1")
	mkdir(t, root, "Web Farm", "__SummaryInfo__")
	mkdir(t, root, "__SummaryInfo__")
	create := func(file, ds string) string {
		return fmt.Sprintf(`create "%s" --start %d --step 15 %s%s`, file, begin, ds, gmetadRRA)
	}
	rrdtool(t, root,
		create("Web Farm/web1/load_one.rrd", "DS:sum:GAUGE:120:U:U"),
		create("Web Farm/web1/bytes.in-eth0.rrd", "DS:sum:COUNTER:120:U:U"),
		create("Web Farm/__SummaryInfo__/load_one.rrd", "DS:sum:GAUGE:120:U:U DS:num:GAUGE:120:U:U"),
		create("__SummaryInfo__/load_one.rrd", "DS:sum:GAUGE:120:U:U DS:num:GAUGE:120:U:U"),
	)
	// Off the step and with a hole, so that rows are made of parts.
	const n = 8000
	rrdtool(t, root, updates(`"Web Farm/web1/load_one.rrd"`, 14, n, func(i int64) string {
		if i > 4000 && i < 4100 {
			return "U"
		}
		return fmt.Sprintf("%.6f", 1.5+math.Sin(float64(i)/50))
	})...)
	rrdtool(t, root, updates(`"Web Farm/web1/bytes.in-eth0.rrd"`, 15, n, func(i int64) string {
		return fmt.Sprint(4_294_900_000 + i*i*7)
	})...)
	return root
}

func TestGangliaTree(t *testing.T) {
	root := ganglia(t)
	before := fingerprint(t, root)
	r := open(t, foreign.Tree{Preset: "ganglia", Root: root})
	want := []string{
		`{__name__="ganglia_bytes_in_eth0", cluster="Web Farm", instance="web1", job="ganglia"}`,
		`{__name__="ganglia_load_one", cluster="Web Farm", instance="web1", job="ganglia"}`,
	}
	if diff := cmp.Diff(want, r.names(t)); diff != "" {
		t.Error(diff)
	}
	load := filepath.Join(root, "Web Farm", "web1", "load_one.rrd")
	last := begin + 14*8000
	for _, step := range []int64{15, 60, 600} {
		r.same(t, "ganglia_load_one", librrdRows(t, load, "AVERAGE", last-80*step, last-step, step), 0)
	}
	// The hole, and before what the finest archive holds.
	r.same(t, "ganglia_load_one", librrdRows(t, load, "AVERAGE", begin+14*3900, begin+14*4200, 15), 0)
	r.same(t, "ganglia_load_one", librrdRows(t, load, "AVERAGE", begin+600, begin+20_000, 60), 0)
	in := filepath.Join(root, "Web Farm", "web1", "bytes.in-eth0.rrd")
	r.same(t, "ganglia_bytes_in_eth0", librrdRows(t, in, "AVERAGE", begin+15*7000, begin+15*7900, 15), 0)
	if after := fingerprint(t, root); after != before {
		t.Error("the tree was changed")
	}
}

func TestCollectdTree(t *testing.T) {
	root := t.TempDir()
	mkdir(t, root, "db1", "cpu-0")
	mkdir(t, root, "db1", "load")
	mkdir(t, root, "db1", "interface-eth0")
	rra := ""
	for _, one := range [][2]int{{1, 1200}, {7, 1235}, {50, 1210}} { // collectd's time spans at 10 s
		for _, cf := range []string{"AVERAGE", "MIN", "MAX"} {
			rra += fmt.Sprintf(" RRA:%s:0.1:%d:%d", cf, one[0], one[1])
		}
	}
	create := func(file, ds string) string {
		return fmt.Sprintf("create %s --start %d --step 10 %s%s", file, begin, ds, rra)
	}
	rrdtool(t, root,
		create("db1/cpu-0/cpu-idle.rrd", "DS:value:DERIVE:20:0:U"),
		create("db1/load/load.rrd", "DS:shortterm:GAUGE:20:0:100 DS:midterm:GAUGE:20:0:100 DS:longterm:GAUGE:20:0:100"),
		create("db1/interface-eth0/if_octets.rrd", "DS:rx:DERIVE:20:0:U DS:tx:DERIVE:20:0:U"),
	)
	rrdtool(t, root, updates("db1/load/load.rrd", 10, 3000, func(i int64) string {
		return fmt.Sprintf("%.3f:%.3f:%.3f", float64(i%97)/7, float64(i%31)/3, float64(i%13)/11)
	})...)
	r := open(t, foreign.Tree{Preset: "collectd", Root: root})
	want := []string{
		`{__name__="collectd_cpu_cpu", instance="db1", job="collectd", plugin_instance="0", type_instance="idle"}`,
		`{__name__="collectd_interface_if_octets", ds="rx", instance="db1", job="collectd", plugin_instance="eth0"}`,
		`{__name__="collectd_interface_if_octets", ds="tx", instance="db1", job="collectd", plugin_instance="eth0"}`,
		`{__name__="collectd_load_load", ds="longterm", instance="db1", job="collectd"}`,
		`{__name__="collectd_load_load", ds="midterm", instance="db1", job="collectd"}`,
		`{__name__="collectd_load_load", ds="shortterm", instance="db1", job="collectd"}`,
	}
	if diff := cmp.Diff(want, r.names(t)); diff != "" {
		t.Error(diff)
	}
	load := filepath.Join(root, "db1", "load", "load.rrd")
	r.same(t, `collectd_load_load{ds="midterm"}`, librrdRows(t, load, "AVERAGE", begin+25_000, begin+29_000, 10), 1)
	// Ranges of many rows of 500 s are read from those rows, whole at both ends.
	for cf, fn := range map[string]string{"MAX": "max_over_time", "MIN": "min_over_time"} {
		for column, ds := range []string{"shortterm", "midterm"} {
			rows := librrdRows(t, load, cf, begin+20_000, begin+25_000, 500)
			want := rows.Values[column]
			for i := column; i < len(rows.Values); i += rows.DS {
				if cf == "MAX" {
					want = max(want, rows.Values[i])
				} else {
					want = min(want, rows.Values[i])
				}
			}
			expr := fmt.Sprintf(`%s(collectd_load_load{ds=%q}[5000s])`, fn, ds)
			if got := r.one(t, expr, 25_000); got != want {
				t.Errorf("%s = %v, the %s rows say %v", expr, got, cf, want)
			}
		}
	}
}

func TestCactiAndLibreNMSTrees(t *testing.T) {
	root := t.TempDir()
	mkdir(t, root, "rra")
	mkdir(t, root, "rrd", "sw1.example")
	rra := ""
	for _, cf := range []string{"AVERAGE", "MIN", "MAX", "LAST"} {
		rra += fmt.Sprintf(" RRA:%[1]s:0.5:1:600 RRA:%[1]s:0.5:6:700 RRA:%[1]s:0.5:24:775 RRA:%[1]s:0.5:288:797", cf)
	}
	create := func(file, ds string) string {
		return fmt.Sprintf("create %s --start %d --step 300 %s%s", file, begin, ds, rra)
	}
	rrdtool(t, root,
		create("rra/router_traffic_in_12.rrd", "DS:traffic_in:COUNTER:600:0:U DS:traffic_out:COUNTER:600:0:U"),
		create("rrd/sw1.example/port-id7.rrd", "DS:INOCTETS:DERIVE:600:0:12500000000 DS:OUTOCTETS:DERIVE:600:0:12500000000"),
		create("rrd/sw1.example/ucd_mem.rrd", "DS:totalswap:GAUGE:600:0:U"),
	)
	rrdtool(t, root, updates("rra/router_traffic_in_12.rrd", 290, 1000, func(i int64) string {
		return fmt.Sprintf("%d:%d", i*i*100, i*1000)
	})...)
	r := open(t, foreign.Tree{Preset: "cacti", Root: root + "/rra"}, foreign.Tree{Preset: "librenms", Root: root + "/rrd"})
	want := []string{
		`{__name__="cacti_traffic_in", id="12", instance="router", job="cacti", source="traffic_in"}`,
		`{__name__="cacti_traffic_out", id="12", instance="router", job="cacti", source="traffic_in"}`,
		`{__name__="librenms_port_INOCTETS", id="id7", instance="sw1.example", job="librenms"}`,
		`{__name__="librenms_port_OUTOCTETS", id="id7", instance="sw1.example", job="librenms"}`,
		`{__name__="librenms_ucd_mem_totalswap", instance="sw1.example", job="librenms"}`,
	}
	if diff := cmp.Diff(want, r.names(t)); diff != "" {
		t.Error(diff)
	}
	file := filepath.Join(root, "rra", "router_traffic_in_12.rrd")
	r.same(t, "cacti_traffic_in", librrdRows(t, file, "AVERAGE", begin+200_000, begin+289_000, 300), 0)
	// Rows as long as the lookback: there is a value at each instant between
	// them, and for two rows after the newest.
	newest := int64(290 * 1000 / 300 * 300)
	for after := newest - 3000; after < newest+600; after += 7 {
		if math.IsNaN(r.one(t, "cacti_traffic_in", after)) {
			t.Errorf("no value %d s after the newest row", after-newest)
		}
	}
	if v := r.one(t, "cacti_traffic_in", newest+901); !math.IsNaN(v) {
		t.Errorf("a value %v long after the newest row", v)
	}
	if math.IsNaN(r.one(t, "avg_over_time(cacti_traffic_in[1m])", newest-1000)) {
		t.Error("a short range sees nothing")
	}
}

func TestGapEndsASeries(t *testing.T) {
	root := t.TempDir()
	rrdtool(t, root, fmt.Sprintf("create x.rrd --start %d --step 10 DS:v:GAUGE:20:U:U RRA:AVERAGE:0.5:1:1000 RRA:AVERAGE:0.5:6:1000", begin))
	rrdtool(t, root, updates("x.rrd", 10, 200, func(i int64) string {
		if i > 100 && i <= 150 {
			return "U"
		}
		return fmt.Sprint(i)
	})...)
	r := open(t, foreign.Tree{Path: root + "/{name}.rrd", Name: "{name}"})
	for after, want := range map[int64]float64{1000: 100, 1009: 100, 1010: math.NaN(), 1250: math.NaN(), 1510: 151, 2000: 200, 2200: 200, 2301: math.NaN()} {
		if got := r.one(t, "x", after); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("at %d: %v, want %v", after, got, want)
		}
	}
	// What the rows of a minute do not have yet the finer ones tell.
	res, err := r.engine.Query(t.Context(), metric.Query{
		Expr: "x", Start: time.Unix(begin+60, 0), End: time.Unix(begin+2000, 0), Step: 97 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	points := res.Series[0].Points
	if last := points[len(points)-1]; last.At/1000-begin != 2000 || last.Value != 200 {
		t.Errorf("the newest point is %+v", last)
	}
}

func TestSameLabelsAreShownOnce(t *testing.T) {
	root := t.TempDir()
	mkdir(t, root, "a")
	mkdir(t, root, "b")
	for _, dir := range []string{"a", "b"} {
		rrdtool(t, filepath.Join(root, dir), fmt.Sprintf("create x.rrd --start %d --step 10 DS:v:GAUGE:20:U:U DS:w:GAUGE:20:U:U RRA:AVERAGE:0.5:1:10", begin))
	}
	r := open(t, foreign.Tree{Path: root + "/{dir}/x.rrd", Name: "x"})
	if diff := cmp.Diff([]string{`{__name__="x", ds="v"}`, `{__name__="x", ds="w"}`}, r.names(t)); diff != "" {
		t.Error(diff)
	}
	if got := r.gauge(t, "plimsoll_import_skipped", "same labels"); got != 2 {
		t.Errorf("%v counted as skipped", got)
	}
	if !strings.Contains(r.log.String(), filepath.Join(root, "b", "x.rrd")) {
		t.Errorf("the log does not name the file:\n%s", r.log)
	}
	r = open(t, foreign.Tree{Path: root + "/{dir}/x.rrd", Name: "x_{ds}", Labels: map[string]string{"dir": "{dir}"}, DS: []string{"w"}})
	if diff := cmp.Diff([]string{`{__name__="x_w", dir="a"}`, `{__name__="x_w", dir="b"}`}, r.names(t)); diff != "" {
		t.Error(diff)
	}
}

func TestFilesThatComeAndGo(t *testing.T) {
	root := t.TempDir()
	r := open(t, foreign.Tree{Path: root + "/{name}.rrd", Name: "{name}"})
	create := func(name, ds string) {
		rrdtool(t, root, fmt.Sprintf("create %s.rrd --start %d --step 10 DS:%s:GAUGE:20:U:U RRA:AVERAGE:0.5:1:100", name, begin, ds),
			fmt.Sprintf("update %s.rrd %d:1 %d:2", name, begin+10, begin+20))
	}
	create("a", "v")
	create("b", "v")
	r.walk(t)
	if v := r.one(t, "a + on() b", 20); v != 4 {
		t.Errorf("a + b = %v", v)
	}
	if err := os.Remove(filepath.Join(root, "a.rrd")); err != nil {
		t.Fatal(err)
	}
	rrdtool(t, root, "tune b.rrd -r v:w") // the same file, and other data sources
	if v := r.one(t, "b", 20); !math.IsNaN(v) {
		t.Errorf("b = %v of a data source that is gone", v)
	}
	if got := r.gauge(t, "plimsoll_import_read_errors_total", "format"); got != 1 {
		t.Errorf("%v errors counted", got)
	}
	r.walk(t)
	if diff := cmp.Diff([]string{`{__name__="b"}`}, r.names(t)); diff != "" {
		t.Error(diff)
	}
	if v := r.one(t, "b", 20); v != 2 {
		t.Errorf("b = %v", v)
	}
}

// TestNewerVersions reads files whose data sources and functions our own do not
// have: their layout is the same.
func TestNewerVersions(t *testing.T) {
	root := t.TempDir()
	for name, what := range map[string]string{
		"0003": "DS:v:GAUGE:20:U:U DS:w:COMPUTE:v,3,* RRA:HWPREDICT:200:0.1:0.0035:24 RRA:AVERAGE:0.5:1:300",
		"0004": "DS:v:GAUGE:20:U:U DS:w:COMPUTE:v,3,* RRA:AVERAGE:0.5:1:300 RRA:MHWPREDICT:200:0.1:0.0035:24",
		"0005": "DS:v:GAUGE:20:U:U DS:w:DCOUNTER:20:U:U RRA:AVERAGE:0.5:1:300",
	} {
		rrdtool(t, root, fmt.Sprintf("create v%s.rrd --start %d --step 10 %s", name, begin, what))
		rrdtool(t, root, updates("v"+name+".rrd", 10, 250, func(i int64) string {
			if name == "0005" {
				return fmt.Sprintf("%d:%.1f", i, float64(i)*12.5)
			}
			return fmt.Sprint(i)
		})...)
		b, err := os.ReadFile(filepath.Join(root, "v"+name+".rrd"))
		if err != nil || string(b[4:8]) != name {
			t.Fatalf("rrdtool wrote version %q, %v", b[4:8], err)
		}
	}
	r := open(t, foreign.Tree{Path: root + "/{name}.rrd", Name: "{name}"})
	for name, w := range map[string]float64{"v0003": 600, "v0004": 600, "v0005": 1.25} {
		file := filepath.Join(root, name+".rrd")
		rows := librrdRows(t, file, "AVERAGE", begin+100, begin+2400, 10)
		r.same(t, name+`{ds="v"}`, rows, 0)
		r.same(t, name+`{ds="w"}`, rows, 1)
		if got := r.one(t, name+`{ds="w"}`, 2000); got != w {
			t.Errorf("%s: %v, want %v", name, got, w)
		}
	}
}
