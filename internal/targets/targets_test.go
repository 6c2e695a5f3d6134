package targets

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/agents"
	"plimsoll/agents/memcache"
)

func TestBuild(t *testing.T) {
	c := Config{Memcache: []memcache.Config{
		{},
		{Address: "cache2:11211", Options: agents.Options{Job: "cache", Interval: time.Minute}},
	}}
	if err := c.Validate("web1"); err != nil {
		t.Fatal(err)
	}
	made, err := c.Build("web1")
	if err != nil {
		t.Fatal(err)
	}
	var got []agents.Options
	for _, m := range made {
		got = append(got, m.Options)
	}
	want := []agents.Options{{Job: "memcached", Instance: "web1:11211"}, {Job: "cache", Instance: "cache2:11211", Interval: time.Minute}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAllProblemsAreToldWithTheirKeys(t *testing.T) {
	c := Config{Memcache: []memcache.Config{{Address: "cache1"}, {Options: agents.Options{Interval: -1}}}}
	want := "targets.memcache[0].address: \"cache1\" is neither host:port nor the path of a unix socket\n" +
		"targets.memcache[1].interval: -1ns is not a whole number of seconds"
	if err := c.Validate("web1"); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	c = Config{Memcache: []memcache.Config{{}, {Address: "localhost:11211"}}}
	want = `targets.memcache[1].instance: "web1:11211" of job "memcached" is that of targets.memcache[0] too, with the same labels`
	if err := c.Validate("web1"); err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestEveryFamilyIsDescribedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Meta() {
		if seen[m.Name] || m.Help == "" {
			t.Errorf("%s: described twice, or without help %q", m.Name, m.Help)
		}
		seen[m.Name] = true
	}
}
