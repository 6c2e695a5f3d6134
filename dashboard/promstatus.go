package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
)

// What Prometheus tells of itself, for clients that ask for it. Where it speaks of
// something that is not here, as of discovery, the answer is empty and not an error.

func (s *Server) runtimeInfo(context.Context, params, *http.Request) (answer, error) {
	return answer{data: encode(map[string]any{
		"startTime": s.started.UTC(), "serverTime": s.cfg.Now().UTC(),
		"reloadConfigSuccess": true, "lastConfigTime": s.started.UTC(),
		"goroutineCount": runtime.NumGoroutine(), "GOMAXPROCS": runtime.GOMAXPROCS(0),
		"storageRetention": "", "CWD": "", "GOGC": "", "GODEBUG": "", "GOMEMLIMIT": 0, "corruptionCount": 0,
	})}, nil
}

// flags are the limits, under the names of Prometheus' flags.
func (s *Server) flags(context.Context, params, *http.Request) (answer, error) {
	return answer{data: encode(map[string]string{
		"query.max-concurrency": strconv.Itoa(s.cfg.Limits.Queries),
		"query.timeout":         s.cfg.Limits.QueryTimeout.String(),
		"web.max-connections":   strconv.Itoa(s.cfg.Limits.Connections),
	})}, nil
}

// promConfig is no configuration of ours: that has secrets, and another form.
func (s *Server) promConfig(context.Context, params, *http.Request) (answer, error) {
	return answer{data: encode(map[string]string{"yaml": "global: {}\n"})}, nil
}

func (s *Server) alertmanagers(context.Context, params, *http.Request) (answer, error) {
	return answer{data: []byte(`{"activeAlertmanagers":[],"droppedAlertmanagers":[]}`)}, nil
}

// target is a host that reports, in the place of one that is scraped.
type target struct {
	DiscoveredLabels   map[string]string `json:"discoveredLabels"`
	Labels             map[string]string `json:"labels"`
	ScrapePool         string            `json:"scrapePool"`
	ScrapeURL          string            `json:"scrapeUrl"`
	GlobalURL          string            `json:"globalUrl"`
	LastError          string            `json:"lastError"`
	LastScrape         time.Time         `json:"lastScrape"`
	LastScrapeDuration float64           `json:"lastScrapeDuration"`
	Health             string            `json:"health"`
	ScrapeInterval     string            `json:"scrapeInterval"`
	ScrapeTimeout      string            `json:"scrapeTimeout"`
}

func (s *Server) targets(_ context.Context, p params, _ *http.Request) (answer, error) {
	active := []target{}
	for _, h := range s.cfg.Hosts() {
		if pool := p.Get("scrapePool"); p.Get("state") == "dropped" || pool != "" && pool != h.Job {
			continue
		}
		interval := fmt.Sprintf("%gs", h.IntervalSeconds)
		t := target{
			DiscoveredLabels: map[string]string{}, Labels: map[string]string{"instance": h.Instance, "job": h.Job},
			ScrapePool: h.Job, ScrapeURL: (&url.URL{Scheme: "push", Host: h.Instance}).String(),
			LastScrape: h.LastSeen, Health: "up", ScrapeInterval: interval, ScrapeTimeout: interval,
		}
		if !h.Up {
			t.Health, t.LastError = "down", "nothing came for three intervals"
		}
		t.GlobalURL = t.ScrapeURL
		active = append(active, t)
	}
	return answer{data: encode(map[string]any{"activeTargets": active, "droppedTargets": []target{}, "droppedTargetCounts": map[string]int{}})}, nil
}

// counted is a name and how often it is there.
type counted struct {
	Name  string `json:"name"`
	Value int    `json:"value"`
}

// top returns the n that are there most often.
func top(counts map[string]int, n int) []counted {
	all := make([]counted, 0, len(counts))
	for name, value := range counts {
		all = append(all, counted{name, value})
	}
	slices.SortFunc(all, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.Value, a.Value), cmp.Compare(a.Name, b.Name))
	})
	return all[:min(n, len(all))]
}

// cardinality answers what names and labels have the most series.
func (s *Server) cardinality(ctx context.Context, p params, _ *http.Request) (answer, error) {
	limit, err := p.count("limit", 10)
	if err != nil {
		return answer{}, badData(err)
	}
	from := p.now.Add(-time.Hour)
	series, err := s.cfg.History.Series(ctx, metric.Selection{Start: from, End: p.now})
	if err != nil {
		return answer{}, err
	}
	names, pairs := map[string]int{}, map[string]int{}
	for _, l := range series {
		names[l.Get(metric.NameLabel)]++
		l.Range(func(l labels.Label) { pairs[l.Name+"="+l.Value]++ })
	}
	values, sizes := map[string]int{}, map[string]int{}
	for pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		values[name]++
		sizes[name] += len(value)
	}
	return answer{data: encode(map[string]any{
		"headStats": map[string]any{
			"numSeries": len(series), "numLabelPairs": len(pairs), "chunkCount": 0,
			"minTime": from.UnixMilli(), "maxTime": p.now.UnixMilli(),
		},
		"seriesCountByMetricName": top(names, limit), "labelValueCountByLabelName": top(values, limit),
		"memoryInBytesByLabelName": top(sizes, limit), "seriesCountByLabelValuePair": top(pairs, limit),
	})}, nil
}
