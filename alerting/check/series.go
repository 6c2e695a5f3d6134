package check

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// Hosts says of which hosts the series are that a check looks at.
type Hosts struct {
	// Instance is the label of one host.
	Instance string `yaml:"instance"`
	// Matchers are PromQL's, such as job="node",role=~"web|cache", for any
	// number of hosts.
	Matchers string `yaml:"matchers"`
}

// validate reports what is wrong; one of both must be given.
func (h Hosts) validate(bad complaint) {
	switch {
	case h.Instance == "" && h.Matchers == "":
		bad("instance", "is missing, and so are matchers: which hosts?")
	case h.Instance != "" && h.Matchers != "":
		bad("matchers", "stand beside instance: one is enough")
	default:
		if _, err := h.matchers(); err != nil {
			bad("matchers", "%q: %v", h.Matchers, err)
		}
	}
}

func (h Hosts) given() bool { return h.Instance != "" || h.Matchers != "" }

// String is what people see.
func (h Hosts) String() string {
	if h.Instance != "" {
		return h.Instance
	}
	return "{" + h.Matchers + "}"
}

// selector returns PromQL's selector of a metric of these hosts, with more
// labels and their values in turn.
func (h Hosts) selector(name string, pairs ...string) string {
	var within []string
	for i := 0; i+1 < len(pairs); i += 2 {
		within = append(within, pairs[i]+"="+strconv.Quote(pairs[i+1]))
	}
	if h.Instance != "" {
		within = append(within, "instance="+strconv.Quote(h.Instance))
	} else {
		within = append(within, strings.Trim(h.Matchers, " ,"))
	}
	return name + "{" + strings.Join(within, ",") + "}"
}

func (h Hosts) matchers() ([]*labels.Matcher, error) {
	return query.NewParser().ParseMetricSelector(h.selector("up"))
}

// element is one of a vector.
type element struct {
	labels labels.Labels
	value  float64
}

// series asks an instant vector.
func (m Means) series(ctx context.Context, expr string) ([]element, error) {
	res, err := m.Querier.Query(ctx, metric.Query{Expr: expr, End: m.Clock()})
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", expr, err)
	}
	var all []element
	for _, s := range res.Series {
		if n := len(s.Points); n > 0 {
			all = append(all, element{s.Labels, s.Points[n-1].Value})
		}
	}
	return all, nil
}

// answer is a value of each host, by its label instance.
type answer map[string]float64

func (a answer) hosts() []string { return slices.Sorted(maps.Keys(a)) }

// ask asks an instant vector of one element for each host.
func (m Means) ask(ctx context.Context, expr string) (answer, error) {
	all, err := m.series(ctx, expr)
	a := answer{}
	for _, e := range all {
		a[e.labels.Get("instance")] = e.value
	}
	return a, err
}

// maxNamed bounds how many hosts are named in a summary.
const maxNamed = 5

// name writes the first few of many.
func name(hosts []string) string {
	if len(hosts) <= maxNamed {
		return strings.Join(hosts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(hosts[:maxNamed], ", "), len(hosts)-maxNamed)
}

// inPromQL writes a duration as PromQL does.
func inPromQL(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }

// seriesTimeout bounds the questions of one look.
const seriesTimeout = 10 * time.Second
