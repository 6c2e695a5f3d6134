package rrdstore

import (
	"os"
	"path/filepath"
	"testing"
)

// A file that is at the place of one that is to be made is not written over: it
// goes on if it fits, and is set aside if it does not.
func TestNoFileIsMadeOverAnother(t *testing.T) {
	other := newRig(t, nil)
	other.put(gaugeSample(named("g"), epoch+10_000, 1), gaugeSample(named("g"), epoch+20_000, 2))
	other.flush()
	content := readFile(t, filepath.Join(other.config.Dir, archiveDir, "g/_.rrd"))
	for name, put := range map[string][]byte{"one that fits": content, "garbage": []byte("garbage")} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			r.put(gaugeSample(named("g"), epoch+30_000, 3))
			path := filepath.Join(r.config.Dir, archiveDir, "g/_.rrd")
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			writeFile(t, path, put)
			r.flush()
			if v := r.value("g", epoch+30_000); v != 3 {
				t.Errorf("g is %v", v)
			}
			if v := r.value("count_over_time(g[1m])", epoch+30_000); name == "one that fits" && v != 3 {
				t.Errorf("%v rows, want those of the file that was there", v)
			}
			if _, err := os.Stat(path + ".bad"); (err == nil) != (name == "garbage") {
				t.Errorf("set aside: %v", err)
			}
		})
	}
}
