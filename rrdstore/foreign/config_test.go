package foreign_test

import (
	"strings"
	"testing"
	"time"

	"plimsoll/rrdstore/foreign"
)

func TestValidateSaysWhatIsWrongAndWhere(t *testing.T) {
	for _, c := range []struct {
		tree foreign.Tree
		want string // "" for nothing
	}{
		{foreign.Tree{Preset: "ganglia"}, ""},
		{foreign.Tree{Preset: "collectd", Root: "/srv/rrd"}, ""},
		{foreign.Tree{Preset: "cacti", Path: "/srv/{host_id}/{id}.rrd", Labels: map[string]string{"host": "{host_id}"}}, ""},
		{foreign.Tree{Path: "/srv/{a:x{2,3}}[-{b}].rrd", Name: "x_{a}_{ds}"}, ""},
		{foreign.Tree{Path: "/srv/a.rrd", Name: "x"}, ""},
		{foreign.Tree{Preset: "munin"}, `import[0].preset: "munin" is none of ganglia, collectd, cacti, librenms`},
		{foreign.Tree{Path: "rrd/{x}.rrd", Name: "x"}, `import[0].path: "rrd/{x}.rrd" does not begin with /`},
		{foreign.Tree{Path: "/a/{x", Name: "x"}, `import[0].path: "{x": { without }`},
		{foreign.Tree{Path: "/a/x}", Name: "x"}, `import[0].path: "x}": } without {`},
		{foreign.Tree{Path: "/a/{x}/{x}", Name: "x"}, `import[0].path: {x} is there twice, or reserved`},
		{foreign.Tree{Path: "/a/{ds}", Name: "x"}, `import[0].path: {ds} is there twice, or reserved`},
		{foreign.Tree{Path: "/a/{a-b}", Name: "x"}, `import[0].path: "{a-b}": {a-b} is not a placeholder`},
		{foreign.Tree{Path: "/a/{x:(}", Name: "x"}, `import[0].path: "{x:(}": error parsing regexp`},
		{foreign.Tree{Path: "/a/[x", Name: "x"}, `import[0].path: "[x": error parsing regexp`},
		{foreign.Tree{Path: "/a/{x}"}, `import[0].name: is empty`},
		{foreign.Tree{Path: "/a/{x}", Name: "{y}"}, `import[0].name: {y} is none of the path's placeholders [x ds]`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", Labels: map[string]string{"a-b": "c"}}, `import[0].labels: "a-b" is not a label's name`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", Labels: map[string]string{"__name__": "c"}}, `import[0].labels: "__name__" is not a label's name`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", Labels: map[string]string{"a": "{z}"}}, `import[0].labels.a: {z} is none of`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", Exclude: "("}, `import[0].exclude: error parsing regexp`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", Root: "/b"}, `import[0].root: is for a preset without a path of its own`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", MaxFiles: -1}, `import[0].max_files: -1 is negative`},
		{foreign.Tree{Path: "/a/{x}", Name: "x", DS: []string{""}}, `import[0].ds: has an empty name`},
	} {
		err := foreign.Validate("import", []foreign.Tree{c.tree})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", c.tree, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v, want %s", c.tree, err, c.want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	for _, s := range []string{"/a/{b}[-{c}]/{d:x+}.rrd", "/{", "/[", "/]", "/}{", "/{a:{}}", "/{a:)(}", "/\xff{x}"} {
		f.Add(s, "{x}_{ds}")
	}
	f.Fuzz(func(t *testing.T, path, name string) {
		tree := foreign.Tree{Path: path, Name: name, Labels: map[string]string{"l": name}}
		if foreign.Validate("import", []foreign.Tree{tree}) != nil {
			return
		}
		if _, err := foreign.New(foreign.Config{Trees: []foreign.Tree{tree}, Refresh: time.Minute, Now: time.Now}); err != nil {
			t.Errorf("valid, and yet: %v", err)
		}
	})
}
