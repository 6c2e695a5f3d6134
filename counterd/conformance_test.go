package counterd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plimsoll/internal/metric"
)

// conformance says for each datagram what goes out after one interval, or why
// nothing does. Counters and gauges show their value, timings count, sum and
// median.
var conformance = []struct {
	lines string
	want  string // "series value" or "series n=count sum=sum p50=median", by "; "
	bad   string // reasons, by "; "
}{
	// Flickr
	{lines: "page_view\n", want: `page_view_total 1`},
	{lines: "page_view", want: `page_view_total 1`},
	{lines: "page_view\r\n", want: `page_view_total 1`},
	{lines: "page_view \n page_view\n\n\n", want: `page_view_total 2`},
	{lines: "views_total", want: `views_total 1`},
	{lines: "photo.page-view", want: `photo_page_view_total 1`},
	{lines: "page view", want: `page_view_total 1`},
	{lines: "404", want: `_404_total 1`},
	{lines: "zähler", want: `z_hler_total 1`},
	{lines: "db-query:250", want: `db_query_seconds n=1 sum=0.25 p50=0.25`},
	{lines: "db-query:250.9", want: `db_query_seconds n=1 sum=0.2509 p50=0.2509`},
	{lines: "db-query: 250", want: `db_query_seconds n=1 sum=0.25 p50=0.25`},
	{lines: "db-query:1\ndb-query:2\ndb-query:6\n", want: `db_query_seconds n=3 sum=0.009 p50=0.002`},
	{lines: "load_seconds:20", want: `load_seconds n=1 sum=0.02 p50=0.02`},
	{lines: "ok_login:1\nok_login:1\nok_login:0\n", want: `login_total{result="fail"} 1; login_total{result="ok"} 2`},
	{lines: "ok_login:7", want: `login_total{result="ok"} 1`},
	{lines: "ok_login", want: `ok_login_total 1`},
	{lines: "db:abc", bad: "not a number"},
	{lines: "db:", bad: "no value"},
	{lines: "db:-3", bad: "negative value"},
	{lines: "db:1:2", bad: "not a number"},
	{lines: ":250", bad: "empty name"},
	{lines: "ok_:1", bad: "empty name"},
	// statsd: counters
	{lines: "hits:1|c", want: `hits_total 1`},
	{lines: "hits:3|c\nhits:4|c", want: `hits_total 7`},
	{lines: "hits:2.5|c", want: `hits_total 2.5`},
	{lines: "hits:1e3|c", want: `hits_total 1000`},
	{lines: "hits:0|c", want: `hits_total 0`},
	{lines: "hits: 5|c", want: `hits_total 5`},
	{lines: "hits:1|c|@0.1", want: `hits_total 10`},
	{lines: "hits:3|c|@0.1", want: `hits_total 30`},
	{lines: "hits:1|c|@1", want: `hits_total 1`},
	{lines: "hits:1|c|@0.5|#a:b", want: `hits_total{a="b"} 2`},
	{lines: "hits:1|c|#a:b|@0.5", want: `hits_total{a="b"} 2`},
	{lines: "hits\nhits:1|c", want: `hits_total 2`},
	{lines: "hits:1|c|@0", bad: "bad sample rate"},
	{lines: "hits:1|c|@-0.5", bad: "bad sample rate"},
	{lines: "hits:1|c|@1.5", bad: "bad sample rate"},
	{lines: "hits:1|c|@1e-12", bad: "bad sample rate"},
	{lines: "hits:1e17|c", bad: "value too large"},
	{lines: "temp:1e101|g", bad: "value too large"},
	{lines: "hits:1|c|@x", bad: "bad sample rate"},
	{lines: "hits:1|c|@nan", bad: "bad sample rate"},
	{lines: "hits:-1|c", bad: "negative value"},
	{lines: "hits:0x10|c", bad: "not a number"},
	{lines: "hits:1_0|c", bad: "not a number"},
	{lines: "hits:|c", bad: "no value"},
	{lines: "hits|c", bad: "no value"},
	{lines: "hits:1|", bad: "unknown type"},
	{lines: "hits:1|foo", bad: "unknown type"},
	{lines: "hits:1|C", bad: "unknown type"},
	{lines: "hits:1|c|", bad: "unknown part"},
	{lines: "hits:1|c|x", bad: "unknown part"},
	{lines: "hits:NaN|c", bad: "not finite"},
	{lines: "hits:-inf|c", bad: "not finite"},
	{lines: "hits:1e999|c", bad: "not finite"},
	{lines: "|c", bad: "no value"},
	// timings
	{lines: "upload:320|ms", want: `upload_seconds n=1 sum=0.32 p50=0.32`},
	{lines: "upload:320|h", want: `upload_seconds n=1 sum=0.32 p50=0.32`},
	{lines: "upload:320|ms|@0.1", want: `upload_seconds n=10 sum=3.2 p50=0.32`},
	{lines: "upload:1|ms|@0.1\nupload:9|ms", want: `upload_seconds n=11 sum=0.019 p50=0.001`},
	{lines: "upload:320|ms|#host:web3", want: `upload_seconds{host="web3"} n=1 sum=0.32 p50=0.32`},
	{lines: "size:512|d", want: `size n=1 sum=512 p50=512`},
	{lines: "delta:-2|d", want: `delta n=1 sum=-2 p50=-2`},
	{lines: "upload:-5|ms", bad: "negative value"},
	{lines: "upload:5|ms|#quantile:0.5", bad: "reserved label"},
	// gauges
	{lines: "temp:21.5|g", want: `temp 21.5`},
	{lines: "temp:5|g\ntemp:+2|g\ntemp:-4|g", want: `temp 3`},
	{lines: "temp:-10|g", want: `temp -10`},
	{lines: "temp:0|g\ntemp:-10|g", want: `temp -10`},
	{lines: "temp:=-5|g", want: `temp -5`},
	{lines: "temp:5|g\ntemp:=-5|g\ntemp:+1|g", want: `temp -4`},
	{lines: "temp:5|g|@0.1", want: `temp 5`},
	{lines: "temp:5:6:7|g", want: `temp 7`},
	{lines: "temp:=|g", bad: "no value"},
	{lines: "temp:+-5|g", bad: "not a number"},
	{lines: "temp:nan|g", bad: "not finite"},
	// sets
	{lines: "users:bob|s\nusers:eve|s\nusers:bob|s", want: `users 2`},
	{lines: "users:a:b|s", want: `users 1`},
	{lines: "users:|s", bad: "no value"},
	// several values
	{lines: "a:1|c:2|c", want: `a_total 3`},
	{lines: "a:1|c|@0.5:2|c", want: `a_total 4`},
	{lines: "a:1|c:2|ms", want: `a_seconds n=1 sum=0.002 p50=0.002; a_total 1`},
	{lines: "a:1:2:3|ms", want: `a_seconds n=3 sum=0.006 p50=0.002`},
	{lines: "a:1:2:3|ms|@0.5", want: `a_seconds n=6 sum=0.012 p50=0.002`},
	{lines: "a:1:2|c|#x:y", want: `a_total{x="y"} 3`},
	{lines: "a:1:x|c", bad: "not a number"},
	{lines: "a:1|c:2", bad: "no type"},
	{lines: "a:1|c:2|q", bad: "unknown type"},
	{lines: "a:1::2|c", bad: "no value"},
	// tags
	{lines: "a:1|c|#web,host:a", want: `a_total{host="a", web="true"} 1`},
	{lines: "a:1|c|#k2:2,k1:1\na:1|c|#k1:1,k2:2", want: `a_total{k1="1", k2="2"} 2`},
	{lines: "a:1|c|#url:http://x/?q=1", want: `a_total{url="http://x/?q=1"} 1`},
	{lines: "a:1|c|#my.tag-x:v w", want: `a_total{my_tag_x="v w"} 1`},
	{lines: "a:1|c|#k:1,k:2", want: `a_total{k="2"} 1`},
	{lines: "a:1|c|#k:", want: `a_total 1`},
	{lines: "a:1|c|#", want: `a_total 1`},
	{lines: "a:1|c|#a,,b", want: `a_total{a="true", b="true"} 1`},
	{lines: "a:1|c|#land:Österreich", want: `a_total{land="Österreich"} 1`},
	{lines: "a:1|c|#:v", bad: "bad tag"},
	{lines: "a:1|c|#__name__:v", bad: "reserved label"},
	{lines: "a:1|c|#a:b|#c:d", bad: "unknown part"},
	// DogStatsD's later versions
	{lines: "a:1|c|c:0123abc", want: `a_total 1`},
	{lines: "a:1|c|@0.5|#x:y|c:0123|e:it-false,cn-web|card:low", want: `a_total{x="y"} 2`},
	{lines: "a:1|c|T1656581400", bad: "timestamp too old"},
	{lines: "a:3|c|T1767355205\nb:7|g|T1767355207", want: `a_total 3; b 7`},
	{lines: "_e{6,18}:ab|| c|hello,\\nmy friend!", bad: "bad event"},
	{lines: "_sc|Redis connection|2|#env:dev|m:Redis connection timed out", bad: "bad service check"},
	// what must not pass
	{lines: "a\x00b", bad: "control character"},
	{lines: "a\tb:1|c", bad: "control character"},
	{lines: "a\x7f", bad: "control character"},
	{lines: "a\xff:1|c", bad: "invalid UTF-8"},
	{lines: strings.Repeat("x", 251), bad: "name too long"},
	{lines: "a:1|c|#" + strings.Repeat("x", 1001), bad: "tags too long"},
	{lines: "web.cpu.load 0.5 1700000000", bad: "graphite line, send it to the collector"},
	// collisions
	{lines: "a.b\na-b", want: `a_b_total 1`, bad: "name collision"},
	{lines: "a.b:1|c\na_b:1|c\na.b:1|c", want: `a_b_total 2`, bad: "name collision"},
	{lines: "x_total:1|g\nx:1|c", want: `x_total 1`, bad: "name collision"},
	{lines: "x_seconds:1|d\nx:1|ms", want: `x_seconds n=1 sum=1 p50=1`, bad: "name collision"},
	{lines: "x:1|ms\nx_seconds_max:1|g", want: `x_seconds n=1 sum=0.001 p50=0.001`, bad: "name collision"},
	{lines: "login\nok_login:1", want: `login_total 1`, bad: "name collision"},
	// good and bad in one datagram
	{lines: "a:1|c\nb:x|c\nc:1|c\n", want: `a_total 1; c_total 1`, bad: "not a number"},
}

func TestConformance(t *testing.T) {
	for _, c := range conformance {
		b := newBench(t, nil)
		b.lines(c.lines)
		var got []string
		for _, s := range b.tick(10) {
			got = append(got, show(s))
		}
		st := b.Stats()
		var bad []string
		sum := uint64(0)
		for r, n := range st.Bad {
			bad = append(bad, r)
			sum += n
		}
		if diff := cmp.Diff(c.want, sorted(got)); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", c.lines, diff)
		}
		if diff := cmp.Diff(c.bad, sorted(bad)); diff != "" {
			t.Errorf("%q: reasons (-want +got)\n%s", c.lines, diff)
		}
		if st.Lines != st.Parsed+sum || int(sum) != len(st.BadLines) {
			t.Errorf("%q: %d lines, %d parsed, %d bad, %d kept", c.lines, st.Lines, st.Parsed, sum, len(st.BadLines))
		}
	}
}

// show prints a sample as the table has it; sums to nine digits, since seconds
// are milliseconds divided.
func show(s metric.Sample) string {
	rest := ""
	if l := strings.TrimPrefix(s.Labels.String(), `{__name__="`+s.Name()+`"`); l != "}" {
		rest = "{" + strings.TrimPrefix(l, ", ")
	}
	name := s.Name() + rest
	if s.Kind == metric.Timing {
		return fmt.Sprintf("%s n=%.9g sum=%.9g p50=%.9g", name, s.Sketch.Count(), s.Sketch.Sum(), s.Sketch.Quantile(0.5))
	}
	return fmt.Sprintf("%s %v", name, s.Value)
}
