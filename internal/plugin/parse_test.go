package plugin

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for output, want := range map[string]struct {
		Output
		err string
	}{
		"OK":                                   {Output: Output{Text: "OK"}},
		"":                                     {},
		"DISK OK | /=3MB;1;2;0;9":              {Output: Output{"DISK OK", []Perf{{"/", "MB", 3}}}},
		"a|x=1s y=2%\nlong\nmore|z=3c\nlast=4": {Output: Output{"a", []Perf{{"x", "s", 1}, {"y", "%", 2}, {"z", "c", 3}, {"last", "", 4}}}},
		"a|'two words'=1;;; 'it''s'=-2.5ms":    {Output: Output{"a", []Perf{{"two words", "", 1}, {"it's", "ms", -2.5}}}},
		"a|x=U y=1e3":                          {Output: Output{"a", []Perf{{"y", "", 1000}}}},
		"a|'b=c'=5":                            {Output: Output{"a", []Perf{{"b=c", "", 5}}}},
		"a|x=1,5s y=2":                         {Output: Output{"a", []Perf{{"y", "", 2}}}, err: `"x=1,5s" is no perfdata`},
		"a|junk =3 'open=4":                    {Output: Output{Text: "a"}, err: "\"junk\" is no perfdata\n\"=3\" is no perfdata\n\"'open=4\" is no perfdata"},
	} {
		got, err := Parse([]byte(output))
		if diff := cmp.Diff(want.Output, got); diff != "" {
			t.Errorf("%q: %s", output, diff)
		}
		if (err != nil || want.err != "") && fmt.Sprint(err) != want.err {
			t.Errorf("%q: %v", output, err)
		}
	}
}

func TestSeries(t *testing.T) {
	for p, want := range map[Perf]string{
		{"a", "us", 5e6}:    "nagios_perfdata_seconds gauge 5 [label a]",
		{"b", "KB", 2}:      "nagios_perfdata_bytes gauge 2048 [label b]",
		{"c", "c", 7}:       "nagios_perfdata_total counter 7 [label c]",
		{"d", "widgets", 8}: "nagios_perfdata gauge 8 [label d unit widgets]",
		{"e", "", 9}:        "nagios_perfdata gauge 9 [label e]",
	} {
		name, kind, value, pairs := p.Series()
		if got := fmt.Sprint(name, " ", kind, " ", value, " ", pairs); got != want {
			t.Errorf("%+v: %s", p, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("DISK OK|/=3MB;1;2;0;9 'a b'=1\nlong|more=2%")
	f.Fuzz(func(t *testing.T, output string) {
		out, _ := Parse([]byte(output))
		for _, p := range out.Perf {
			if p.Label == "" || len(p.Label) > maxLabel || p.Value != p.Value {
				t.Errorf("%+v", p)
			}
		}
	})
}
