package rrdstore

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Plan says what archives take on disk. All of it is known before the first
// sample comes: files do not grow.
type Plan struct {
	Classes []ClassPlan `json:"classes"`
	// Counted tells whether Plain and Timings are of series that there are;
	// otherwise each class is planned for as many of either as was asked.
	Counted bool  `json:"counted"`
	Bytes   int64 `json:"bytes"`                // of all counted series
	Free    int64 `json:"free_bytes,omitempty"` // of the file system; 0: not known
}

// ClassPlan is the plan for the series of one class.
type ClassPlan struct {
	Class       string   `json:"class"`
	Heartbeat   string   `json:"heartbeat"`
	Match       []string `json:"match,omitempty"` // the patterns that give it; the standard class is that of all others
	PlainBytes  int64    `json:"plain_bytes"`     // the one file of a gauge or counter
	TimingBytes int64    `json:"timing_bytes"`    // all files of a timing
	TimingFiles int      `json:"timing_files"`
	Plain       int      `json:"plain"`
	Timings     int      `json:"timings"`
	Bytes       int64    `json:"bytes"` // of that many series
}

// census counts the series of each class: plain ones and timings.
type census struct {
	counted map[*class][2]int
	classes *classes
}

// PlanFor plans for that many plain series and as many timings in each class,
// also in those that no rule gives.
func (c Config) PlanFor(series int) Plan {
	classes := newClasses(&c)
	p := Plan{}
	seen := map[string]bool{}
	for _, cl := range classes.all {
		p.add(cl, &classes, series, series)
		seen[cl.name] = true
	}
	for _, name := range append([]string{classLean, classLong}, slices.Sorted(maps.Keys(c.Classes))...) {
		if own, _ := c.classNamed(name); !seen[name] {
			p.add(newClass(name, own, max(c.Heartbeat, own.Tiers[0].Step)), &classes, series, series)
			seen[name] = true
		}
	}
	return p
}

// PlanOf plans for the series that have archives below c.Dir. It reads names
// only, so a service may be using them.
func (c Config) PlanOf() (Plan, error) {
	of := census{map[*class][2]int{}, nil}
	v := newSurvey(&c)
	of.classes = &v.classes
	seen := "" // files of one timing stand together
	err := walkArchives(c.Dir, func(path string, _ fs.DirEntry) error {
		if !strings.HasSuffix(path, ".rrd") {
			return nil
		}
		base, tier := splitPath(path)
		if tier == "" || base != seen {
			of.add(v.classOf(path), tier != "")
		}
		seen = base
		return nil
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Plan{}, err
	}
	return of.plan(c.Dir)
}

// Plan plans for the series that the store has.
func (s *Store) Plan() (Plan, error) {
	of := census{map[*class][2]int{}, &s.classes}
	s.mu.RLock()
	for _, sr := range s.index.series {
		of.add(sr.class, sr.isTiming())
	}
	s.mu.RUnlock()
	return of.plan(s.cfg.Dir)
}

func (c *census) add(cl *class, timing bool) {
	n := c.counted[cl]
	if timing {
		n[1]++
	} else {
		n[0]++
	}
	c.counted[cl] = n
}

func (c *census) plan(dir string) (Plan, error) {
	p := Plan{Counted: true}
	for _, cl := range c.classes.all {
		n := c.counted[cl]
		p.add(cl, c.classes, n[0], n[1])
	}
	var err error
	p.Free, err = freeBytes(dir)
	return p, err
}

func (p *Plan) add(cl *class, all *classes, plain, timings int) {
	c := ClassPlan{
		Class: cl.name, Heartbeat: cl.heartbeat.String(),
		PlainBytes: onDisk(cl.gauge), TimingFiles: len(cl.timing), Plain: plain, Timings: timings,
	}
	for _, l := range cl.timing {
		c.TimingBytes += onDisk(l)
	}
	for _, r := range all.rules {
		if r.class == cl {
			c.Match = append(c.Match, r.pattern)
		}
	}
	c.Bytes = int64(plain)*c.PlainBytes + int64(timings)*c.TimingBytes
	p.Bytes += c.Bytes
	p.Classes = append(p.Classes, c)
}

// blockBytes is what a file system hands out at the least.
const blockBytes = 4096

func onDisk(l *layout) int64 { return ceilTo(l.schema.FileBytes(), blockBytes) }

// freeBytes is what a process may still write below dir, or where dir would be.
func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	err := unix.Statfs(dir, &st)
	for errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		err = unix.Statfs(dir, &st)
	}
	return int64(st.Bavail) * st.Bsize, err
}
