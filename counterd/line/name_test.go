package line

import "testing"

func TestMetricName(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		raw, want string
	}{
		{Counter, "page_view", "page_view_total"},
		{Counter, "views_total", "views_total"},
		{OK, "login", "login_total"},
		{Fail, "photo.login-page", "photo_login_page_total"},
		{Millis, "db-query", "db_query_seconds"},
		{Millis, "load_seconds", "load_seconds"},
		{Value, "size", "size"},
		{Gauge, "temp:rack", "temp:rack"},
		{Set, "zähler", "z_hler"},
		{Counter, "404", "_404_total"},
		{Gauge, "\xff", "_"},
		{Gauge, "", ""},
	} {
		if got := MetricName(c.kind, []byte(c.raw)); got != c.want {
			t.Errorf("%v %q: %s, want %s", c.kind, c.raw, got, c.want)
		}
	}
}

func TestLabels(t *testing.T) {
	for _, c := range []struct {
		kind       Kind
		tags, want string
	}{
		{Counter, "", `{__name__="x"}`},
		{OK, "", `{__name__="x", result="ok"}`},
		{Fail, "", `{__name__="x", result="fail"}`},
		{Gauge, "web, host:a ,,2nd:b:c", `{_2nd="b:c", __name__="x", host="a", web="true"}`},
		{Gauge, "a:b:c,my:col:on", `{__name__="x", a="b:c", my="col:on"}`},
		{Gauge, "k:1,k:", `{__name__="x"}`},
		{Gauge, "quantile:1", `{__name__="x", quantile="1"}`},
		{Millis, "quantile:1", "reserved label"},
		{Value, "quantile", "reserved label"},
		{Gauge, "__a:b", "reserved label"},
		{Gauge, "..a:b", "reserved label"},
		{Gauge, ":b", "bad tag"},
	} {
		set, r := Labels(c.kind, "x", []byte(c.tags))
		got := r.String()
		if r == Good {
			got = set.String()
		}
		if got != c.want {
			t.Errorf("%v %q: %s, want %s", c.kind, c.tags, got, c.want)
		}
	}
}
