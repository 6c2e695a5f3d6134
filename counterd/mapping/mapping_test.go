package mapping

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/counterd/line"
)

func parse(t *testing.T, text string) *Mapper {
	t.Helper()
	m, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// maps checks the series that names of a kind become; "" is no rule, "drop" a
// rule that drops. A kind other than counter is written before the name.
func maps(t *testing.T, m *Mapper, want map[string]string) {
	t.Helper()
	kinds := map[string]line.Kind{"ok": line.OK, "timing": line.Millis, "value": line.Value, "gauge": line.Gauge, "set": line.Set}
	for in, series := range want {
		k, raw := line.Counter, in
		if word, rest, is := strings.Cut(in, " "); is {
			k, raw = kinds[word], rest
		}
		r, ok := m.Map(raw, k)
		got := ""
		switch {
		case ok && r.Drop:
			got = "drop"
		case ok:
			set, reason := r.Series(k, nil)
			if reason != line.Good {
				t.Errorf("%s: %v", in, reason)
			}
			got = strings.Replace(set.String(), `{__name__="`+r.Name+`"`, r.Name+"{", 1)
			got = strings.Replace(got, "{, ", "{", 1)
		}
		if got != series {
			t.Errorf("%s: %s, want %s", in, got, series)
		}
	}
}

func TestGlobs(t *testing.T) {
	maps(t, parse(t, `
mappings:
- match: "shop.queue.*.*.*"
  name: "queue_jobs_total"
  labels:
    worker: "$1"
    step: "$2"
    result: "$3"
    job: "queue"
- match: "*.login.*.*"
  name: "logins_total"
  labels:
    via: "$2"
    result: "$3"
    job: "${1}_web"
- match: "render.*.*.count"
  name: "${2}_renders_total"
  labels:
    size: "$1"
    from: "$0"
`), map[string]string{
		"shop.queue.Mailer.send.ok":     `queue_jobs_total{job="queue", result="ok", step="send", worker="Mailer"}`,
		"photos.login.openid.failure":   `logins_total{job="photos_web", result="failure", via="openid"}`,
		"ok photos.login.openid.failed": `logins_total{job="photos_web", result="ok", via="openid"}`,
		"render.small.web-a.count":      `web_a_renders_total{from="render.small.web-a.count", size="small"}`,
		"timing shop.queue.a.b.c":       `queue_jobs_total{job="queue", result="c", step="b", worker="a"}`,
		"shop.queue.Mailer.send":        "",
		"shop.web-server.foo":           "",
		"":                              "",
		"render.small.\xff.count":       "",
	})
}

func TestRegexes(t *testing.T) {
	maps(t, parse(t, `
mappings:
- match: "render\\.(\\w+)\\.(\\w+)\\.count"
  match_type: regex
  name: "${2}_total"
  labels:
    size: "$1"
- match: "(.*)\\.(.*)--(.*)\\.status\\.(.*)\\.count"
  match_type: regex
  name: "requests_total"
  labels: { host: "$1", program: "$2", protocol: "$3", code: "$4" }
- match: "web.*"
  name: "from_glob"
- match: ".+"
  match_type: regex
  name: "$0"
  labels:
    sent_as: "$0"
`), map[string]string{
		"render.small.thumbs.count":         `thumbs_total{size="small"}`,
		"h1.api--http.status.200.count":     `requests_total{code="200", host="h1", program="api", protocol="http"}`,
		"web.x":                             `from_glob{}`,
		"my.other_counter":                  `my_other_counter{sent_as="my.other_counter"}`,
		"1st":                               `_1st{sent_as="1st"}`,
		"render.small.thumbs.count.and.all": `thumbs_total{size="small"}`,
	})
}

func TestWhichRuleCounts(t *testing.T) {
	rules := `
mappings:
- match: a.*.c
  name: star
- match: a.b.c
  name: exact
- match: a.b.c.d
  name: long
- match: a.b
  name: short
- match: a.b
  name: twice
`
	maps(t, parse(t, rules), map[string]string{"a.b.c": "star{}", "a.b.c.d": "long{}", "a.b": "short{}", "a": "", "a.b.c.d.e": ""})
	maps(t, parse(t, "defaults: { glob_disable_ordering: true }"+rules), map[string]string{"a.b.c": "exact{}", "a.x.c": "star{}", "a.b": "short{}"})
}

// A glob may be the beginning of an earlier one, which the library alone loses.
func TestShortGlobAfterLongOne(t *testing.T) {
	maps(t, parse(t, "mappings:\n- {match: a.b.c, name: long}\n- {match: a.b, name: short}\n- {match: a.*, name: star}\n"),
		map[string]string{"a.b.c": "long{}", "a.b": "short{}", "a.x": "star{}"})
}

// A specific beginning may lead nowhere, where a less specific one goes on.
func TestBacktracksWithoutOrder(t *testing.T) {
	maps(t, parse(t, "defaults: {glob_disable_ordering: true}\nmappings:\n- {match: a.b.b, name: exact}\n- {match: '*.*.c', name: star}\n"),
		map[string]string{"a.b.b": "exact{}", "a.a.c": "star{}", "a.b.c": "star{}"})
}

func TestDrop(t *testing.T) {
	maps(t, parse(t, `
mappings:
- match: "task.time.*"
  name: "task_seconds"
  labels: { task: "$1" }
- match: "."
  match_type: regex
  action: drop
  name: "dropped"
`), map[string]string{"timing task.time.resize": `task_seconds{task="resize"}`, "other": "drop", "gauge x.y": "drop"})
}

func TestMetricTypes(t *testing.T) {
	maps(t, parse(t, `
mappings:
- {match: "app.*", name: c, match_metric_type: counter}
- {match: "app.*", name: g, match_metric_type: gauge}
- {match: "^app", match_type: regex, name: o, match_metric_type: observer}
- {match: "^sys", match_type: regex, name: sys, match_metric_type: gauge}
`), map[string]string{
		"app.x": "c{}", "ok app.x": `c{result="ok"}`, "gauge app.x": "g{}", "set app.x": "g{}",
		"timing app.x": "o{}", "value app.x": "o{}", "sys": "", "gauge sys": "sys{}",
	})
	if _, ok := parse(t, "mappings: [{match: a, name: b}]").Map("a", line.Kinds); ok {
		t.Error("a rule for no kind")
	}
}

func TestScaleAndHonor(t *testing.T) {
	m := parse(t, `
mappings:
- match: load.latency_us
  name: load_latency_seconds
  scale: 1e-6
- match: sent.kb.*
  name: sent_bytes
  scale: 1024
  honor_labels: true
  labels: { pool: "$1", empty: "" }
- match: plain
  name: plain
  labels: { pool: rule }
`)
	want := map[string]Result{
		"load.latency_us": {Name: "load_latency_seconds", Labels: map[string]string{}, Scale: 1e-6},
		"sent.kb.www":     {Name: "sent_bytes", Labels: map[string]string{"pool": "www", "empty": ""}, Scale: 1024, Honor: true},
		"plain":           {Name: "plain", Labels: map[string]string{"pool": "rule"}, Scale: 1},
	}
	for raw, r := range want {
		got, ok := m.Map(raw, line.Gauge)
		if diff := cmp.Diff(r, got); !ok || diff != "" {
			t.Errorf("%s: (-want +got)\n%s", raw, diff)
		}
	}
	series := func(r Result, k line.Kind, tags string) string {
		set, reason := r.Series(k, []byte(tags))
		return reason.String() + set.String()
	}
	for got, want := range map[string]string{
		series(want["sent.kb.www"], line.Gauge, "pool:api,host:a"): `{__name__="sent_bytes", host="a", pool="api"}`,
		series(want["sent.kb.www"], line.Gauge, "host:a"):          `{__name__="sent_bytes", host="a", pool="www"}`,
		series(want["plain"], line.Gauge, "pool:api"):              `{__name__="plain", pool="rule"}`,
		series(want["plain"], line.Gauge, ":x"):                    `bad tag{}`,
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestIgnored(t *testing.T) {
	m := parse(t, `
defaults:
  observer_type: histogram
  histogram_options: { buckets: [0.01, 0.1] }
  ttl: 1m
mappings:
- match: a.*
  name: a
  help: what it is
  observer_type: summary
  ttl: 30s
  summary_options:
    quantiles: [{quantile: 0.99, error: 0.001}]
    max_age: 30s
- {match: b, name: b, help: another}
`)
	want := []string{"observer_type in defaults and 1 mappings", "summary_options in 1 mappings", "histogram_options in defaults", "ttl in defaults and 1 mappings", "help in 2 mappings"}
	if diff := cmp.Diff(want, m.Ignored()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := parse(t, "mappings: [{match: a, name: b, scale: 2}]").Ignored(); len(got) != 0 {
		t.Errorf("ignored %q", got)
	}
}

func TestErrorsSayWhere(t *testing.T) {
	const head = "# rules\nmappings:\n# the first\n- match: ok.*\n  name: ok\n\n"
	for text, want := range map[string]string{
		head + "- match: a b\n  name: x\n":                                      `line 7: mapping 2, match "a b": invalid match: a b`,
		head + "- match: a.b\n":                                                 `line 7: mapping 2, match "a.b": no name`,
		head + "- match: a.b\n  name: x y\n":                                    `line 7: mapping 2, match "a.b": metric name 'x y' doesn't match regex`,
		head + "- match: a(\n  name: x\n  match_type: regex\n":                  "line 7: mapping 2, match \"a(\": invalid regex a(",
		head + "- match: a\n  name: x\n  labels: {a-b: c}\n":                    `line 7: mapping 2, match "a": invalid label key: a-b`,
		head + "- match: a\n  name: x\n  labels: {__name__: c}\n":               `line 7: mapping 2, match "a": label "__name__" is reserved`,
		head + "- match: a\n  name: x\n  labels: {quantile: c}\n":               `line 7: mapping 2, match "a": label "quantile" is reserved for timings`,
		head + "- match: a\n  name: x\n  scale: .inf\n":                         `line 7: mapping 2, match "a": scale +Inf is not between`,
		head + "- match: a\n  name: x\n  scale: .nan\n":                         `line 7: mapping 2, match "a": scale NaN is not between`,
		head + "- match: a\n  name: x\n  scale: -1\n":                           `line 7: mapping 2, match "a": scale -1 is negative`,
		head + "- match: a\n  nme: x\n":                                         `line 8: field nme not found`,
		head + "- match: a\n  name: [x]\n":                                      `line 8: cannot unmarshal`,
		head + "- match: a\n  name: x\n  action: lose\n":                        `invalid action type "lose"`,
		head + "- match: a\n  name: x\n  match_metric_type: meter\n":            `invalid metric type 'meter'`,
		"mappings: [{match: a b, name: x}]":                                     `mapping 1, match "a b": invalid match: a b`,
		"mappings: [\n":                                                         `yaml: line 1`,
		"rules: 1\n":                                                            `line 1: field rules not found`,
		"mappings:\n" + strings.Repeat("- {match: a, name: b}\n", maxRules+1):   `5001 mappings, more than 5000`,
		"mappings:\n  - match: a\n    name: b\n  - match: c d\n    name: e\nx:": `field x not found`,
	} {
		_, err := Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.90q: %v, want %s", text, err, want)
		}
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mapping.yml")
	if _, err := Load(path); err == nil {
		t.Error("no error for a file that is not there")
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("mappings:\n  - match: a b\n    name: c\n")
	want := "mapping rules " + path + `: line 2: mapping 1, match "a b": invalid match: a b`
	if _, err := Load(path); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	write("")
	if m, err := Load(path); err != nil {
		t.Error(err)
	} else if _, ok := m.Map("a", line.Gauge); ok {
		t.Error("a rule of an empty file")
	}
}
