package librrd_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/rrdstore/librrd"
	"plimsoll/rrdstore/rrdfile"
)

func TestTemplateHoldsTheSchema(t *testing.T) {
	for _, s := range []rrdfile.Schema{plain(), timer()} {
		b, err := librrd.Template(s)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "a.rrd")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := rrdfile.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if d := cmp.Diff(&s, f.Schema(), cmpopts.EquateNaNs()); d != "" {
			t.Error(d)
		}
	}
}

func TestTemplateLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if _, err := librrd.Template(plain()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestTemplateRefuses(t *testing.T) {
	for name, change := range map[string]func(*rrdfile.Schema){
		"no step":         func(s *rrdfile.Schema) { s.Step = 0 },
		"no data sources": func(s *rrdfile.Schema) { s.DS = nil },
		"no archives":     func(s *rrdfile.Schema) { s.RRA = nil },
		"a long name":     func(s *rrdfile.Schema) { s.DS[0].Name = strings.Repeat("a", 20) },
		"a colon":         func(s *rrdfile.Schema) { s.DS[0].Name = "a:b" },
		"a computed type": func(s *rrdfile.Schema) { s.DS[0].Type = "COMPUTE" },
		"a forecast":      func(s *rrdfile.Schema) { s.RRA[0].CF = "HWPREDICT" },
		"xff of one":      func(s *rrdfile.Schema) { s.RRA[0].XFF = 1 },
		"no rows":         func(s *rrdfile.Schema) { s.RRA[0].Rows = 0 },
	} {
		s := plain()
		change(&s)
		if _, err := librrd.Template(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	if _, err := librrd.Template(plain()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}

// Templates of several schemas may be made at once.
func TestTemplatesAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := librrd.Template(timer()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestVerify(t *testing.T) {
	path, _ := pair(t, t.TempDir(), timer(), start)
	if err := librrd.Verify(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 5000); err != nil {
		t.Fatal(err)
	}
	if err := librrd.Verify(path); !errors.Is(err, rrdfile.ErrFormat) {
		t.Errorf("truncated: %v", err)
	}
}

func TestOracleReportsErrors(t *testing.T) {
	path, _ := pair(t, t.TempDir(), plain(), start)
	old := []rrdfile.Point{{At: start * 1000, Values: []float64{1}}}
	if err := librrd.Update(path, old); err == nil {
		t.Error("an old point was taken")
	}
	if err := librrd.Update(path, nil); err != nil {
		t.Errorf("no points: %v", err)
	}
	if _, err := librrd.Fetch(path+".none", "AVERAGE", 0, start, 10); err == nil {
		t.Error("rows of no file")
	}
}
