package main

import (
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// verified is how many files of a tree rrdtool looks at.
const verified = 25

// verify asks rrdtool whether files below dir end with the n-th point, and
// whether their last rows are the values that were sent.
func verify(dir string, series, n int, c clock) error {
	for k := range verified {
		i := k * (series - 1) / (verified - 1)
		path := filepath.Join(dir, fileOf(i))
		out, err := exec.Command("rrdtool", "last", path).Output()
		if err != nil {
			return fmt.Errorf("rrdtool last %s: %w", path, err)
		}
		end := c.at(n) / 1000
		if got := strings.TrimSpace(string(out)); got != strconv.FormatInt(end, 10) {
			return fmt.Errorf("%s ends at %s, want %d", path, got, end)
		}
		if err := verifyRows(path, i, n, end); err != nil {
			return err
		}
	}
	return nil
}

func verifyRows(path string, i, n int, end int64) error {
	const rows = 5
	seconds := int64(step / time.Second)
	out, err := exec.Command("rrdtool", "fetch", path, "AVERAGE", "-r", strconv.FormatInt(seconds, 10),
		"-s", strconv.FormatInt(end-rows*seconds, 10), "-e", strconv.FormatInt(end-seconds, 10)).Output()
	if err != nil {
		return fmt.Errorf("rrdtool fetch %s: %w", path, err)
	}
	found := fetched(string(out))
	for back := range rows - 1 {
		at := end - int64(back)*seconds
		// rrdtool prints eleven digits.
		got, is := found[at]
		if want := valueOf(i, n-back); !is || !(math.Abs(got-want) <= 1e-9*math.Abs(want)) {
			return fmt.Errorf("%s at %d: %v, want %v", path, at, got, want)
		}
	}
	return nil
}

// fetched reads the first column of what rrdtool fetch prints, known rows only.
func fetched(out string) map[int64]float64 {
	found := map[int64]float64{}
	for l := range strings.Lines(out) {
		at, value, is := strings.Cut(strings.TrimSpace(l), ": ")
		t, err := strconv.ParseInt(at, 10, 64)
		f := strings.Fields(value)
		if !is || err != nil || len(f) == 0 {
			continue
		}
		if v, err := strconv.ParseFloat(f[0], 64); err == nil {
			found[t] = v
		}
	}
	return found
}
