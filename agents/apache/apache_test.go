package apache

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents/batch"
	"plimsoll/internal/metric"
	"plimsoll/internal/peertest"
)

func byName(samples []metric.Sample) map[string]float64 {
	out := map[string]float64{}
	for _, s := range samples {
		out[s.Labels.String()] = s.Value
	}
	return out
}

// sampled asks a page once.
func sampled(t *testing.T, url string) (map[string]float64, error) {
	t.Helper()
	c := Config{}
	c.URL = url
	a, err := c.Target("web1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	samples, err := a.Sample(ctx, time.Unix(1000, 0))
	return byName(samples), err
}

func expect(t *testing.T, got, want map[string]float64) {
	t.Helper()
	for key := range want {
		if v, is := got[key]; !is || v != want[key] {
			t.Errorf("%s is %v (there: %v), want %v", key, v, is, want[key])
		}
	}
}

func TestRealApache(t *testing.T) {
	dir, address := t.TempDir(), peertest.Address(t)
	conf := fmt.Sprintf(`ServerRoot %[1]s
ServerName test
Listen %[2]s
PidFile %[1]s/pid
ErrorLog %[1]s/error
DefaultRuntimeDir %[1]s
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule status_module /usr/lib/apache2/modules/mod_status.so
User nobody
Group nogroup
ExtendedStatus On
<Location /server-status>
SetHandler server-status
</Location>
`, dir, address)
	path := filepath.Join(dir, "apache.conf")
	if err := os.WriteFile(path, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	p := peertest.Start(t, nil, "apache2", "-f", path, "-DFOREGROUND")
	p.AwaitAddress(t, address)
	for range 3 {
		answer, err := http.Get("http://" + address + "/none")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
	var got map[string]float64
	p.Await(t, "at rest", func(context.Context) bool {
		var err error
		if got, err = sampled(t, "http://"+address+"/server-status?auto"); err != nil {
			t.Fatal(err)
		}
		return got[`{__name__="apache_workers", state="busy"}`] == 1
	})
	expect(t, got, map[string]float64{
		`{__name__="apache_up"}`:                           1,
		`{__name__="apache_workers", state="busy"}`:        1,
		`{__name__="apache_scoreboard", state="reply"}`:    1,
		`{__name__="apache_processes", state="stopping"}`:  0,
		`{__name__="apache_generation", type="config"}`:    1,
		`{__name__="apache_connections", state="closing"}`: 0,
	})
	if n := got[`{__name__="apache_accesses_total"}`]; n < 3 {
		t.Errorf("%v requests were counted", n)
	}
	got, err := sampled(t, "http://"+address+"/")
	if err == nil {
		t.Error("no error from a page that is none")
	}
	if diff := cmp.Diff(map[string]float64{`{__name__="apache_up"}`: 0}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCapturedPage(t *testing.T) {
	text, err := os.ReadFile("testdata/2.4.71-event.txt")
	if err != nil {
		t.Fatal(err)
	}
	values, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	values["CPULoad"] = "0.5" // once the server is older than a second
	b := new(batch.Names).Batch(time.Unix(1000, 0))
	if err := tell(b, values); err != nil {
		t.Fatal(err)
	}
	b.Flag("apache_up", true)
	expect(t, byName(b.Samples), map[string]float64{
		`{__name__="apache_info", mpm="event", version="Apache/2.4.71 (Debian)"}`: 1,
		`{__name__="apache_version"}`:                          2.04071,
		`{__name__="apache_workers", state="idle"}`:            74,
		`{__name__="apache_scoreboard", state="idle"}`:         74,
		`{__name__="apache_scoreboard", state="open_slot"}`:    325,
		`{__name__="apache_cpu_time_ms_total", type="system"}`: 0,
	})
	told, described := map[string]string{}, map[string]string{}
	for _, s := range b.Samples {
		told[s.Name()] = s.Kind.String()
	}
	for _, m := range Meta() {
		described[m.Name] = m.Type
	}
	if diff := cmp.Diff(described, told); diff != "" {
		t.Errorf("(-described +told):\n%s", diff)
	}
}

func TestScoreboardOfAnotherVersion(t *testing.T) {
	got := scoreboard("__W?.")
	if got["idle"] != 2 || got["reply"] != 1 || got["unknown"] != 1 || got["open_slot"] != 1 {
		t.Errorf("got %v", got)
	}
}

func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("testdata/2.4.71-event.txt")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add("ServerVersion: Apache/\nScoreboard: ?\n")
	f.Fuzz(func(_ *testing.T, page string) {
		if values, err := parse(page); err == nil {
			_ = tell(new(batch.Names).Batch(time.Unix(1, 0)), values)
		}
	})
}
