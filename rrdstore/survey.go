package rrdstore

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"plimsoll/rrdstore/rrdfile"
)

// sampled is how many sound files of one size are opened before others of that
// size are taken to be like them: a survey costs one stat for each file.
const sampled = 8

// shownDamaged is how many damaged archives are named in the log.
const shownDamaged = 20

// survey is what a look at all archives found, before anything is changed.
type survey struct {
	cfg     *Config
	classes classes
	known   map[likeness]kin
	damaged []damagedFile
	foreign []string // timings of tiers that are not configured
	old     found    // archives that keep the tiers they were made with
	misfit  found    // archives of another step
	step    int64    // of the first misfit, in seconds
	fitting int      // archives of the configured step that were opened
}

// likeness is what files of one schema have in common without being opened.
type likeness struct {
	tier string // of a timing, "" for other archives
	size int64
}

// kin is what the files of one likeness proved to be.
type kin struct {
	opened int
	schema *rrdfile.Schema
}

// found counts files, and names the first.
type found struct {
	files   int
	example string
}

type damagedFile struct {
	path string
	err  error
}

func (f *found) add(path string) {
	if f.files++; f.files == 1 {
		f.example = path
	}
}

func newSurvey(c *Config) *survey {
	return &survey{cfg: c, classes: newClasses(c), known: map[likeness]kin{}}
}

// CheckArchives reports why the archives below c.Dir cannot be used with c's
// step. It only reads, so a service may be using them.
func (c Config) CheckArchives() error {
	v := newSurvey(&c)
	err := walkArchives(c.Dir, func(path string, e fs.DirEntry) error {
		if strings.HasSuffix(path, ".rrd") {
			v.look(path, e)
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // none yet, or renamed while we looked
	}
	return errors.Join(err, v.mismatch())
}

// walkArchives calls do with the path below dir of every file among the archives.
func walkArchives(dir string, do func(path string, e fs.DirEntry) error) error {
	return filepath.WalkDir(filepath.Join(dir, archiveDir), func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("list archives: %w", err)
		}
		if e.IsDir() {
			return nil
		}
		path, err := filepath.Rel(dir, name)
		if err != nil {
			return fmt.Errorf("list archives: %w", err)
		}
		return do(filepath.ToSlash(path), e)
	})
}

// look takes one archive into the survey.
func (v *survey) look(path string, e fs.DirEntry) {
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return // gone since it was listed
	}
	if err != nil {
		v.damaged = append(v.damaged, damagedFile{path, err})
		return
	}
	_, tier := splitPath(path)
	like := likeness{tier, info.Size()}
	k := v.known[like]
	if k.opened < sampled {
		schema, err := rrdfile.Inspect(filepath.Join(v.cfg.Dir, path))
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				v.damaged = append(v.damaged, damagedFile{path, err})
			}
			return
		}
		k = kin{k.opened + 1, schema}
		v.known[like] = k
	}
	c := v.classOf(path)
	if tier == "" {
		v.plainFile(path, c, k.schema)
	} else {
		v.timingFile(path, tier, c, k.schema)
	}
}

// classOf returns the class of the series of an archive. Where a hash stands for
// the labels they are not looked up: the class is then that of most.
func (v *survey) classOf(path string) *class {
	if len(v.classes.rules) == 0 {
		return v.classes.standard
	}
	base, _ := splitPath(path)
	l, err := parseBase(base)
	if err != nil {
		return v.classes.standard
	}
	return v.classes.of(l)
}

func (v *survey) plainFile(path string, c *class, s *rrdfile.Schema) {
	switch {
	case s.Step != c.gauge.schema.Step:
		v.misfits(path, s.Step)
	case !slices.Equal(s.RRA, c.gauge.schema.RRA):
		v.fitting++
		v.old.add(path)
	default:
		v.fitting++
	}
}

// timingFile judges a file that holds one tier of a timing. No tier is finer
// than the step, so a finer one is of another step.
func (v *survey) timingFile(path, tier string, c *class, s *rrdfile.Schema) {
	i := tierNamed(c.Tiers, tier)
	switch {
	case s.Step < c.gauge.schema.Step:
		v.misfits(path, s.Step)
	case i < 0:
		v.foreign = append(v.foreign, path)
	case !slices.Equal(s.RRA, c.timing[i].schema.RRA):
		v.old.add(path)
	}
}

func (v *survey) misfits(path string, step int64) {
	if v.misfit.add(path); v.misfit.files == 1 {
		v.step = step
	}
}

// mismatch reports archives of another step than the configured one: with it
// they could be neither written nor read.
func (v *survey) mismatch() error {
	if v.misfit.files == 0 {
		return nil
	}
	step := time.Duration(v.step) * time.Second
	what, do := "the archives in", fmt.Sprintf("put storage.step back to %s, and storage.tiers to what it was", step)
	if v.fitting > 0 {
		what, do = "some archives in", "move those archives away"
	}
	return fmt.Errorf("%s %s have a step of %s (such as %s), but storage.step is %s: %s, or choose another directory with -data",
		what, v.cfg.Dir, step, filepath.Join(v.cfg.Dir, v.misfit.example), v.cfg.Step, do)
}

// tell logs what the survey found and recovery left as it is.
func (s *Store) tell(v *survey) {
	told, untold := 0, 0
	for _, d := range v.damaged {
		switch {
		case !s.there(filepath.Join(s.cfg.Dir, d.path)): // set aside meanwhile, and said
		case told < shownDamaged:
			told++
			s.cfg.Logger.Error("archive cannot be read, and its history is not shown; if it is damaged, its next update sets it aside as .bad and begins a new one",
				"file", d.path, "err", d.err)
		default:
			untold++
		}
	}
	if untold > 0 {
		s.cfg.Logger.Error("more archives cannot be read", "archives", untold)
	}
	if v.old.files > 0 {
		s.cfg.Logger.Warn("archives keep the tiers that they were made with: storage.tiers holds for new ones only, and of the old ones those tiers are read that it still has",
			"archives", v.old.files, "such_as", v.old.example)
	}
	if n := len(v.foreign); n > 0 {
		s.cfg.Logger.Warn("archives of tiers that storage.tiers no longer has are left as they are, and not read",
			"archives", n, "such_as", v.foreign[0])
	}
}
