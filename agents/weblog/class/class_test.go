package class

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestDefaultClasses(t *testing.T) {
	r, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/":                      "/",
		"":                       None,
		"/photos/12345/edit":     "/photos/*/edit",
		"/p/12345?x=1":           "/p/*",
		"/a%20b/%31%32":          "/a b/*",
		"/%2531":                 "/%31", // once
		"/bad%zz":                "/bad%zz",
		"/app.3f2a9c1d.js":       "/app.*.js",
		"/2026-11-21/report.pdf": "/*/report.pdf",
		"/o/order-12345":         "/o/order-*",
		"/u/550e8400-e29b-41d4-a716-446655440000": "/u/*",
		"/facade/decade":                   "/facade/decade", // no digit among them
		"/" + strings.Repeat("x", 33):      "/*",
		"/1/2/3":                           "/*/*/*",
		"/a\x01\xff":                       "/a??",
		"/" + strings.Repeat("word/", 100): "/" + strings.Repeat("word/", 19) + "word…",
		"*":                                "*",
	} {
		if got, _ := r.Of("", path); got != want {
			t.Errorf("%q is of %q, want %q", path, got, want)
		}
	}
}

func TestRulesInTheirOrder(t *testing.T) {
	r, err := New([]Rule{
		{Prefix: "/static/", Class: "static"},
		{VHost: "api", Regexp: `^/v(\d+)/(?P<what>\w+)`, Class: "v$1 ${what}"},
		{Path: "/static/never", Class: "never"},
		{Path: "/login page", Class: "login"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{"", "/static/1", "static"},
		{"", "/static/never", "static"},
		{"api", "/v2/users/7", "v2 users"},
		{"www", "/v2/users/7", "/v2/users/*"},
		{"www", "/login%20page", "login"},
	} {
		if got, named := r.Of(c[0], c[1]); got != c[2] || named == strings.HasPrefix(got, "/") {
			t.Errorf("%s%s is of %q, want %q", c[0], c[1], got, c[2])
		}
	}
}

func TestAllThatIsWrongWithRules(t *testing.T) {
	_, err := New([]Rule{{Prefix: "/a", Path: "/a", Class: "a"}, {Path: "/"}, {Regexp: "(", Class: "x"}, {Class: "y"}})
	for _, want := range []string{"classes[0].path: give one", "classes[1].class: is missing", "classes[2].regexp:", "classes[3].path"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("/a/12345-abc/%41?q")
	r, err := New(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path string) {
		c, _ := r.Of("", path)
		if len(c) > MaxBytes+3 || !utf8.ValidString(c) {
			t.Errorf("%q is of %q", path, c)
		}
		if strings.ContainsAny(path, "%?") || cut(path) != path || path == "" {
			return
		}
		if again, _ := r.Of("", c); again != c {
			t.Errorf("%q is of %q, and that of %q", path, c, again)
		}
	})
}
