package app

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plimsoll.yml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path)
}

func TestEmptyFileMeansDefaults(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "agent:\n", "listen:\nagent:\n"} {
		if c, err := load(t, text); err != nil || c.Listen.HTTP != "127.0.0.1:8680" || !c.Agent.Enabled {
			t.Errorf("%q: %+v, %v", text, c.Listen, err)
		}
	}
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocumentedConfigurations loads what the guide shows. Its first block says
// that it shows all defaults.
func TestDocumentedConfigurations(t *testing.T) {
	guide, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(guide), -1)
	if len(blocks) < 5 {
		t.Fatalf("only %d examples found", len(blocks))
	}
	secret := filepath.Join(t.TempDir(), "smtp-password")
	if err := os.WriteFile(secret, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, b := range blocks {
		c, err := load(t, strings.ReplaceAll(b[1], "/etc/plimsoll/smtp-password", secret))
		if err != nil {
			t.Errorf("%v\nin\n%s", err, b[1])
		}
		want := Default()
		if diff := cmp.Diff(want, c, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); i == 0 && diff != "" {
			t.Errorf("the documented defaults are not those that hold:\n%s", diff)
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
	if _, err := load(t, strings.ReplaceAll("\n"+block, "\n    ", "\n")); err != nil {
		t.Errorf("%v\nin\n%s", err, block)
	}
}

func TestMistakesAreReportedTogetherWithTheirPlaces(t *testing.T) {
	for text, wants := range map[string][]string{
		"\ufeffflush: 10\nnonsense: 1\nstorage:\n  bar: 1\n":  {`line 1: "10" is not a duration`, `line 2: unknown key "nonsense"`, `line 4: unknown key "bar"`},
		"counterd: {max_series: many}\nagent: {live: soon}\n": {`line 1: "many" is not a whole number`, `line 2: "soon" is not a duration`},
		"listen: {udp: 127.0.0.1:99999}\ndata: \"\"\n":        {"listen.udp", "data:"},
		"flush: 10s\nnonsense: 1\n":                           {"nonsense", "2"},
		"agent:\n  intervall: 10s\n":                          {"intervall", "2"},
		"flush: fast\n":                                       {"fast", "1"},
		"flush: 7s\nstorage: {heartbeat: 1s}\n":               {"flush: 7s", "storage.heartbeat"},
		"counterd: {max_series: 0}\nlive: {max_series: 0}":    {"counterd.max_series", "live.max_series"},
		"listen: {http: 0.0.0.0:8680}\n":                      {"listen.http", "auth.tokens"},
		"agent: {interval: 1ms}\ncollector: {max_hosts: 0}":   {"agent.interval", "collector.max_hosts"},
	} {
		_, err := load(t, text)
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, want it to name %q", text, err, want)
			}
		}
	}
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
