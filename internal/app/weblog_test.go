package app

import (
	"regexp"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// TestAccessLogGuide loads each example of the guide.
func TestAccessLogGuide(t *testing.T) {
	found := 0
	for _, b := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(readFile(t, "../../docs/access-logs.md"), -1) {
		found++
		if _, err := loadText(t, b[1]); err != nil {
			t.Errorf("%v\nin\n%s", err, b[1])
		}
	}
	if found < 3 {
		t.Errorf("only %d examples found", found)
	}
}

func TestWhatCountsAsImported(t *testing.T) {
	at := time.Now().Truncate(10 * time.Second)
	for name, c := range map[string]struct {
		labels map[string]string
		want   bool
	}{
		"imported":         {map[string]string{"host": "www", "method": "GET", "status": "200"}, true},
		"with an instance": {map[string]string{"instance": "web1", "method": "GET", "status": "200"}, true},
		"our own":          {map[string]string{"class": "/", "method": "GET", "code": "2xx", "instance": "web1", "job": "web"}, false},
		"an application's": {map[string]string{"method": "GET", "status": "200", "instance": "web1", "job": "shop"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := testApp(t, testConfig(t))
			defer ended(t, a)
			c.labels[metric.NameLabel] = "http_requests_total"
			one := metric.Sample{Labels: labels.FromMap(c.labels), Kind: metric.Counter, At: at.UnixMilli(), Value: 1}
			if err := a.store.Put(t.Context(), []metric.Sample{one}); err != nil {
				t.Fatal(err)
			}
			until, err := a.importedLogs(t.Context())
			if err != nil || until.Equal(at) != c.want {
				t.Errorf("imported until %v, %v", until, err)
			}
		})
	}
}
