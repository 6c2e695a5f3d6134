package match

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	t.Parallel()
	web := map[string]string{"alertname": "HostDown", "severity": "critical", "instance": "web3"}
	for text, want := range map[string]bool{
		"":                    true,
		"{}":                  true,
		`severity="critical"`: true,
		`{severity="critical",instance=~"web.*"}`: true,
		`instance=~"web"`:                         false, // anchored, as in PromQL
		`team=""`:                                 true,
		`team!=""`:                                false,
		`instance!~"web.*"`:                       false,
		`severity="critical", team="dba"`:         false,
	} {
		s, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := s.Matches(web); got != want {
			t.Errorf("%s matches: %v, want %v", text, got, want)
		}
	}
}

func TestBadMatchersAreQuoted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`severity`, `severity="x`, `a=~"("`, `}{`, `a="b"} or alert{`, strings.Repeat("a", 5000)} {
		s, err := Parse(text)
		if err == nil {
			t.Errorf("%q gave %q", text, s)
		} else if len(text) < 100 && !strings.Contains(err.Error(), text) && !strings.Contains(err.Error(), strings.ReplaceAll(text, `"`, `\"`)) {
			t.Errorf("%q: the error %q does not quote it", text, err)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	s, err := Parse(`severity="critical",instance=~"web.*"`)
	if got := strings.Join(s.Names(), " "); err != nil || got != "severity instance" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var s Set
	if err := json.Unmarshal([]byte(`"instance=~\"web.*\""`), &s); err != nil || !s.Matches(map[string]string{"instance": "web1"}) {
		t.Fatalf("%v, %v", s, err)
	}
	text, err := json.Marshal(s)
	if err != nil || string(text) != `"instance=~\"web.*\""` {
		t.Errorf("%s, %v", text, err)
	}
	if json.Unmarshal([]byte(`"x"`), &s) == nil {
		t.Error("no matcher is taken for one")
	}
}

func TestMisspelt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`severity="critical",class!="resource"`:       "",
		`severity=~"crit.*|page",class="up/down"`:     "",
		`severity!~"warning|info",severity="unknown"`: "",
		`level="critcal"`:                             "",
		`severity="critcal"`:                          `severity="critcal": there is no such severity: it is one of critical, warning, info, unknown`,
		`severity!="page"`:                            `severity!="page": there is no such severity: it is one of critical, warning, info, unknown`,
		`severity=~"page|error"`:                      `severity=~"page|error": there is no such severity: it is one of critical, warning, info, unknown`,
		`team="a", class="updown"`:                    `class="updown": there is no such class: it is one of up/down, resource, threshold`,
	} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := s.Misspelt(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
