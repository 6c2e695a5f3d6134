package builtin

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
	"plimsoll/internal/query/querytest"
)

// timeline is the part of testdata/timelines.txt about one rule.
type timeline struct {
	series  string
	expects []expectation
}

type expectation struct {
	at    time.Duration
	fires []string // LABEL=VALUE; none: quiet
}

func timelines(t *testing.T) map[string]*timeline {
	t.Helper()
	text, err := os.ReadFile("testdata/timelines.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*timeline{}
	var l *timeline
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "rule":
			l = &timeline{}
			all[words[1]] = l
		case words[0] == "at":
			at, err := time.ParseDuration(words[1])
			if err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			l.expects = append(l.expects, expectation{at, words[3:]})
		default:
			l.series += line
		}
	}
	return all
}

func TestTimelines(t *testing.T) {
	all := timelines(t)
	for _, c := range Rules() {
		l := all[c.Name]
		if l == nil {
			t.Errorf("%s has no timeline", c.Name)
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			s, err := querytest.Load(l.series)
			if err != nil {
				t.Fatal(err)
			}
			fires, quiet := 0, 0
			for _, e := range l.expects {
				if len(e.fires) > 0 {
					fires++
				} else {
					quiet++
				}
				if diff := cmp.Diff(e.fires, told(t, c, s.Engine(), e), equateEmpty); diff != "" {
					t.Errorf("at %v: %s", e.at, diff)
				}
			}
			if fires == 0 || quiet == 0 {
				t.Errorf("fires %d times and is quiet %d times: not both are tried", fires, quiet)
			}
		})
		delete(all, c.Name)
	}
	for name := range all {
		t.Errorf("%s is no rule", name)
	}
}

var equateEmpty = cmp.Transformer("set", func(s []string) map[string]bool {
	m := map[string]bool{}
	for _, v := range s {
		m[v] = true
	}
	return m
})

// told are the alerts that are hard at an instant, after looks each minute since
// long enough before, told by the labels that e names.
func told(t *testing.T, c rule.Config, q metric.Querier, e expectation) []string {
	t.Helper()
	c = c.WithDefaults()
	r, err := rule.New(c)
	if err != nil {
		t.Fatal(err)
	}
	states, known := map[string]state.State{}, map[string]map[string]string{}
	begin := max(e.at-c.For-10*time.Minute, 0)
	for at := begin; at <= e.at; at += time.Minute {
		found, err := r.Look(t.Context(), q, time.Unix(0, 0).Add(at), known)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range found {
			states[s.Key], _ = state.Next(c.Policy(time.Minute), states[s.Key], s.Verdict, time.Unix(0, 0).Add(at))
			known[s.Key] = s.Labels
			if at == e.at && strings.Contains(s.Summary+s.Runbook, "no value") {
				t.Errorf("words lack a value: %s\n%s", s.Summary, s.Runbook)
			}
		}
	}
	var out []string
	for key, s := range states {
		if s.Phase == state.Hard {
			out = append(out, named(known[key], e.fires))
		}
	}
	return out
}

func named(lbls map[string]string, wanted []string) string {
	for _, w := range wanted {
		name, value, _ := strings.Cut(w, "=")
		if lbls[name] == value {
			return w
		}
	}
	return "also " + lbls["instance"] + lbls["mountpoint"]
}

func TestEveryRuleIsValidAndSaysWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	critical := 0
	for _, c := range Rules() {
		c = c.WithDefaults()
		if err := c.Validate(c.Name); err != nil {
			t.Error(err)
		}
		if seen[c.Name] {
			t.Errorf("%s is there twice", c.Name)
		}
		seen[c.Name] = true
		if n := strings.Count(c.Runbook+" ", ". ") + strings.Count(c.Runbook+" ", "? "); n < 2 || n > 5 {
			t.Errorf("%s: a runbook of %d sentences: %s", c.Name, n, c.Runbook)
		}
		if c.Annotations["summary"] == "" {
			t.Errorf("%s has no summary", c.Name)
		}
		if c.Severity == metric.Critical {
			critical++
		}
		if info := AsInfo(c).WithDefaults(); info.Severity != metric.Info || info.Validate(c.Name) != nil {
			t.Errorf("%s as info: %s, %v", c.Name, info.Severity, info.Validate(c.Name))
		}
	}
	if critical > 8 {
		t.Errorf("%d rules are critical, which few should be", critical)
	}
	for _, name := range []string{ // configurations and tests know them
		"HostDown", "ServiceDown", "FilesystemAlmostFull", "InodesAlmostGone", "DataDiskFull", "SourceOverLimits", "MemoryAlmostGone", "ContactUnreached",
	} {
		if !slices.Contains(names(), name) {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestEveryRuleIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/alerting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names() {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/alerting.md does not tell of %s", name)
		}
	}
}

func names() (out []string) {
	for _, c := range Rules() {
		out = append(out, c.Name)
	}
	return out
}
