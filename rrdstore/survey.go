package rrdstore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	odd     found    // archives of another shape than their class asks for
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

// InspectArchives tells in a sentence which archives below c.Dir have another
// shape than c asks for; "" when none has. It only reads, so a service may be
// using them.
func (c Config) InspectArchives() (note string, err error) {
	v := newSurvey(&c)
	err = walkArchives(c.Dir, func(path string, e fs.DirEntry) error {
		if strings.HasSuffix(path, ".rrd") {
			v.look(path, e)
		}
		return nil
	})
	if v.odd.files > 0 {
		note = fmt.Sprintf("%d archives, such as %s, keep the resolutions that they were made with, until `plimsoll reshape` is run",
			v.odd.files, filepath.Join(c.Dir, v.odd.example))
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // none yet, or renamed while we looked
	}
	return note, err
}

// walkArchives calls do with the path below dir of every file among the archives.
func walkArchives(dir string, do func(path string, e fs.DirEntry) error) error {
	return walkFilesIn(dir, archiveDir, do)
}

func walkFilesIn(dir, below string, do func(path string, e fs.DirEntry) error) error {
	return filepath.WalkDir(filepath.Join(dir, below), func(name string, e fs.DirEntry, err error) error {
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

// look takes one archive into the survey and tells whether its shape is odd.
func (v *survey) look(path string, e fs.DirEntry) (odd bool) {
	info, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return false // gone since it was listed
	}
	if err != nil {
		v.damaged = append(v.damaged, damagedFile{path, err})
		return false
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
			return false
		}
		k = kin{k.opened + 1, schema}
		v.known[like] = k
	}
	return v.judge(path, tier, k.schema)
}

func (v *survey) judge(path, tier string, s *rrdfile.Schema) (odd bool) {
	c := v.classOf(path)
	if tier == "" {
		odd = !c.gauge.shapes(s)
	} else {
		i := tierNamed(c.Tiers, tier)
		if i < 0 {
			v.foreign = append(v.foreign, path)
			return false
		}
		odd = !c.timing[i].shapes(s)
	}
	if odd {
		v.odd.add(path)
	}
	return odd
}

// classOf returns the class of the series of an archive; the one of most if its
// labels cannot be told.
func (v *survey) classOf(path string) *class {
	if len(v.classes.rules) == 0 {
		return v.classes.standard
	}
	base, _ := splitPath(path)
	l, err := parseBase(base)
	if errors.Is(err, errHashed) {
		l, err = readSideFile(os.ReadFile, v.cfg.Dir, base)
	}
	if err != nil {
		return v.classes.standard
	}
	return v.classes.of(l)
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
	if v.odd.files > 0 {
		s.cfg.Logger.Warn("archives keep the resolutions that they were made with, as the configured ones hold for new archives only; to give them the new ones run `plimsoll reshape`",
			"archives", v.odd.files, "such_as", v.odd.example)
	}
	if n := len(v.foreign); n > 0 {
		s.cfg.Logger.Warn("archives of tiers that storage.tiers no longer has are left as they are, and not read",
			"archives", n, "such_as", v.foreign[0])
	}
}
