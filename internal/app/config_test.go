package app

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"plimsoll/alerting/check"
	"plimsoll/counterd"
	"plimsoll/counterd/listen"
	"plimsoll/counterd/mapping"
	"plimsoll/internal/config"
)

func loadText(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plimsoll.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestEmptyFileMeansDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "agent:\n", "listen:\nagent:\n"} {
		if c, err := loadText(t, text); err != nil || c.Listen.HTTP != "127.0.0.1:8680" || !c.Agent.Enabled {
			t.Errorf("%q: %+v, %v", text, c.Listen, err)
		}
	}
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocumentedConfigurations loads what the guides show. The first block of
// the one on configuration says that it shows all defaults.
func TestDocumentedConfigurations(t *testing.T) {
	etc := t.TempDir() + "/"
	secret(t, etc+"smtp-password")
	secret(t, etc+"web-1.key")
	counters := readFile(t, "../../docs/counters.md")
	rules := regexp.MustCompile("(?s)```yaml mapping\n(.*?)```").FindStringSubmatch(counters)
	if rules == nil {
		t.Fatal("docs/counters.md shows no mapping rules")
	}
	if err := os.WriteFile(etc+"statsd-mapping.yml", []byte(rules[1]), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func(guide string, least int) (all []Config) {
		for _, b := range yamlBlock.FindAllStringSubmatch(guide, -1) {
			c, err := loadText(t, strings.ReplaceAll(b[1], "/etc/plimsoll/", etc))
			if err != nil {
				t.Errorf("%v\nin\n%s", err, b[1])
			}
			all = append(all, c)
		}
		if len(all) < least {
			t.Errorf("only %d examples found in %.40q", len(all), guide)
		}
		return all
	}
	shown := load(readFile(t, "../../docs/configuration.md"), 4)[0]
	if diff := cmp.Diff(Default(), shown, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Errorf("the documented defaults are not those that hold:\n%s", diff)
	}
	load(readFile(t, "../../docs/alerting.md"), 1)
	mapped := load(counters, 4)[0]
	if _, err := mapping.Load(mapped.Counterd.MappingFile); err != nil {
		t.Error(err)
	}
}

// TestEveryCounterKeyIsDocumented finds each key of the counter daemon in the
// guide.
func TestEveryCounterKeyIsDocumented(t *testing.T) {
	_, guide, _ := strings.Cut(readFile(t, "../../docs/configuration.md"), "\ncounterd:")
	defaults, rest, _ := strings.Cut(guide, "\nstorage:")
	_, table, _ := strings.Cut(rest, "## Counter daemon")
	for _, key := range keys(counterd.Config{}) {
		if key != "flush" && !strings.Contains(defaults, "\n  "+key+":") {
			t.Errorf("counterd.%s is not shown", key)
		}
	}
	for _, key := range keys(listen.Config{}) {
		if !strings.Contains(table, "\n| `"+key+"` |") {
			t.Errorf("counterd.listen's %s is not told of", key)
		}
	}
}

// keys lists the YAML keys of a section.
func keys(section any) (out []string) {
	of := reflect.TypeOf(section)
	for i := range of.NumField() {
		if key := of.Field(i).Tag.Get("yaml"); key != "-" {
			out = append(out, key)
		}
	}
	return out
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// secret writes a file with a secret.
func secret(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("hunter2, hunter3 and hunter4\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSNMPGuide(t *testing.T) {
	etc := t.TempDir() + "/"
	for _, name := range []string{"community", "snmp-auth", "snmp-priv"} {
		secret(t, etc+name)
	}
	for _, b := range yamlBlock.FindAllStringSubmatch(readFile(t, "../../docs/snmp.md"), -1) {
		path := filepath.Join(t.TempDir(), "plimsoll.yml")
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(b[1], "/etc/plimsoll/", etc)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(path); err != nil {
			t.Error(err)
		}
	}
}

func TestReadmeConfiguration(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "    contacts:\n")
	block, _, ok := strings.Cut("    contacts:\n"+rest, "\n\n")
	if !ok {
		t.Fatal("the README shows no configuration")
	}
	if _, err := loadText(t, strings.ReplaceAll("\n"+block, "\n    ", "\n")); err != nil {
		t.Errorf("%v\nin\n%s", err, block)
	}
}

func TestMistakesAreReportedTogetherWithTheirPlaces(t *testing.T) {
	for text, want := range map[string]string{
		"\ufeffflush: 10\nnonsense: 1\nstorage:\n  bar: 1\n": `1: flush: "10" is not a duration, such as 10s or 5m
2: nonsense: unknown key
4: storage.bar: unknown key`,
		"counterd: {max_name_bytes: many}\nagent: {live: soon}\nauth:\n  - a": `1: counterd.max_name_bytes: "many" is not a whole number
2: agent.live: "soon" is not a duration, such as 10s or 5m
3: auth: a list is not a section with keys`,
		"data: \"\"\nlisten:\n  udp: 127.0.0.1:99999\n": `1: data: is empty; name a directory
3: listen.udp: "127.0.0.1:99999" is not host:port, such as 127.0.0.1:8125`,
		"flush: 7s\nquery: {lookback: -1s}\n": `1: flush: 7s is not at least 1s and a divisor of a minute
2: query.lookback: -1s is not a positive duration`,
		"- a\n":                         `1: a list is not a section with keys`,
		"flush: 10s\nflush: 20s\n":      `2: mapping key "flush" already defined at [1:1]`,
		"flush: 10s\n---\nflush: 20s\n": `3: 2 YAML documents in one file, want one`,
	} {
		if got := problems(t, text); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
	for text, wants := range map[string][]string{
		"counterd: {max_series: 0}\nlive: {max_series: 0}":  {"1: counterd.max_series: ", "2: live.max_series: "},
		"flush: 10s\nlisten:\n  http: 0.0.0.0:8680\n":       {"3: listen.http: ", "auth.tokens"},
		"agent: {interval: 1ms}\ncollector: {max_hosts: 0}": {"1: agent.interval: ", "2: collector.max_hosts: "},
		"storage:\n  heartbeat: 1s":                         {"2: storage.heartbeat: "},
	} {
		got := problems(t, text)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%q: %s, want it to say %q", text, got, want)
			}
		}
	}
}

// One run finds keys, types and meaning, wherever each is wrong, by their lines.
func TestAllMistakesInOneRun(t *testing.T) {
	got := problems(t, `rules:
  - name: Twice
    expr: sum(
    annotation: {summary: x}
  - name: Twice
    expr: up == 0
    for: soon
  - {name: Three, expr: 1, interval: 5s, contacts: [nobody]}
  - name: Twice
    expr: up == 0
    keep_firing_for: -1s
flush: fast
storage:
  stepp: 5s
checks:
  - just text
  - name: web
    http:
      url: ftp://x
      status: [200, many]
      contain: ok
  - name: db
    tcp: {address: "db"}
contacts:
  - name: ops
    webhook: {url: "http://127.0.0.1/", timeout: 5}
`)
	want := `3: rules[0].expr: 1:5: parse error: unclosed left parenthesis
4: rules[0].annotation: unknown key
7: rules[1].for: "soon" is not a duration, such as 10s or 5m
8: rules[2].expr: gives a scalar, and a rule needs an instant vector
9: rules[3].name: "Twice" is taken
11: rules[3].keep_firing_for: -1s is negative
12: flush: "fast" is not a duration, such as 10s or 5m
14: storage.stepp: unknown key
16: checks[0]: "just text" is not a section with keys
19: checks[1].http.url: "ftp://x" is no http or https address
20: checks[1].http.status: "many" is no HTTP status such as 200, 2xx or 200-204
21: checks[1].http.contain: unknown key
23: checks[2].tcp.address: "db" is not host:port
26: contacts[0].webhook.timeout: "5" is not a duration, such as 10s or 5m`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Error(diff)
	}
}

// Anchors, aliases and merged keys mean what they mean to every reader of YAML.
func TestAliases(t *testing.T) {
	c, err := loadText(t, `checks:
  - {name: web, tcp: &where {address: "127.0.0.1:80"}, interval: &often 5s}
  - {name: other, tcp: *where, interval: *often}
  - name: third
    tcp:
      <<: *where
      timeout: 1s
`)
	if err != nil || len(c.Alerting.Checks) != 3 {
		t.Fatalf("%+v, %v", c.Alerting.Checks, err)
	}
	if k := c.Alerting.Checks; k[1].Interval != 5*time.Second || k[1].TCP.Address != "127.0.0.1:80" || *k[2].TCP != (check.TCP{Address: "127.0.0.1:80", Timeout: time.Second}) {
		t.Errorf("%+v", k)
	}
	if got := problems(t, "checks:\n  - &a 5\n  - *a\n"); !strings.Contains(got, `2: checks[0]: "5" is not`) {
		t.Errorf("%s", got)
	}
}

func TestSecretsAreCheckedToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plimsoll.yml")
	if err := os.WriteFile(path, []byte("flush: 7s\nsentry:\n  dsn_file: /nowhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Check(path)
	if err == nil || !strings.Contains(err.Error(), path+":1: flush: ") || !strings.Contains(err.Error(), path+":3: sentry.dsn_file: ") {
		t.Errorf("%v", err)
	}
}

func TestProblemsAreCountedAndBounded(t *testing.T) {
	_, err := loadText(t, "x: 1\n")
	if err == nil || !strings.Contains(err.Error(), " has 1 problem\n") {
		t.Errorf("%v", err)
	}
	text := ""
	for i := range 3 * config.MostProblems {
		text += fmt.Sprintf("x%d: 1\n", i)
	}
	if _, err = loadText(t, text); err == nil || !strings.Contains(err.Error(), " has 150 problems\n") || strings.Count(err.Error(), "\n") != config.MostProblems {
		t.Errorf("%v", err)
	}
}

var problemLine = regexp.MustCompile(`^f:[1-9][0-9]*: .`)

// No text, however broken, is more than an error.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"flush: 10s\nchecks: [{name: web, tcp: {address: a}}]", "? [a]\n: b\n", "auth: !!map {tokens: !!seq [{name: 5}]}", "auth: ! {tokens:! 00}",
		"checks: [&a {name: *a}]\nrules: *b", "<<: {flush: 1s}\n\"data\": !!str 5", "contacts:\n- name: |\n    x\n- ~\n- {: }",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, r := Default(), config.NewReport("f")
		config.Decode([]byte(text), &c, r)
		r.AddInvalid(c.Validate())
		if err := r.Err(); err != nil {
			_, lines, _ := strings.Cut(err.Error(), "\n")
			for line := range strings.Lines(lines) {
				if strings.HasPrefix(line, "f:") && !problemLine.MatchString(line) {
					t.Errorf("problem %q", line)
				}
			}
		}
	})
}

// problems loads a text and returns what is wrong with it, a line for each.
func problems(t *testing.T, text string) string {
	t.Helper()
	_, err := loadText(t, text)
	if err == nil {
		return ""
	}
	file, rest, _ := strings.Cut(err.Error(), " has ")
	_, rest, _ = strings.Cut(rest, "\n")
	return strings.ReplaceAll(rest, file+":", "")
}

func TestRestartIsNamed(t *testing.T) {
	a, b := Default(), Default()
	b.Listen.HTTP, b.Flush = "127.0.0.1:1", 1
	if diff := cmp.Diff([]string{"flush", "listen"}, a.restartFor(b)); diff != "" {
		t.Error(diff)
	}
	if keys := a.restartFor(Default()); len(keys) > 0 {
		t.Errorf("the same configuration differs in %v", keys)
	}
}

func TestLinksLeadToThePages(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"127.0.0.1:9000": "http://127.0.0.1:9000",
		"0.0.0.0:8680":   "http://" + name + ":8680",
		":8680":          "http://" + name + ":8680",
		"[::]:8680":      "http://" + name + ":8680",
		"[::1]:8680":     "http://[::1]:8680",
	} {
		if got := (Listen{HTTP: address}).url(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestCounterListenersForOthersSayWhoMaySend(t *testing.T) {
	for text, want := range map[string]string{
		"counterd: {listen: ['0.0.0.0:8125']}":                                                                `counterd.listen[0]: "0.0.0.0:8125" can be reached`,
		"counterd: {listen: ['127.0.0.1:8765', 'tcp://[::]:8125']}":                                           `counterd.listen[1]: "[::]:8125" can be reached`,
		"counterd: {listen: [{address: '0.0.0.0:8125', allow: [10.0.0.0/8]}]}":                                "",
		"listen: {udp: '0.0.0.0:8125'}\ncounterd: {listen: [{address: '0.0.0.0:8125', allow: [10.0.0.0/8]}]}": "",
		"listen: {udp: '0.0.0.0:8125'}":                                                                       "listen.udp",
		"ganglia: {listen: '0.0.0.0:8649'}":                                                                   `ganglia.listen: "0.0.0.0:8649" can be reached`,
		"ganglia: {listen: '0.0.0.0:8649', allow: [10.0.0.0/8]}":                                              "",
		"graphite: {tcp: ':2003'}":                                                                            `graphite.tcp: ":2003" can be reached`,
		"counterd: {listen: ['unixgram:///run/counters.sock']}":                                               "",
	} {
		path := filepath.Join(t.TempDir(), "plimsoll.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
