package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// fetched is the answer of our own fetch route.
type fetched struct {
	Series []struct {
		File   string
		Labels map[string]string
		Rows   [][]any // [unix seconds, [value…]]
	}
}

// rrdtool runs the tool from Debian and returns its output.
func rrdtool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("rrdtool", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("rrdtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// archivesAgree compares what `rrdtool fetch` reads from each archive of a
// metric with what the API says of the same rows, digit by digit.
func archivesAgree(t *testing.T, s *server, name string, from, to int64) {
	t.Helper()
	flush(t, s)
	path := fmt.Sprintf("/api/plimsoll/v1/fetch?match=%s&cf=AVERAGE&resolution=10&start=%d&end=%d", url.QueryEscape(name), from, to)
	var answer fetched
	if err := s.json(path, &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.Series) == 0 {
		t.Fatalf("no archive of %s", name)
	}
	for _, one := range answer.Series {
		file := filepath.Join(s.data, one.File)
		theirs := rrdtoolRows(t, file, from, to)
		known := 0
		for _, row := range one.Rows {
			at := strconv.FormatInt(int64(row[0].(float64)), 10)
			ours := formatRow(row[1].([]any))
			if theirs[at] != ours {
				t.Fatalf("%s at %s: rrdtool has %q, we have %q", one.File, at, theirs[at], ours)
			}
			if !strings.Contains(ours, "nan") {
				known++
			}
		}
		if known == 0 {
			t.Fatalf("%s: no known row was compared", one.File)
		}
	}
}

// rrdtoolRows reads the finest AVERAGE rows by instant, as rrdtool prints them.
func rrdtoolRows(t *testing.T, file string, from, to int64) map[string]string {
	t.Helper()
	out := rrdtool(t, "fetch", file, "AVERAGE", "-r", "10", "-s", strconv.FormatInt(from, 10), "-e", strconv.FormatInt(to, 10))
	rows := map[string]string{}
	lines(strings.NewReader(out), func(line string) {
		if at, values, ok := strings.Cut(line, ":"); ok {
			rows[at] = strings.ReplaceAll(strings.Join(strings.Fields(values), " "), "-nan", "nan")
		}
	})
	return rows
}

// formatRow prints values as rrdtool fetch does.
func formatRow(values []any) string {
	var text []string
	for _, v := range values {
		if f, is := v.(float64); is {
			text = append(text, fmt.Sprintf("%.10e", f))
		} else {
			text = append(text, "nan") // null
		}
	}
	return strings.Join(text, " ")
}

// flush has the store write what it buffers into the archives.
func flush(t *testing.T, s *server) {
	t.Helper()
	res, err := http.Post(s.url+"/api/plimsoll/v1/flush", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		t.Fatalf("flush: %s", res.Status)
	}
}

// TestRrdtoolReadsTheArchives uses Debian's rrdtool on the files of a running
// service.
func TestRrdtoolReadsTheArchives(t *testing.T) {
	s := serve(t, t.TempDir())
	for i := range 50 {
		send(t, s.udp, fmt.Sprintf("visits\ndb-query:%d", 100+i))
	}
	s.wants(t, "visits_total", "50")
	eventually(t, "two rows of the load average", func() error {
		got, err := s.query("count_over_time(node_load1[5m]) >= 4")
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("got %+v", got)
		}
		return err
	})
	now := time.Now().Unix()
	for _, name := range []string{"node_load1", "visits_total", "db_query_seconds", "node_cpu_seconds_total"} {
		archivesAgree(t, s, name, now-120, now)
	}

	// A gauge asked in PromQL is the archive's row, to the last digit.
	file := oneArchive(t, s, "node_load1")
	theirs := rrdtoolRows(t, file, now-120, now)
	got, err := s.queryRange("node_load1", (now-120)/10*10, now/10*10, 10)
	if err != nil || len(got) != 1 {
		t.Fatalf("%v %+v", err, got)
	}
	compared := 0
	for _, p := range got[0].Values {
		row := theirs[strconv.FormatInt(int64(p.at), 10)]
		if row == "" || row == "nan" {
			continue // not yet a row when rrdtool looked
		}
		if ours := fmt.Sprintf("%.10e", p.float(t)); row != ours {
			t.Errorf("at %v: rrdtool has %s, PromQL %s", p.at, row, ours)
		}
		compared++
	}
	if compared == 0 {
		t.Error("no row was compared")
	}

	info := rrdtool(t, "info", file)
	for _, says := range []string{"step = 10", `ds[value].type = "GAUGE"`, "rra[0].rows = 2160", `rra[7].cf = `} {
		if !strings.Contains(info, says) {
			t.Errorf("rrdtool info lacks %q:\n%s", says, info)
		}
	}
	png := filepath.Join(t.TempDir(), "load.png")
	rrdtool(t, "graph", png, "-s", "-5min", "DEF:l="+strings.ReplaceAll(file, ":", `\:`)+":value:AVERAGE", "LINE1:l#000000:load")
	picture, err := os.ReadFile(png)
	if err != nil || !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		t.Errorf("rrdtool graph drew no picture: %v", err)
	}
}

func oneArchive(t *testing.T, s *server, name string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.data, "archives", name, "*.rrd"))
	if err != nil || len(files) != 1 {
		t.Fatalf("archives of %s: %v %v", name, files, err)
	}
	return files[0]
}
