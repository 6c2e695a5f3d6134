package timeline

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/alerting"
)

func TestIs(t *testing.T) {
	for text, want := range map[string]bool{
		"rules: []\n---\nat 5m expect nothing\n": true,
		"# words\n\nload up 1\n":                 true,
		"---\n# words\nstart 2026-01-01T00:00Z":  true,
		"":                                       false,
		"---\nrule_files: [a.yml]\ntests: []\n":  false,
		"rule_files: [a.yml]\n---\n# nothing\n":  false,
		"at: 5m\n":                               false,
	} {
		if got := Is("a.yml", []byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if !Is("a.timeline", nil) {
		t.Error("the ending does not tell")
	}
}

// TestWrongLines has what is wrong with each line, all of them told at once.
func TestWrongLines(t *testing.T) {
	lines := [][2]string{
		{"frob", `want at, load, every or start, not "frob"`},
		{"start tomorrow", `parsing time "tomorrow"`},
		{"every 1500ms", `"1500ms" is not a number of whole seconds`},
		{"load up{ 1", `"up{ 1"`},
		{"load up 1x", `"up 1x"`},
		{"load down 1", ""},
		{"load down 2", "that series is loaded twice"},
		{"at soon expect nothing", `"soon" is no duration as 90s, 1h30m or 2d`},
		{"at 5m", `there is no command ""`},
		{"at 5m frob web", `there is no command "frob"`},
		{"every 1m", `stands before the first of them`},
		{"at 4m expect nothing", "is before the line above it, at 5m0s"},
		{"at 5m set up", "want: set SERIES VALUE"},
		{"at 5m set up x", `"x" is no number`},
		{"at 5m set up{ 1", "a quote or a brace does not end"},
		{"at 5m drop up{a=}", `series "up{a=}"`},
		{"at 5m check up", "want: check NAME…"},
		{"at 5m check web sideways", "want: check NAME…"},
		{"at 5m checks", "want: checks up|down"},
		{"at 5m store", "want: store up|down"},
		{"at 5m host a", "want: host NAME up|silent|retired"},
		{"at 5m contact ops away", "want: contact NAME up|down|refuses"},
		{"at 5m report db", "want: report NAME[@HOST]"},
		{`at 5m silence a=b 1h`, `"a=b"`},
		{`at 5m silence a="b" 1h 1h`, "want: silence MATCHERS FOR"},
		{`at 5m downtime a="b" long`, `"long" is no duration`},
		{"at 5m end it", "want: end"},
		{"at 5m ack web", "want: ack NAME BY [FOR] [sticky]"},
		{"at 5m ack web ops 1h 2h", "want: ack NAME BY [FOR] [sticky]"},
		{"at 5m unack web", "want: unack NAME BY"},
		{"at 5m override first ops", "want: override ROTA CONTACT FOR"},
		{"at 5m remove", "want: remove NAME"},
		{"at 5m restart now", "want: restart"},
		{"at 5m expect", "want: expect nothing, messages, state or holds"},
		{"at 5m expect ops trouble web", "want CONTACT problem|update|recovery|closed|info NAME"},
		{"at 5m expect ops [problem web", "the bracket does not end"},
		{"at 5m expect state web bad", "want: expect state NAME"},
		{"at 5m expect holds", "want: expect holds NAME"},
	}
	text := "---\n"
	for _, l := range lines {
		text += l[0] + "\n"
	}
	_, err := Parse("a.timeline", []byte(text), &alerting.Config{})
	if err == nil {
		t.Fatal("all lines are right")
	}
	told := err.Error()
	for _, l := range lines {
		_, after, found := strings.Cut(told, ": "+l[0]+"\n  ")
		why, _, _ := strings.Cut(after, "\n")
		if found != (l[1] != "") || !strings.Contains(why, l[1]) {
			t.Errorf("%q: %s", l[0], why)
		}
	}
	if !strings.Contains(told, "a.timeline:2: frob\n") || !strings.Contains(told, "a.timeline:39: at 5m expect holds\n") {
		t.Errorf("the numbers of the lines: %s", told)
	}
}

func TestHead(t *testing.T) {
	for text, want := range map[string]string{
		"at 5m expect nothing\n":                                     "a.timeline: has no configuration, above a line of ---, and none is given",
		"# none\n---\nat 5m expect nothing\n":                        "a.timeline: has no configuration, above a line of ---, and none is given",
		"rules:\n  - {name: A, exp: up}\n---\n":                      "a.timeline has 2 problems\na.timeline:2: rules[0].exp: unknown key\na.timeline:2: rules[0].expr: is missing",
		"contacts: [{name: a}]\nrule_files: [\"[\"]\n---\n":          "a.timeline has 1 problem\na.timeline:2: rule_files: \"[\": syntax error in pattern",
		"---\ncontacts: [{name: a, email: {to: [a@b.c]}}]\n---\n":    "a.timeline has 2 problems\na.timeline:2: contacts[0].email.from: ",
		"listen: {http: ':1'}\n---\nat 5m expect nothing\n":          "a.timeline has 1 problem\na.timeline:1: listen: unknown key",
		"contacts: [{name: a, fallback: b}]\n---\nevery nothing\n":   "a.timeline has 1 problem\na.timeline:1: contacts[0].fallback: there is no other contact \"b\"",
		"# good\ncontacts: [{name: a}]\n---\n\nat 5m expect a 1 b\n": "a.timeline:5: at 5m expect a 1 b\n  ",
	} {
		_, err := Parse("a.timeline", []byte(text), nil)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWords(t *testing.T) {
	got, err := words(`set up{a="b c", d="}"} "disk full"  x="a b" "a\"b"`)
	want := []string{"set", `up{a="b c", d="}"}`, "disk full", `x="a b"`, `a"b`}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.timeline")
	if err != nil || len(files) == 0 {
		f.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		f.Add(string(read(f, file)))
	}
	given := alerting.Default()
	f.Fuzz(func(t *testing.T, text string) {
		story, err := Parse("a.timeline", []byte(text), &given)
		if err != nil {
			return
		}
		for i, e := range story.events {
			if e.do == nil || i > 0 && e.at < story.events[i-1].at {
				t.Errorf("line %d: %q at %v", e.number, e.text, e.at)
			}
		}
	})
}
