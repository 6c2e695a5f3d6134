package rule

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

	"plimsoll/internal/metric"
)

// maxTextBytes bounds what a template may write; the rest is cut off.
const maxTextBytes = 4096

// A Template is the text of an annotation or of a label, with the variables and
// functions that Prometheus has.
type Template struct{ name, variables, text string }

// Values are what a Template may speak of.
type Values struct {
	Labels map[string]string
	Value  float64
	// When is when something runs out, of rules that say that: $when.
	When     string
	At       time.Time
	External External
	// Query answers the function query.
	Query func(ctx context.Context, expr string, at time.Time) ([]metric.Series, error)
}

// External is what all rules of a service say of it.
type External struct {
	Labels map[string]string
	URL    string
}

var errNoQuery = errors.New("query is for rule files")

// ParseTemplate parses text and executes it once with no labels, so that a
// misspelt field is found before there is trouble.
func ParseTemplate(text string) (*Template, error) {
	t := &Template{"annotation", defined + "{{$when := .When}}", text}
	if _, err := t.expand(context.Background(), Values{}); err != nil {
		return nil, err
	}
	return t, nil
}

// Execute writes the text. An error of the template stands in the text itself:
// an alert is never lost for its wording.
func (t *Template) Execute(lbls map[string]string, value float64) string {
	return t.Expand(context.Background(), Values{Labels: lbls, Value: value})
}

// Expand is Execute with all that a text may speak of.
func (t *Template) Expand(ctx context.Context, v Values) string {
	text, err := t.expand(ctx, v)
	if err != nil {
		text = fmt.Sprintf("<error expanding template: %s>", err)
	}
	if len(text) > maxTextBytes {
		text = strings.ToValidUTF8(text[:maxTextBytes], "") + "…"
	}
	return text
}

// defined are the variables that Prometheus gives to each text.
const defined = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"

// spoken is what a text sees of Values, under Prometheus' names.
type spoken struct {
	Labels, ExternalLabels map[string]string
	ExternalURL            string
	Value                  float64
	When                   string
}

func (t *Template) expand(ctx context.Context, v Values) (string, error) {
	if !strings.Contains(t.text, "{{") {
		return t.text, nil
	}
	link, err := url.Parse(v.External.URL)
	if err != nil {
		return "", err
	}
	data := spoken{v.Labels, v.External.Labels, v.External.URL, v.Value, v.When}
	return template.NewTemplateExpander(ctx, t.variables+t.text, t.name, data, model.TimeFromUnixNano(v.At.UnixNano()), v.vector, link, nil).Expand()
}

// vector is the answer to an expression in a text.
func (v Values) vector(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	if v.Query == nil {
		return nil, errNoQuery
	}
	series, err := v.Query(ctx, expr, at)
	if err != nil {
		return nil, err
	}
	out := make(promql.Vector, 0, len(series))
	for _, s := range series {
		last := s.Points[len(s.Points)-1]
		out = append(out, promql.Sample{Metric: s.Labels, T: last.At, F: last.Value})
	}
	return out, nil
}
