package collector

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// one is a sample of now.
func one(name, instance, job string, value float64) metric.Sample {
	return metric.Sample{
		Labels: labels.FromStrings(metric.NameLabel, name, "instance", instance, "job", job).WithoutEmpty(),
		At:     metric.Millis(time.Now()), Value: value,
	}
}

func send(t *testing.T, c *Collector, source string, samples ...metric.Sample) {
	t.Helper()
	if err := c.From(source).Put(t.Context(), samples); err != nil {
		t.Fatal(err)
	}
}

func TestAgeOfDataByHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := newCollector(t, nil)
		first := time.Now()
		send(t, c, "gmond a", one("x", "web1", "g", 1), one("y", "web1", "g", 1), one("x", "", "g", 1), one("x", "db1", "", 1))
		time.Sleep(10 * time.Second)
		late := one("x", "web1", "g", 1)
		late.At -= 15_000
		send(t, c, "gmond b", late)
		time.Sleep(5 * time.Second)
		want := []Age{
			{
				Instance: "db1", Source: "gmond a", FirstSeen: first, LastSeen: first, LastSample: first.UTC(), AgeSeconds: 15,
				Samples: 1, SamplesPerSecond: 1. / 60, Alive: true,
			},
			{
				Instance: "web1", Job: "g", Source: "gmond b", FirstSeen: first, LastSeen: first.Add(10 * time.Second),
				LastSample: first.UTC(), AgeSeconds: 15, Samples: 3, SamplesPerSecond: 3. / 60, Alive: true,
			},
		}
		if diff := cmp.Diff(want, c.Ages()); diff != "" {
			t.Error(diff)
		}
	})
}

// age of web1, the only host.
func onlyAge(t *testing.T, c *Collector) Age {
	t.Helper()
	all := c.Ages()
	if len(all) != 1 {
		t.Fatalf("ages are %+v", all)
	}
	return all[0]
}

func TestHostsRetireAndComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _, reg := newCollector(t, func(cfg *Config) { cfg.Retire, cfg.Forget = time.Hour, 3*time.Hour })
		stop := running(t, c)
		send(t, c, "a", one("x", "web1", "j", 1))
		time.Sleep(30 * time.Minute)
		if it := onlyAge(t, c); it.Alive || it.Retired {
			t.Errorf("silent, not retired: %+v", it)
		}
		retiredAt := time.Now().Add(30*time.Minute + time.Second)
		time.Sleep(40 * time.Minute)
		if it := onlyAge(t, c); !it.Retired || !it.RetiredAt.Equal(retiredAt) || metricValue(t, reg, "plimsoll_collector_retired_hosts", "") != 1 {
			t.Errorf("not retired at %v: %+v", retiredAt, it)
		}
		stop()

		again, _, _ := newCollector(t, func(cfg *Config) { *cfg = c.cfg; cfg.Registerer = nil })
		stop = running(t, again)
		if it := onlyAge(t, again); !it.Retired || !it.RetiredAt.Equal(retiredAt) || it.Source != "a" {
			t.Errorf("after a restart: %+v", it)
		}
		send(t, again, "a", one("x", "web1", "j", 1))
		if it := onlyAge(t, again); it.Retired || !it.Alive || !it.RetiredAt.IsZero() {
			t.Errorf("not back: %+v", it)
		}
		if again.Retire("web1", "other") != 0 || again.Retire("web1", "") != 1 || !onlyAge(t, again).Retired {
			t.Error("retiring on request did not work once")
		}
		time.Sleep(3*time.Hour + time.Minute)
		if all := again.Ages(); len(all) != 0 {
			t.Errorf("not forgotten: %+v", all)
		}
		stop()
	})
}

func TestUpHasOneWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, stored, _ := newCollector(t, func(cfg *Config) { cfg.Retire = 20 * time.Minute })
		defer running(t, c)()
		send(t, c, "graphite 10.0.0.8", one("x", "web1", "", 1), one("x", "own", "", 1), one("up", "own", "", 1))
		send(t, c, "otlp 10.0.0.8", one("x", "pod", "", 1)) // not watched
		send(t, c, "graphite 10.0.0.8", one("x", "beats", "node", 1), one(intervalName, "beats", "node", 10))
		time.Sleep(2 * time.Minute)
		watched := map[string]bool{}
		for _, h := range c.Watched() {
			watched[h.Instance] = h.Up
		}
		if diff := cmp.Diff(map[string]bool{"web1": true, "beats": false}, watched); diff != "" {
			t.Errorf("watched hosts: %s", diff)
		}
		time.Sleep(58 * time.Minute)
		if got := c.Watched(); len(got) != 0 {
			t.Errorf("retired hosts are watched: %+v", got)
		}
		of := map[string][]float64{}
		for _, s := range stored.samples {
			if s.Name() == "up" {
				of[s.Labels.Get("instance")] = append(of[s.Labels.Get("instance")], s.Value)
			}
		}
		if len(of["own"]) != 1 || len(of["pod"]) != 0 {
			t.Errorf("up of others is written: %v", of)
		}
		want := append(slices.Repeat([]float64{1}, 6), slices.Repeat([]float64{0}, 15)...) // minutes 0 to 5, 6 to 20
		if diff := cmp.Diff(want, of["web1"]); diff != "" {
			t.Error(diff)
		}
		if n := len(of["beats"]); n < 120 || n > 121 { // each 10 s until it is retired
			t.Errorf("up of a host that beats is written %d times", n)
		}
	})
}

// A source that makes up hosts takes the places of its own, neither those of
// others nor those that others are still to need.
func TestHostsOfAFloodAreBounded(t *testing.T) {
	c, _, reg := newCollector(t, func(cfg *Config) { cfg.MaxHosts = 8 })
	names := func() (known, beating []string) {
		for _, it := range c.Ages() {
			known = append(known, it.Instance)
		}
		for _, it := range c.Hosts() {
			beating = append(beating, it.Instance)
		}
		return known, beating
	}
	send(t, c, "good", one(intervalName, "g1", "node", 10))
	c.Retire("g1", "")
	for i := range 100 {
		send(t, c, "bad", one(intervalName, fmt.Sprintf("b%02d", i), "node", 10))
	}
	send(t, c, "good", one(intervalName, "g2", "node", 10))
	known, beating := names()
	if diff := cmp.Diff([]string{"b96", "b97", "b98", "b99", "g1", "g2"}, known); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"b00", "b01", "g2"}, beating); diff != "" {
		t.Error(diff)
	}
	if n := metricValue(t, reg, "plimsoll_collector_ignored_hosts_total", ""); n != 98 {
		t.Errorf("%v beats are ignored", n)
	}
	for i := range 20 { // more sources than there are places
		send(t, c, fmt.Sprint("s", i), one("x", fmt.Sprint("h", i), "", 1))
	}
	if known, _ := names(); len(known) != 16 || !slices.Contains(known, "h19") {
		t.Errorf("known are %v", known)
	}
}
