package dashboard

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// hosts answers with as many series.
func hosts(n int) func(context.Context, metric.Query) (metric.Result, error) {
	return func(_ context.Context, q metric.Query) (metric.Result, error) {
		res := metric.Result{Type: metric.Matrix}
		for i := range n {
			s := metric.Series{Labels: labels.FromStrings("__name__", "lag_seconds", "host", fmt.Sprintf("<web%d>", i), "role", "web")}
			for at := q.Start; !at.After(q.End); at = at.Add(q.Step) {
				s.Points = append(s.Points, metric.Point{At: at.UnixMilli(), Value: float64(i)})
			}
			res.Series = append(res.Series, s)
		}
		return res, nil
	}
}

func drawsHosts(t *testing.T, n int) (*Server, *fakeQuerier) {
	cfg := testConfig()
	past := &fakeQuerier{answer: hosts(n)}
	cfg.History = past
	return newServer(t, cfg), past
}

func TestPictureOfExpressions(t *testing.T) {
	s, past := drawsHosts(t, 3)
	w := get(s, "/render?expr=lag_seconds&start=1700000000&end=1700003600&threshold=1.5&title=Lag+%26+more&theme=dark")
	if w.Code != 200 || w.Header().Get("Content-Type") != "image/svg+xml" || w.Header().Get("Cache-Control") != "private, max-age=30" {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	for _, want := range []string{"Lag &amp; more", "&lt;web0&gt;", "1.5\u00a0s", "#101316"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q is not in %s", want, w.Body)
		}
	}
	q := past.asked(true)[0]
	if q.Expr != "lag_seconds" || q.Step != 20*time.Second || q.End.Unix() != 1700003600 {
		t.Errorf("asked %+v", q)
	}
	if again := get(s, "/render?expr=lag_seconds&start=1700000000&end=1700003600&threshold=1.5&title=Lag+%26+more&theme=dark"); again.Body.String() != w.Body.String() {
		t.Error("the same question gives another picture")
	}
	w = get(s, "/render?expr=lag_seconds&expr=lag_seconds&range=1h&format=png&width=300&height=120")
	img, err := png.Decode(bytes.NewReader(w.Body.Bytes()))
	if err != nil || img.Bounds().Dx() != 300 || img.Bounds().Dy() != 120 || w.Header().Get("Content-Type") != "image/png" {
		t.Errorf("%d %v, %v", w.Code, w.Header(), err)
	}
}

func TestPictureTellsWhatIsLeftOut(t *testing.T) {
	s, _ := drawsHosts(t, 50)
	if w := get(s, "/render?expr=lag_seconds"); !strings.Contains(w.Body.String(), "30 of 50 series are left out") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestPictureOfSomeSeries(t *testing.T) {
	s, _ := drawsHosts(t, 3)
	end := time.Unix(1700003600, 0)
	c, err := PictureRequest{
		Exprs: []string{"lag_seconds > 1"}, Start: end.Add(-time.Hour), End: end, Width: 600,
		Of: map[string]string{"host": "<web1>", "alertname": "Lag", "severity": "critical"},
	}.chart(t.Context(), s.cfg.History)
	if err != nil || len(c.Series) != 1 || c.Series[0].Name != `lag_seconds{host="<web1>", role="web"}` {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestPictureRefuses(t *testing.T) {
	s, past := drawsHosts(t, 1)
	for query, want := range map[string]string{
		"":                                 `0 expressions; want 1 to 8`,
		strings.Repeat("expr=up&", 9):      `9 expressions`,
		"expr=up&width=100000":             `100000 is not from 160 to 2000`,
		"expr=up&height=x":                 `"height`,
		"expr=up&format=pdf":               `\"pdf\" is none of [svg png]`,
		"expr=up&theme=pink":               `"theme`,
		"expr=up&unit=mm":                  `"unit`,
		"expr=up&range=0":                  `"range`,
		"expr=up&range=100y":               `"range`,
		"expr=up&start=0":                  `"start`,
		"expr=up&start=200&end=100":        `"start`,
		"expr=up&threshold=NaN":            `\"NaN\" is no finite number`,
		"expr=up&title=" + longTitle():     `201 bytes`,
		"expr=up&end=100000000000000000":   `"end`,
		strings.Repeat("threshold=1&", 9):  `9 numbers`,
		"expr=up&range=1h&end=yesterday":   `"end`,
		"expr=up&start=-1e300&range=bogus": `"range`,
	} {
		w := get(s, "/render?"+query)
		if w.Code != 400 || !strings.Contains(w.Body.String(), strings.TrimPrefix(want, `"`)) {
			t.Errorf("%s: %d %s, want %s", query, w.Code, w.Body, want)
		}
	}
	if n := len(past.asked(true)); n != 0 {
		t.Errorf("%d questions were asked", n)
	}
}

// A picture of many days is heavy: it waits where other heavy queries do.
func TestPictureTakesItsPlace(t *testing.T) {
	s, past := drawsHosts(t, 1)
	var heavy, all int
	answer := past.answer
	past.answer = func(ctx context.Context, q metric.Query) (metric.Result, error) {
		heavy, all = len(s.places.heavy), len(s.places.all)
		return answer(ctx, q)
	}
	get(s, "/render?expr=lag_seconds&range=1h")
	if heavy != 0 || all != 1 {
		t.Errorf("an hour: %d heavy of %d", heavy, all)
	}
	get(s, "/render?expr=lag_seconds&range=30d")
	if heavy != 1 || all != 1 {
		t.Errorf("a month: %d heavy of %d", heavy, all)
	}
	if len(s.places.all)+len(s.places.heavy) != 0 {
		t.Error("a place was not given back")
	}
}

func TestUnitOf(t *testing.T) {
	for expr, want := range map[string]string{
		"node_memory_MemFree_bytes":                                 "B",
		"rate(node_network_receive_bytes_total[1m])":                "B/s",
		"sum by (host) (rate(requests_total[1m])) > 5":              "/s",
		"rate(node_cpu_seconds_total[1m])":                          "",
		`100 * sum(rate(node_cpu_seconds_total{mode!="idle"}[1m]))`: "%",
		"histogram_quantile(0.9, rate(lag_seconds_bucket[1m]))":     "",
		"a_bytes / b_bytes":                                         "",
		"a_bytes - b_bytes":                                         "B",
		"avg_over_time(lag_seconds[5m])":                            "s",
		"count(lag_seconds)":                                        "",
		"disk_used_percent > 90":                                    "%",
		"up ==":                                                     "",
		`max({__name__="lag_seconds"})`:                             "s",
		"time() - node_boot_time_seconds":                           "s",
	} {
		if got := unitOf(expr); got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

func FuzzPictureParams(f *testing.F) {
	for _, seed := range []string{
		"expr=up&range=6h", "expr=up&start=1&end=2&width=300&height=200&format=png&theme=dark", "expr=a&expr=b&threshold=1e308&threshold=-5",
		"expr=up&range=1e300", "expr=up&end=292277025-08-18T07:12:54.999999999Z&range=10y", "expr=%00&title=%ff",
	} {
		f.Add(seed)
	}
	now := time.Unix(1700000000, 0)
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		req, err := params{values, now}.pictureRequest()
		if err != nil {
			return
		}
		span := req.End.Sub(req.Start)
		if points := span / req.step(); points > 2000 || span < time.Second || len(req.Exprs) == 0 {
			t.Fatalf("%q: %d points over %v of %d expressions", text, points, span, len(req.Exprs))
		}
		c, err := req.chart(t.Context(), &fakeQuerier{answer: hosts(2)})
		if err != nil {
			t.Fatal(err)
		}
		svg, err := c.SVG()
		if err != nil || bytes.Contains(svg, []byte("NaN")) && !strings.Contains(text, "NaN") {
			t.Fatalf("%q: %v\n%s", text, err, svg)
		}
		if diff := cmp.Diff(req.Width, c.Width); diff != "" {
			t.Error(diff)
		}
	})
}
