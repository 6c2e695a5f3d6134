package dashboard

import (
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

func lookupServer(t *testing.T) (*Server, *fakeQuerier) {
	t.Helper()
	history := &fakeQuerier{
		series: []labels.Labels{labels.FromStrings("__name__", "up", "job", "a"), labels.FromStrings("__name__", "up", "job", "b")},
		names:  []string{"job", "__name__"},
		values: map[string][]string{"job": {"b", "a"}},
	}
	cfg := testConfig()
	cfg.History = history
	cfg.Metadata = func() []metric.Meta {
		return []metric.Meta{
			{Name: "page_view_total", Type: "counter", Help: "Pages."},
			{Name: "db_seconds", Type: "summary", Unit: "seconds"},
			{Name: "db_seconds", Type: "summary", Unit: "seconds"},
		}
	}
	return newServer(t, cfg), history
}

func TestLookups(t *testing.T) {
	s, _ := lookupServer(t)
	for target, want := range map[string]string{
		"series?match[]=up":         `{"status":"success","data":[{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}]}`,
		"series?match[]=up&limit=1": `{"status":"success","data":[{"__name__":"up","job":"a"}],"warnings":["results truncated due to limit"]}`,
		"labels":                    `{"status":"success","data":["__name__","job"]}`,
		"labels?limit=1":            `{"status":"success","data":["__name__"],"warnings":["results truncated due to limit"]}`,
		"label/job/values":          `{"status":"success","data":["a","b"]}`,
		"label/none/values":         `{"status":"success","data":[]}`,
		"metadata":                  `{"status":"success","data":{"db_seconds":[{"type":"summary","help":"","unit":"seconds"}],"page_view_total":[{"type":"counter","help":"Pages.","unit":""}]}}`,
		"metadata?metric=none":      `{"status":"success","data":{}}`,
		"metadata?limit=1":          `{"status":"success","data":{"page_view_total":[{"type":"counter","help":"Pages.","unit":""}]}}`,
		"query_exemplars?query=x":   `{"status":"success","data":[]}`,
		"format_query?query=a%2Bb":  `{"status":"success","data":"a + b"}`,
	} {
		t.Run(target, func(t *testing.T) {
			w := get(s, "/api/v1/"+target)
			if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != 200 {
				t.Errorf("status %d, -want +got:\n%s", w.Code, diff)
			}
		})
	}
}

func TestSelectionReachesTheQuerier(t *testing.T) {
	s, history := lookupServer(t)
	form := url.Values{"match[]": {`up{job="a"}`, "down"}, "start": {"100"}, "end": {"200"}, "limit": {"7"}}
	if w := post(s, "/api/v1/series", form); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	sel := history.picked[0]
	if len(sel.Sets) != 2 || len(sel.Sets[0]) != 2 || sel.Limit != 8 ||
		!sel.Start.Equal(time.Unix(100, 0)) || !sel.End.Equal(time.Unix(200, 0)) {
		t.Errorf("%+v", sel)
	}
}

// Clients of Prometheus send these for "all time".
func TestAllTimeIsUnderstood(t *testing.T) {
	s, history := lookupServer(t)
	form := url.Values{"match[]": {"up"}, "start": {minTime}, "end": {maxTime}}
	if w := post(s, "/api/v1/series", form); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if sel := history.picked[0]; sel.Start.Year() > 0 || sel.End.Year() != 9999 {
		t.Errorf("%v to %v", sel.Start, sel.End)
	}
}
