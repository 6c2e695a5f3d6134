package foreign

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/rrdstore/rrdfile"
)

// file is a file that was found, and its series.
type file struct {
	path    string
	is      identity
	size    int64
	changed time.Time // looked at only where the file could not be read
	series  []entry
	reason  string      // why there are none
	err     error       // the same in words
	moved   atomic.Bool // it was not what it had been when it was read
}

// entry is one series.
type entry struct {
	labels labels.Labels
	file   *file
	ds     string
}

// identity is a file whatever path leads to it.
type identity struct{ device, inode uint64 }

func identityOf(info fs.FileInfo) identity {
	s, is := info.Sys().(*syscall.Stat_t)
	if !is {
		return identity{}
	}
	return identity{s.Dev, s.Ino}
}

// open reads what series a file has.
func (c *tree) open(f *file, vars variables) *file {
	v, err := rrdfile.OpenView(f.path)
	if err != nil {
		f.reason, f.err = reasonOf(err), err
		return f
	}
	defer func() { _ = v.Close() }() // nothing was written
	var shown []string
	for _, d := range v.Schema().DS {
		if len(c.given.DS) == 0 || slices.Contains(c.given.DS, d.Name) {
			shown = append(shown, d.Name)
		}
	}
	if len(shown) == 0 {
		f.reason, f.err = "no data source", fmt.Errorf("none of its data sources is one of %v", c.given.DS)
		return f
	}
	for _, ds := range shown {
		f.series = append(f.series, entry{c.labelsOf(append(slices.Clip(vars), variable{dsVariable, ds}), len(shown) > 1), f, ds})
	}
	return f
}

// labelsOf fills the templates in.
func (c *tree) labelsOf(vars variables, several bool) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	if several && !c.tellsDS {
		b.Set(dsVariable, vars.get(dsVariable))
	}
	for _, l := range c.labels {
		b.Set(l.label, l.value.expand(vars)) // an empty one is none
	}
	b.Set(metric.NameLabel, metricName(c.name.expand(vars)))
	return b.Labels()
}

// reasonOf is what an error is counted under.
func reasonOf(err error) string {
	switch {
	case errors.Is(err, rrdfile.ErrVersion):
		return "version"
	case errors.Is(err, rrdfile.ErrArchitecture):
		return "architecture"
	case errors.Is(err, rrdfile.ErrTruncated):
		return "truncated"
	case errors.Is(err, rrdfile.ErrFormat):
		return "format"
	case errors.Is(err, rrdfile.ErrBeingWritten):
		return "being written"
	case errors.Is(err, fs.ErrPermission):
		return "permission"
	}
	return "unreadable"
}
