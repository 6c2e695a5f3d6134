package collector

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// start is when the clock of synctest begins.
var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func heartbeat(instance string, seconds float64) []metric.Sample {
	return []metric.Sample{{
		Labels: labels.FromStrings(metric.NameLabel, intervalName, "instance", instance, "job", "node"),
		At:     metric.Millis(time.Now()), Value: seconds,
	}}
}

// ups returns the samples of up of web1, as second:value since the start.
func (s *sink) ups() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.samples {
		if m.Name() == "up" && m.Labels.Get("instance") == "web1" {
			out = append(out, fmt.Sprintf("%v:%v", float64(m.At-start.UnixMilli())/1000, m.Value))
		}
	}
	return strings.Join(out, " ")
}

// running runs c until the test stops it with the function returned.
func running(t *testing.T, c *Collector) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func beat(t *testing.T, c *Collector, times int) {
	t.Helper()
	for range times {
		if err := c.Put(t.Context(), heartbeat("web1", 10)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
	}
}

func TestSilentHostIsDownAfterThreeIntervals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stored, reg := newCollector(t, nil)
		defer running(t, c)()
		time.Sleep(10*time.Second + 100*time.Millisecond)
		beat(t, c, 2) // heard at 10.1 and 20.1
		time.Sleep(35 * time.Second)
		if got, want := stored.ups(), "10:1 20:1 30:1 40:1 50:1 60:0"; got != want {
			t.Errorf("up is %s, want %s", got, want)
		}
		if h := c.Hosts(); len(h) != 1 || h[0].Up || metricValue(t, reg, "plimsoll_collector_hosts", "down") != 1 {
			t.Errorf("hosts are %+v", h)
		}
		beat(t, c, 2)
		if got := stored.ups(); !strings.HasSuffix(got, "60:0 70:1 80:1") {
			t.Errorf("up is %s", got)
		}
	})
}

func TestHostsChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newCollector(t, nil)
		defer running(t, c)()
		expect := func(what string, want bool) {
			t.Helper()
			changed := c.HostsChanged()
			switch what {
			case "heard":
				beat(t, c, 1)
			case "silent":
				time.Sleep(25 * time.Second)
			case "retired":
				if c.Retire("web1", "node") != 1 || c.Retire("web1", "") != 0 {
					t.Error("retiring did not work once")
				}
			}
			select {
			case <-changed:
				if !want {
					t.Errorf("%s is reported as a change", what)
				}
			default:
				if want {
					t.Errorf("%s is not reported as a change", what)
				}
			}
		}
		expect("heard", true)
		expect("heard", false)
		expect("silent", true)
		expect("heard", true)
		expect("retired", true)
	})
}

func TestHostSilentSinceRestartIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newCollector(t, nil)
		stop := running(t, c)
		beat(t, c, 2)
		stop()
		time.Sleep(10 * time.Minute) // the collector is away, and the host dies

		again, stored, _ := newCollector(t, func(cfg *Config) { cfg.Dir = c.cfg.Dir })
		began := time.Since(start).Seconds()
		defer running(t, again)()
		time.Sleep(25 * time.Second)
		if h := again.Hosts(); len(h) != 1 || !h[0].Up {
			t.Errorf("a host has no time to show itself: %+v", h)
		}
		time.Sleep(20 * time.Second)
		if got := stored.ups(); !strings.HasSuffix(got, fmt.Sprintf("%v:0", began+40)) {
			t.Errorf("up is %s after a start at %v", got, began)
		}
	})
}

func TestSilentHostLeavesTheLiveView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newCollector(t, func(cfg *Config) { cfg.Retire = time.Hour })
		defer running(t, c)()
		beat(t, c, 1)
		time.Sleep(time.Hour - 30*time.Second)
		if len(c.Hosts()) != 1 {
			t.Error("retired too early")
		}
		time.Sleep(time.Minute)
		if len(c.Hosts()) != 0 {
			t.Error("not retired")
		}
	})
}

func TestHostsBeyondLimitAreCounted(t *testing.T) {
	c, stored, reg := newCollector(t, func(cfg *Config) { cfg.MaxHosts = 1 })
	for _, instance := range []string{"web1", "web2", "web1", ""} {
		if err := c.Put(t.Context(), heartbeat(instance, 1e300)); err != nil {
			t.Fatal(err)
		}
	}
	if h := c.Hosts(); len(h) != 1 || h[0].IntervalSeconds != maxInterval.Seconds() {
		t.Errorf("hosts are %+v", h)
	}
	if n := metricValue(t, reg, "plimsoll_collector_ignored_hosts_total", ""); n != 1 || len(stored.samples) != 4 {
		t.Errorf("%v ignored, %d samples stored", n, len(stored.samples))
	}
}

func TestUnreadableFilesAreSetAside(t *testing.T) {
	dir := t.TempDir()
	content := map[string]string{stateName: "{not json", typesName: `{"version": 2}`}
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	newCollector(t, func(cfg *Config) { cfg.Dir = dir })
	for name, text := range content {
		kept, err := os.ReadFile(filepath.Join(dir, name+".unreadable"))
		if diff := cmp.Diff(text, string(kept)); diff != "" || err != nil {
			t.Error(name, diff, err)
		}
	}
}

// A host that died on Friday still alerts on Monday.
func TestRetireOutlastsAWeekend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stored, _ := newCollector(t, nil)
		beat(t, c, 1)
		c.tick(t.Context(), time.Now().Add(6*24*time.Hour))
		if got := stored.ups(); !strings.HasSuffix(got, ":0") {
			t.Errorf("up after six days is %q", got)
		}
	})
}
