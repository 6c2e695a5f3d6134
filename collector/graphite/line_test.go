package graphite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

var now = time.UnixMilli(1_700_000_000_123)

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"a.b 1.5 1700000000":            "a.b 1.5 @1700000000000",
		"a.b 1.5 1700000000\r":          "a.b 1.5 @1700000000000",
		" \ta.b   -2e3\t1700000000.25 ": "a.b -2000 @1700000000250",
		"a.b 1 -1":                      "a.b 1 @1700000000123",
		"a.b 1 -1.0":                    "a.b 1 @1700000000123",
		"a;k=v 1 0":                     "a;k=v 1 @0",
		"a NaN 1":                       "a none",
		"a nan 1":                       "a none",
		"a -inf 1":                      "a none",
		"a 1e999 1":                     "a none",
		"":                              reasonFields,
		"a 1":                           reasonFields,
		"a 1 2 3":                       reasonFields,
		"a b c 1 2":                     reasonFields,
		"a one 1":                       reasonValue,
		"a 1,5 1":                       reasonValue,
		"a 1 now":                       reasonTime,
		"a 1 -2":                        reasonTime,
		"a 1 NaN":                       reasonTime,
		"a 1 1700000000000":             reasonTime, // milliseconds
	} {
		l, reason := Parse([]byte(text), now)
		got := fmt.Sprintf("%s %v @%d", l.Path, l.Value, l.At)
		switch {
		case reason != "":
			got = reason
		case l.None():
			got = string(l.Path) + " none"
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// means is what a path becomes.
func means(templates []Template, path string) string {
	s := newPaths(templates).find([]byte(path))
	if s.reason != "" {
		return s.reason
	}
	out := s.labels.String()
	if s.kind == metric.Counter {
		out += " counter"
	}
	return out
}

func TestPathsWithoutTemplates(t *testing.T) {
	for path, want := range map[string]string{
		"servers.web1.cpu.load":     `{__name__="servers_web1_cpu_load", job="graphite"}`,
		"disk.used;host=web1;d=a=b": `{__name__="disk_used", d="a=b", host="web1", job="graphite"}`,
		"a;job=mine;b-c=1":          `{__name__="a", b_c="1", job="mine"}`,
		"..a...b.":                  `{__name__="a_b", job="graphite"}`,
		"1st.größe/x":               `{__name__="_1st_gr__e_x", job="graphite"}`,
		"../../etc/passwd":          `{__name__="___etc_passwd", job="graphite"}`,
		"...":                       reasonPath,
		";a=b":                      reasonPath,
		"a\x00b":                    reasonPath,
		"a\xff":                     reasonPath,
		"a;b":                       reasonTags,
		"a;b=":                      reasonTags,
		"a;=b":                      reasonTags,
		"a;__name__=b":              reasonTags,
		"a;":                        reasonTags,
	} {
		if got := means(nil, path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}

func TestTemplates(t *testing.T) {
	all := []Template{
		{Match: "servers.$instance.cpu.$cpu.*", Name: "cpu_$*", Labels: map[string]string{"job": "old"}},
		{Match: "servers.$instance.*"},
		{Match: "stats.counters.*.count", Name: "$*_total", Type: "counter"},
		{Match: "lb*.$instance.$what", Name: "lb_$what"},
		{Match: "exact.*.end"},
	}
	for _, tpl := range all {
		if err := tpl.validate(); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"servers.web1.cpu.0.user.percent": `{__name__="cpu_user_percent", cpu="0", instance="web1", job="old"}`,
		"servers.web1.load":               `{__name__="servers_load", instance="web1", job="graphite"}`,
		"servers.web1.load;instance=web2": `{__name__="servers_load", instance="web2", job="graphite"}`,
		"servers.web1":                    `{__name__="servers_web1", job="graphite"}`,
		"stats.counters.hits.count":       `{__name__="hits_total", job="graphite"} counter`,
		"stats.counters.a.b.count":        `{__name__="stats_counters_a_b_count", job="graphite"}`,
		"lb-2.h1.conns":                   `{__name__="lb_conns", instance="h1", job="graphite", what="conns"}`,
		"exact.x.end":                     `{__name__="exact_x_end", job="graphite"}`,
		"exact.x.y.end":                   `{__name__="exact_x_y_end", job="graphite"}`,
	} {
		if got := means(all, path); got != want {
			t.Errorf("%q: %s, want %s", path, got, want)
		}
	}
}

func TestATemplateThatLeavesNoName(t *testing.T) {
	if got := means([]Template{{Match: "$instance.$other"}}, "a.b"); got != reasonPath {
		t.Error(got)
	}
}

func TestBadTemplates(t *testing.T) {
	c := Default()
	c.Templates = []Template{
		{Match: "a..b"},
		{Match: "$a-b"},
		{Match: "$a.$a"},
		{Match: "[x"},
		{Match: "a", Name: "$b"},
		{Match: "a", Labels: map[string]string{"__x": ""}},
		{Match: "a", Type: "timer"},
		{Match: ""},
	}
	err := c.Validate()
	for i, want := range []string{"match: \"a..b\"", "match: \"a-b\"", "match: $a is there twice", "match: \"[x\"", "name: \"$b\"", "labels: \"__x\"", "type: \"timer\"", "match: \"\""} {
		if want = fmt.Sprintf("templates[%d].%s", i, want); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in %v", want, err)
		}
	}
}

func TestPathsAreRememberedWithinBounds(t *testing.T) {
	p := newPaths(nil)
	for i := range 3*maxPaths/2 + 1 {
		p.find([]byte(fmt.Sprintf("a%d", i)))
	}
	if len(p.young)+len(p.old) > 2*maxPaths {
		t.Errorf("%d and %d are remembered", len(p.young), len(p.old))
	}
	path := []byte("servers.web1.cpu.load")
	p.find(path)
	if n := testing.AllocsPerRun(100, func() { p.find(path) }); n > 0 {
		t.Errorf("%v allocations for a known path", n)
	}
}

func TestConfig(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	err := Config{TCP: "x", UDP: "y", Allow: []string{"z"}}.Validate()
	for _, key := range []string{"tcp:", "udp:", "allow[0]", "max_connections:", "max_connections_per_source:", "max_line_bytes:", "idle_timeout:", "read_buffer_bytes:"} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("no %s in %v", key, err)
		}
	}
	var c Template
	if err := c.UnmarshalYAML(func(v any) error { *v.(*string) = "a.*"; return nil }); err != nil || c.Match != "a.*" {
		t.Errorf("%+v %v", c, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"a.b 1.5 1700000000", "a;k=v NaN -1\r", "servers.web1.load 1 1", "..;;= 0x1p-2 1e9", "\x00\x00\x00\x10\x80\x02"} {
		f.Add([]byte(text))
	}
	paths := newPaths([]Template{{Match: "servers.$instance.*", Name: "$*"}, {Match: "$a.*b*"}})
	f.Fuzz(func(t *testing.T, text []byte) {
		l, reason := Parse(text, now)
		if reason != "" {
			return
		}
		s := paths.find(l.Path)
		if s.reason != "" {
			return
		}
		name := s.labels.Get(metric.NameLabel)
		if name != clean(name, true) || name == "" || s.labels.Get("job") == "" {
			t.Fatalf("%q is %s", text, s.labels)
		}
		again, reason := Parse([]byte(fmt.Sprintf("%s %v %d", l.Path, l.Value, l.At/1000)), now)
		if reason != "" || string(again.Path) != string(l.Path) {
			t.Fatalf("%q: %+v is written as what is refused: %s", text, l, reason)
		}
		if !l.None() && cmp.Diff(l.Value, again.Value) != "" {
			t.Fatal(again)
		}
	})
}
