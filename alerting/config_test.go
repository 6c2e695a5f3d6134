package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"plimsoll/alerting/check"
	"plimsoll/alerting/notify"
	"plimsoll/alerting/policy"
	"plimsoll/alerting/quorum"
	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
)

func TestValidate(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Errorf("the default is invalid: %v", err)
	}
	c := Default()
	c.GiveUpAfter, c.Concurrency, c.HistoryAge, c.HistoryRows = 1, 0, 1, 1
	c.Checks = []check.Config{tcpCheck("web"), tcpCheck("web"), {
		Severity: "bad", Contacts: []string{"nobody"},
		Labels: map[string]string{"a-b": ""},
	}}
	c.Rules = []rule.Config{{Name: "r", Expr: "up ==", Contacts: []string{"nobody"}, Flapping: state.Thresholds{High: 101}}}
	c.Passive.Flapping.Low = 31
	c.Contacts = []notify.Contact{{Name: "a\nb"}}
	err := c.Validate()
	if err == nil {
		t.Fatal("a configuration full of mistakes is accepted")
	}
	for _, want := range []string{
		"retry_messages_for: ", "alert_concurrency: ", "event_age: ", "event_rows: ", `checks[1].name: "web" is taken`,
		"checks[2].name: is missing", "checks[2]: needs one of", "checks[2].severity: ", `checks[2].contacts[0]: there is no contact "nobody"`,
		"checks[2].labels: ", "rules[0].expr: ", "rules[0].contacts[0]: ", "rules[0].flapping: ", "passive.flapping: ", "contacts[0].name: ", "contacts[0]: needs",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported in:\n%v", want, err)
		}
	}
}

// TestNothingIsNamedThatIsNot: a matcher, a member or a rule file that is
// misspelt would make people miss what they wait for.
func TestNothingIsNamedThatIsNot(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Contacts = []notify.Contact{hook("ops")}
	c.Checks = []check.Config{tcpCheck("web-1")}
	c.Routes = []policy.Route{{Match: `severity="critcal"`, Contacts: []string{"ops"}}}
	c.Services = []quorum.Config{{Name: "web", Checks: []string{"web-*", "web1", "db-*"}, Critical: "1"}}
	want := []string{
		`services[0].checks[1]: there is no check "web1"`,
		`routes[0].match: severity="critcal": there is no such severity: it is one of critical, warning, info, unknown`,
	}
	if err := c.withDefaults().Validate(); err == nil || err.Error() != strings.Join(want, "\n") {
		t.Errorf("%v", err)
	}
	files := RuleFiles{Patterns: []string{"none/*.yml", "rules.yml"}}
	if err := files.Load(t.TempDir()); err == nil || err.Error() != `rule_files: there is no file "rules.yml"` {
		t.Errorf("%v", err)
	}
}

func TestDefaultRules(t *testing.T) {
	own := rule.Config{Name: "HostDown", Expr: "up == 0", Severity: metric.Info}
	c := Config{DefaultRules: true, Rules: []rule.Config{own}}.withDefaults()
	if len(c.Rules) != len(DefaultRules()) || c.Rules[0].Severity != metric.Info {
		t.Errorf("an own rule does not replace the default of its name: %+v", c.Rules)
	}
}

func TestExampleConfig(t *testing.T) {
	c := Default()
	if err := yaml.UnmarshalWithOptions([]byte(`
checks:
  - name: web
    http: {url: "http://127.0.0.1:8080/", status: [200], contains: ok, timeout: 5s}
    interval: 30s
    retry_interval: 10s
    max_attempts: 3
    contacts: [ops]
rules:
  - name: HighLoad
    class: threshold
    expr: node_load1 > 8
    clear: node_load1 < 5
    for: 2m
    annotations: {summary: "load is {{ $value }} on {{ $labels.instance }}"}
contacts:
  - name: ops
    email: {to: [ops@example.org], from: plimsoll@example.org, smtp: "127.0.0.1:25", tls: none}
    webhook: {url: "http://127.0.0.1:9000/alert", headers: {Authorization: Bearer x}, timeout: 5s}
`), &c, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.Checks[0].Interval != 30*time.Second || c.Rules[0].For != 2*time.Minute {
		t.Errorf("durations are read as %v and %v", c.Checks[0].Interval, c.Rules[0].For)
	}
}
