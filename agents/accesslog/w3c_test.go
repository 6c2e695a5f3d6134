package accesslog

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const w3cLog = `#Software: Microsoft Internet Information Services 10.0
#Version: 1.0
#Date: 2026-11-21 13:24:46
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query c-ip cs(User-Agent) cs(Referer) cs-host sc-status sc-bytes time-taken
2026-11-21 13:24:46 192.0.2.1 GET /a q=1 198.51.100.7 Mozilla/5.0+(X11) - www.example.org 200 2326 15
2026-11-21 13:24:47 192.0.2.1 POST /b - 198.51.100.7 - http://r/ - 500 - -
#Software: Other 1
#Fields: time	date	cs-uri	time-taken	x-comment
13:24:48.5	2026-11-21	/c?d	0.25	"said ""no"" to it"`

func TestLogsThatTellTheirFields(t *testing.T) {
	lines := strings.Split(w3cLog, "\n")
	f := newFormat(t, "w3c")
	var got []string
	for _, line := range lines {
		var is bool
		if f, is = f.Heading(line); is {
			continue
		}
		var e Entry
		if err := f.Parse(line, &e); err != nil {
			t.Fatal(err)
		}
		got = append(got, e.forTest())
	}
	want := []string{
		`2026-11-21T13:24:46Z 198.51.100.7 www.example.org GET "/a"  200 2326 15ms - 192.0.2.1 "" "Mozilla/5.0 (X11)"`,
		`2026-11-21T13:24:47Z 198.51.100.7  POST "/b"  500 -1 - - 192.0.2.1 "http://r/" ""`,
		`2026-11-21T13:24:48.5Z    "/c"  0 -1 250ms -  "" ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if f.String() != "w3c:time date cs-uri time-taken x-comment" {
		t.Errorf("the format to go on with is %q", f)
	}
}

func TestDetectKnowsHeadings(t *testing.T) {
	f, err := Detect(strings.Split(w3cLog, "\n")[:6], nil)
	if err != nil || !strings.HasPrefix(f.String(), "iis:date time s-ip") {
		t.Errorf("%v, %v", f, err)
	}
	if f, err := Detect([]string{"#Version: 1.0", "# a comment"}, nil); err == nil {
		t.Errorf("headings without fields are %s", f)
	}
}

func TestBrokenExtendedLines(t *testing.T) {
	for name, c := range map[string]struct {
		spec, line string
		reason     Reason
	}{
		"no fields yet": {"w3c", "2026-11-21 13:24:46 GET", BadShape},
		"too few":       {"w3c:date time cs-method", "2026-11-21 13:24:46", BadShape},
		"too many":      {"w3c:date time", "2026-11-21 13:24:46 GET", BadShape},
		"open quote":    {"w3c:date time x", `2026-11-21 13:24:46 "a`, BadShape},
		"behind quote":  {"w3c:date x time", `2026-11-21 "a"b 13:24:46`, BadShape},
		"time":          {"w3c:date time", "2026-11-21 25:24:46", BadTime},
		"no time":       {"w3c:cs-method", "GET", BadTime},
		"status":        {"w3c:date time sc-status", "2026-11-21 13:24:46 OK", BadNumber},
		"duration":      {"iis:date time time-taken", "2026-11-21 13:24:46 soon", BadNumber},
	} {
		var e Entry
		err := newFormat(t, c.spec).Parse(c.line, &e)
		var p *ParseError
		if !errors.As(err, &p) || p.Reason != c.reason {
			t.Errorf("%s: got %v, want %q", name, err, c.reason)
		}
	}
}

func TestLabelsOfWhatClientsChoose(t *testing.T) {
	for s, want := range map[string]string{
		"WWW.Example.org:8080": "www.example.org", "": "", "[2001:DB8::1]:443": "[2001:db8::1]", "a b": Other, "x.": "x",
		strings.Repeat("a", 254): Other,
	} {
		if got := HostLabel(s); got != want {
			t.Errorf("host %q: %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"GET": "GET", "": None, "get": Other, "BREW": Other} {
		if got := MethodLabel(s); got != want {
			t.Errorf("method %q: %q, want %q", s, got, want)
		}
	}
}
