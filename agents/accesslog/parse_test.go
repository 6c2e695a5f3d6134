package accesslog

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const combinedLine = `192.0.2.1 - - [10/Oct/2026:13:55:36 +0200] "GET /a?b HTTP/1.1" 200 2326 "-" "curl/8"`

func TestFields(t *testing.T) {
	for name, c := range map[string]struct{ spec, line, want string }{
		"zone":             {"combined", combinedLine, `2026-10-10T11:55:36Z 192.0.2.1  GET "/a" HTTP/1.1 200 2326 - -  "" "curl/8"`},
		"carriage return":  {"combined", combinedLine + "\r", `2026-10-10T11:55:36Z 192.0.2.1  GET "/a" HTTP/1.1 200 2326 - -  "" "curl/8"`},
		"escaped quote":    {"apache:%t \"%r\" %>s", `[10/Oct/2026:13:55:36 +0200] "GET /\" 404 HTTP/1.1" 200`, `2026-10-10T11:55:36Z   GET "/\" 404" HTTP/1.1 200 -1 - -  "" ""`},
		"ipv6 vhost":       {"vhost_combined", `[2001:db8::1]:443 2001:db8::2 - - [10/Oct/2026:13:55:36 +0200] "-" 408 0 "-" "-"`, `2026-10-10T11:55:36Z 2001:db8::2 [2001:db8::1]  ""  408 0 - -  "" ""`},
		"absolute URL":     {"common", `::1 - - [10/Oct/2026:13:55:36 +0200] "GET http://www.example.org:8080?x HTTP/1.1" 200 -`, `2026-10-10T11:55:36Z ::1 www.example.org:8080 GET "/" HTTP/1.1 200 0 - -  "" ""`},
		"start and %D":     {"apache_timed", combinedLine + " 1500000", `2026-10-10T11:55:37.5Z 192.0.2.1  GET "/a" HTTP/1.1 200 2326 1.5s -  "" "curl/8"`},
		"end and %D":       {"apache:%{end:sec}t %D", `1790000000 1500000`, `2026-09-21T14:13:20Z    ""  0 -1 1.5s -  "" ""`},
		"%T tells little":  {"apache:%{msec}t %T", `1790000000250 7`, `2026-09-21T14:13:20.25Z    ""  0 -1 - -  "" ""`},
		"%{us}T":           {"apache:%{usec}t %{us}T", `1790000000250000 7`, `2026-09-21T14:13:20.250007Z    ""  0 -1 7µs -  "" ""`},
		"modifiers":        {"apache:%!200,304{Referer}i %<s %400,501{User-agent}i %{end:sec}t", `http://r/ 200 - 1790000000`, `2026-09-21T14:13:20Z    ""  200 -1 - -  "http://r/" ""`},
		"msec":             {"nginx:$msec $request_time ${status}!", "1790000000.001 0.250 499!", `2026-09-21T14:13:20.001Z    ""  499 -1 250ms -  "" ""`},
		"tries, redirect":  {"nginx:$msec $upstream_response_time $upstream_addr", "1790000000.001 0.1, - : 0.2 a, b : c", `2026-09-21T14:13:20.001Z    ""  0 -1 - 300ms a, b : c "" ""`},
		"path and args":    {"nginx:$msec $uri$is_args$args $status", "1790000000.001 /x?y=1 200", `2026-09-21T14:13:20.001Z    "/x"  200 -1 - -  "" ""`},
		"escape=none":      {`nginx:log_format x escape=none '$msec "$request" $status';`, `1790000000.001 "GET /\x41" HTTP/1.1" 200`, `2026-09-21T14:13:20.001Z   GET "/\\x41\"" HTTP/1.1 200 -1 - -  "" ""`},
		"squid with zeros": {"squid", `1795267486.104      0 192.0.2.9 TCP_DENIED/000 0 NONE error:no host - HIER_NONE/- -`, `2026-11-21T13:24:46.104Z 192.0.2.9  NONE ""  0 0 0s - NONE/- "" ""`},
		"logasap":          {"haproxy", `127.0.0.1:1 [21/Nov/2026:13:24:10.062] f b/s 1/2/3/4/+5 200 +77 - - ---- 1/1/0/0/0 0/0 "GET /#22 HTTP/1.1"`, `2026-11-21T13:24:10.062Z 127.0.0.1  GET "/\"" HTTP/1.1 200 77 - 4ms b/s "" ""`},
		"httpslog":         {"haproxy", `::1:1 [21/Nov/2026:13:24:10.062] f~ b/s 1/2/3/4/5 200 7 - - ---- 1/1/0/0/0 0/0 {a|b} "GET https://h/p HTTP/2.0" 0/0000000000000000/0/0/0 -/TLSv1.3/X`, `2026-11-21T13:24:10.067Z ::1 h GET "/p" HTTP/2.0 200 7 5ms 4ms b/s "" ""`},
		"json seconds":     {"json", `{"ts":1790000000.25,"status":"200","method":"GET","uri":"/u?v","duration_ms":1.5,"bytes":9,"host":"h"}`, `2026-09-21T14:13:20.25Z  h GET "/u"  200 9 1.5ms -  "" ""`},
		"json ms, \\x":     {"json", `{"time":1790000000250,"request":"GET /\x22 HTTP/1.1","duration":7,"user_agent":"\\x41","x":{"y":[1]}}`, `2026-09-21T14:13:20.25Z   GET "/\"" HTTP/1.1 0 -1 - -  "" "\\x41"`},
	} {
		t.Run(name, func(t *testing.T) {
			var e Entry
			if err := newFormat(t, c.spec).Parse(c.line, &e); err != nil {
				t.Fatal(err)
			}
			if got := e.forTest(); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBrokenLines(t *testing.T) {
	for name, c := range map[string]struct {
		spec, line string
		reason     Reason
		says       string
	}{
		"empty":             {"combined", "", BadShape, "%h"},
		"cut":               {"combined", combinedLine[:50], BadShape, "%r"},
		"two in one":        {"combined", combinedLine[:40] + combinedLine, BadShape, ""},
		"number behind":     {"combined", combinedLine + " 0.003", BadShape, ""},
		"status":            {"common", `::1 - - [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" abc -`, BadShape, "%s"},
		"month":             {"common", `::1 - - [10/Okt/2026:13:55:36 +0200] "GET / HTTP/1.1" 200 -`, BadTime, "Okt"},
		"year":              {"common", `::1 - - [10/Oct/0001:13:55:36 +0200] "GET / HTTP/1.1" 200 -`, BadTime, "0001"},
		"huge bytes":        {"common", `::1 - - [10/Oct/2026:13:55:36 +0200] "GET / HTTP/1.1" 200 99999999999999999999`, BadNumber, "%b"},
		"huge duration":     {"apache_timed", combinedLine + " 99999999999999999", BadNumber, "%D"},
		"squid words":       {"squid", "1 2 3", BadShape, "words"},
		"squid time":        {"squid", "x 2 3 a/200 5 GET / - a/b -", BadTime, "x"},
		"haproxy no date":   {"haproxy", "Proxy http-in started.", BadShape, "no ["},
		"haproxy times":     {"haproxy", `1:1 [21/Nov/2026:13:24:10.062] f b/s 1/2/3 200 7 - - ---- 1/1/0/0/0 0/0 "x"`, BadShape, "1/2/3"},
		"haproxy tcp log":   {"haproxy", `1:1 [21/Nov/2026:13:24:10.062] f b/s 1/2/3 200 -- 1/1/0/0/0 0/0`, BadShape, "words"},
		"json":              {"json", `{"time":`, BadJSON, "unexpected end"},
		"json array":        {"json", `[]`, BadJSON, ""},
		"json without time": {"json", `{"status":200}`, BadTime, "no time"},
		"json status":       {"json", `{"msec":1790000000,"status":"OK"}`, BadNumber, "OK"},
	} {
		t.Run(name, func(t *testing.T) {
			var e Entry
			err := newFormat(t, c.spec).Parse(c.line, &e)
			var p *ParseError
			if !errors.As(err, &p) {
				t.Fatalf("got %v and %s", err, e.forTest())
			}
			if p.Reason != c.reason || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q with %q", err, c.reason, c.says)
			}
		})
	}
}

func TestErrorsStayShort(t *testing.T) {
	var e Entry
	err := newFormat(t, "combined").Parse(strings.Repeat("x", 1<<20), &e)
	if err == nil || len(err.Error()) > 1000 {
		t.Errorf("got %d bytes", len(err.Error()))
	}
}

func TestBadDefinitions(t *testing.T) {
	for spec, says := range map[string]string{
		"combiend":                              "unknown",
		"nginx:$status":                         "no time",
		"nginx:$msec$status":                    "nothing between",
		"nginx:$msec $":                         "no variable",
		"nginx:log_format x '$msec":             "open",
		"nginx:log_format x $msec;":             "no quotes",
		"apache:%t %{x":                         "no directive",
		"apache:%{%A}t %s":                      "not understood",
		"apache:LogFormat combined":             "quoted",
		"nginx:" + strings.Repeat("$msec ", 65): "more than",
	} {
		if _, err := New(spec, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want %q", spec, err, says)
		}
	}
}

func TestZoneOfTimesWithoutOne(t *testing.T) {
	f, err := New("haproxy", time.FixedZone("", 3600))
	if err != nil {
		t.Fatal(err)
	}
	var e Entry
	if err := f.Parse(`::1:1 [21/Nov/2026:13:24:10.062] f b/s 0/0/0/0/0 200 7 - - ---- 1/1/0/0/0 0/0 "x"`, &e); err != nil || e.At.Hour() != 12 {
		t.Errorf("got %v, %v", e.At, err)
	}
}

// TestHostileLinesAreQuick holds the tries of a line that can be cut in very
// many ways to their bound.
func TestHostileLinesAreQuick(t *testing.T) {
	f := newFormat(t, `nginx:log_format x escape=none '$a $b $c $d $e $f $msec';`)
	line := strings.Repeat("a ", 30_000)
	var e Entry
	if err := f.Parse(line, &e); err == nil {
		t.Error("taken")
	}
}

func FuzzParse(f *testing.F) {
	specs := append(Names(),
		"nginx:$msec $uri$is_args$args $upstream_response_time $upstream_addr \"$request\" $status",
		"w3c:date time cs-method cs-uri sc-status sc-bytes time-taken",
		`apache:%{%F %T}t.%{usec_frac}t%{%z}t %v:%p "%r" %{ms}T %U%q`)
	var formats []*Format
	for _, spec := range specs {
		formats = append(formats, newFormat(f, spec))
	}
	for name := range captured {
		for _, line := range linesOf(f, "testdata/"+name+".log") {
			f.Add(line)
		}
	}
	f.Add("")
	f.Fuzz(func(t *testing.T, line string) {
		for _, format := range formats {
			var e Entry
			if err := format.Parse(line, &e); err != nil {
				continue
			}
			if e.Duration < 0 || e.Upstream < 0 || e.Bytes < -1 || e.Status < 0 || e.At.Year() < 1990 || e.At.Year() > 2500 {
				t.Errorf("%s: %q gives %s", format, line, e.forTest())
			}
		}
	})
}

func FuzzDefinition(f *testing.F) {
	f.Add("nginx:$msec $status")
	f.Add(`apache:LogFormat "%{%Y}t %400!{x}^ti \"%r\" %%" x`)
	f.Fuzz(func(t *testing.T, spec string) {
		format, err := New(spec, nil)
		if err != nil {
			return
		}
		var e Entry
		_ = format.Parse(combinedLine, &e)
	})
}

func BenchmarkCombined(b *testing.B) {
	f := newFormat(b, "combined")
	var e Entry
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Parse(combinedLine, &e); err != nil {
			b.Fatal(err)
		}
	}
}
