package rule

import (
	"fmt"
	"math"
	"strings"
	"text/template"
	"time"
)

// maxTextBytes bounds what a template may write.
const maxTextBytes = 4096

// A Template is the text of an annotation, with Prometheus' variables $labels
// and $value, or .Labels and .Value, and with $when, which is when something
// runs out, of rules that say that.
type Template struct{ t *template.Template }

type templateData struct {
	Labels map[string]string
	Value  float64
	When   string
}

// ParseTemplate parses text and executes it once with no labels, so that a
// misspelt field is found before there is trouble.
func ParseTemplate(text string) (*Template, error) {
	t, err := template.New("annotation").Option("missingkey=zero").Funcs(template.FuncMap{
		"humanize":           humanize,
		"humanizePercentage": func(v float64) string { return fmt.Sprintf("%.4g%%", v*100) },
		"humanizeDuration":   humanizeDuration,
	}).Parse("{{$labels := .Labels}}{{$value := .Value}}{{$when := .When}}" + text)
	if err != nil {
		return nil, err
	}
	parsed := &Template{t}
	if _, err := parsed.execute(templateData{}); err != nil {
		return nil, err
	}
	return parsed, nil
}

// Execute writes the text. An error of the template stands in the text itself:
// an alert is never lost for its wording.
func (t *Template) Execute(lbls map[string]string, value float64) string {
	return t.tell(templateData{Labels: lbls, Value: value})
}

func (t *Template) tell(d templateData) string {
	text, err := t.execute(d)
	if err != nil {
		return "error in template: " + err.Error()
	}
	return text
}

func (t *Template) execute(d templateData) (string, error) {
	var b boundedBuilder
	err := t.t.Execute(&b, d)
	return b.String(), err
}

// boundedBuilder refuses more than maxTextBytes, which ends the execution.
type boundedBuilder struct{ strings.Builder }

func (b *boundedBuilder) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxTextBytes {
		return 0, fmt.Errorf("text is longer than %d bytes", maxTextBytes)
	}
	return b.Builder.Write(p)
}

// humanize writes v with four digits and an SI prefix.
func humanize(v float64) string {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprintf("%.4g", v)
	}
	prefix := ""
	for _, p := range []string{"k", "M", "G", "T", "P", "E"} {
		if math.Abs(v) < 1000 {
			break
		}
		v /= 1000
		prefix = p
	}
	return fmt.Sprintf("%.4g%s", v, prefix)
}

func humanizeDuration(seconds float64) string {
	if math.IsNaN(seconds) || math.Abs(seconds) > math.MaxInt64/1e9 {
		return fmt.Sprintf("%.4gs", seconds)
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond).String()
}
