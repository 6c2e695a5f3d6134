package ganglia

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/collector/ganglia/cluster"
	"plimsoll/collector/ganglia/xdr"
)

// A restart forgets neither metadata nor who is to be there.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	before := newBench(func(c *Config) { c.Dir = dir })
	before.take(web, meta("load_one", "float", xdr.Both, xdr.Extra{Name: "GROUP", Value: "load"}), val("load_one", "1"), val("unknown", "1"))
	before.take(web, spoof(val("heartbeat", "0"), "1.1.1.1:dead"))
	before.report("dbs", cluster.Head{Name: "c"}, &cluster.Host{Name: "polled", TMAX: 20}, before.now)
	before.now = before.now.Add(70 * time.Second)
	before.take(web, val("heartbeat", "0"))
	before.now = before.now.Add(20 * time.Second)
	if err := before.save(before.now); err != nil {
		t.Fatal(err)
	}

	after := newBench(func(c *Config) { c.Dir = dir })
	after.now = before.now.Add(time.Hour)
	if err := after.load(after.now); err != nil {
		t.Fatal(err)
	}
	if c := after.counts(); c.hosts != 2 || c.metrics != 1 {
		t.Errorf("%+v", c)
	}
	up := func(name, v, at string) string {
		return `{__name__="up", instance="` + name + `", job="ganglia"} gauge ` + v + " @" + at
	}
	wants(t, after.ticked(), up("dead", "0", "3690000"), up("web1", "1", "3690000"))
	wants(t, after.take(web, val("load_one", "2")), `{__name__="load_one", group="load", instance="web1", job="ganglia"} gauge 2 @3690000`)
	if after.asked != 0 {
		t.Error("metadata were asked for that are known")
	}
	after.now = after.now.Add(81 * time.Second)
	if got := after.ticked(); !slices.Contains(got, up("web1", "0", "3771000")) {
		t.Errorf("the host that went silent meanwhile is not missed: %q", got)
	}
}

func TestAnUnreadableFileIsSetAside(t *testing.T) {
	for _, text := range []string{"{", `{"version":2}`} {
		dir := t.TempDir()
		name := filepath.Join(dir, stateName)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, func(c *Config) { c.Dir = dir })
		kept, err := os.ReadFile(name + ".unreadable")
		if d := cmp.Diff(text, string(kept)); d != "" || err != nil {
			t.Errorf("%v %s", err, d)
		}
		r.stop() // writes a new one
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
}
