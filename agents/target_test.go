package agents

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func TestTargetsHaveTheirOwnRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored, live sink
		run(t, 31*time.Second, func(c *Config) {
			c.Sink, c.LiveSink, c.Live = &stored, &live, time.Second
			c.Targets = []Target{
				{steady("host", 0), Options{}},
				{steady("often", 0), Options{Interval: 4 * time.Second}},
				{steady("seldom", 0), Options{Interval: 15 * time.Second, Job: "j", Instance: "i"}},
			}
		})
		got := map[string][]float64{}
		for _, name := range []string{"host", "often", "seldom", "up", "plimsoll_agent_interval_seconds"} {
			got[name] = stored.seconds(name)
		}
		want := map[string][]float64{
			"host": {10, 20, 30}, "plimsoll_agent_interval_seconds": {10, 20, 30},
			"often": {4, 8, 12, 16, 20, 24, 28}, "seldom": {15, 30}, "up": {15, 30},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if len(live.samples) > 0 {
			t.Errorf("%v were shown live, and none asked for it", live.samples)
		}
	})
}

func TestTargetIsLabelledAndItsStateTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored sink
		calls := 0
		run(t, 21*time.Second, func(c *Config) {
			c.Sink = &stored
			c.Targets = []Target{{agentFunc{"cache", func(_ context.Context, at time.Time) ([]metric.Sample, error) {
				if calls++; calls == 2 {
					return nil, errors.New("connection refused")
				}
				return []metric.Sample{{Labels: labels.FromStrings(metric.NameLabel, "x", "role", "theirs", "slab", "1"), At: metric.Millis(at)}}, nil
			}}, Options{Job: "memcached", Instance: "web1:11211", Labels: map[string]string{"role": "cache"}}}}
		})
		var got []string
		for _, s := range stored.samples {
			if name := s.Name(); !strings.HasPrefix(name, "plimsoll_agent_d") && name != "plimsoll_agent_interval_seconds" {
				got = append(got, fmt.Sprint(s.At-start.UnixMilli(), " ", s.Labels, " ", s.Value))
			}
		}
		slices.Sort(got)
		want := []string{
			`10000 {__name__="plimsoll_agent_last_success_timestamp_seconds", agent="cache", instance="web1:11211", job="memcached", role="cache"} 9.4668481e+08`,
			`10000 {__name__="plimsoll_agent_success", agent="cache", instance="web1:11211", job="memcached", role="cache"} 1`,
			`10000 {__name__="scrape_duration_seconds", instance="web1:11211", job="memcached", role="cache"} 0`,
			`10000 {__name__="up", instance="web1:11211", job="memcached", role="cache"} 1`,
			`10000 {__name__="x", instance="web1:11211", job="memcached", role="cache", slab="1"} 0`,
			`20000 {__name__="plimsoll_agent_last_success_timestamp_seconds", agent="cache", instance="web1:11211", job="memcached", role="cache"} 9.4668481e+08`,
			`20000 {__name__="plimsoll_agent_success", agent="cache", instance="web1:11211", job="memcached", role="cache"} 0`,
			`20000 {__name__="scrape_duration_seconds", instance="web1:11211", job="memcached", role="cache"} 0`,
			`20000 {__name__="up", instance="web1:11211", job="memcached", role="cache"} 0`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestInstancesOfManyHostsKeepApart(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:11211": "web1:11211", "localhost:6379": "web1:6379", ":80": "web1:80", "[::1]:80": "web1:80", "0.0.0.0:80": "web1:80",
		"/run/haproxy.sock": "web1", "": "web1", "localhost": "web1",
		"db2:3306": "db2:3306", "10.0.0.7:161": "10.0.0.7:161", "sw1": "sw1", "[2001:db8::1]:80": "[2001:db8::1]:80",
	} {
		if got := (Options{}).Named("j", address, "web1").Instance; got != want {
			t.Errorf("%q is named %q, want %q", address, got, want)
		}
	}
	given := Options{Job: "mine", Instance: "this"}
	if diff := cmp.Diff(given, given.Named("j", "127.0.0.1:1", "web1")); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	err := Options{Interval: 1500 * time.Millisecond, Labels: map[string]string{"a-b": "", "job": "x", "ok": "y"}}.Validate()
	want := "interval: 1.5s is not a whole number of seconds\nlabels: \"a-b\" is no label that can be added\nlabels: \"job\" is no label that can be added"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	cfg := Default()
	cfg.Instance = "web1"
	cfg.Targets = []Target{{steady("cache", 0), Options{Instance: "c1", Interval: -1}}}
	if err := cfg.Validate(); err == nil || err.Error() != "agent cache of c1: interval: -1ns is not a whole number of seconds" {
		t.Errorf("got %v", err)
	}
}
