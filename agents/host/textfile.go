package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/agents/batch"
	"plimsoll/internal/exposition"
	"plimsoll/internal/metric"
)

// What is taken from text files at most.
const (
	maxTextFiles   = 100
	maxTextBytes   = 1 << 20 // of one file
	maxTextSamples = 2_000   // of all files
)

// textfiles are the metrics that scripts leave in files *.prom of a directory,
// in Prometheus' text format, for node_exporter's textfile collector.
type textfiles struct {
	dir string
	own map[string]bool // names that the agent measures itself
}

func (t *textfiles) measure(_ context.Context, b *batch.Batch) error {
	if t.dir == "" {
		return os.ErrNotExist
	}
	if _, err := os.Stat(t.dir); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(t.dir, "*.prom"))
	if err != nil {
		return fmt.Errorf("directory %q: %w", t.dir, err)
	}
	var errs []error
	if len(found) > maxTextFiles {
		found, errs = found[:maxTextFiles], append(errs, fmt.Errorf("more than %d files", maxTextFiles))
	}
	seen := map[string]bool{}
	for _, path := range found {
		if err := t.file(path, seen, b); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
		}
	}
	b.Flag("node_textfile_scrape_error", len(errs) > 0)
	return errors.Join(errs...)
}

// file adds the samples of one file, all or none. seen are the series of the
// files before.
func (t *textfiles) file(path string, seen map[string]bool, b *batch.Batch) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("is not a file")
	case info.Size() > maxTextBytes:
		return fmt.Errorf("holds more than %d bytes", maxTextBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	samples, err := exposition.Parse(data, "text/plain; version=0.0.4", b.At, maxTextSamples-len(seen))
	if err != nil {
		return err
	}
	if err := t.check(samples, seen, b.At); err != nil {
		return err
	}
	for _, s := range samples {
		seen[s.Labels.String()] = true
	}
	b.Samples = append(b.Samples, samples...)
	b.Gauge("node_textfile_mtime_seconds", float64(metric.Millis(info.ModTime()))/1000, "file", path)
	return nil
}

// check refuses what would spoil other series: names of the agent's own, series
// that come twice, and times of the past, which the files cannot keep up.
func (t *textfiles) check(samples []metric.Sample, seen map[string]bool, at int64) error {
	here := map[string]bool{}
	for _, s := range samples {
		key := s.Labels.String()
		switch {
		case t.own[s.Name()]:
			return fmt.Errorf("%s is measured by the agent itself", s.Name())
		case s.At != at:
			return fmt.Errorf("%s has a time of its own", key)
		case seen[key] || here[key]:
			return fmt.Errorf("%s comes twice", key)
		case s.Labels.Len() > maxTextLabels || tooLong(s.Labels):
			return fmt.Errorf("%.200s… has too many or too long labels", key)
		}
		here[key] = true
	}
	return nil
}

// Bounds of a series' labels.
const (
	maxTextLabels = 30
	maxTextLabel  = 1_024
)

func tooLong(l labels.Labels) bool {
	long := false
	l.Range(func(one labels.Label) { long = long || len(one.Name)+len(one.Value) > maxTextLabel })
	return long
}

// newTextfiles returns what reads the files of dir.
func newTextfiles(dir string) *textfiles {
	t := &textfiles{dir: dir, own: map[string]bool{}}
	for _, m := range Meta() {
		t.own[m.Name] = true
	}
	return t
}
