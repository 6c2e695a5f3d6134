package rulefile

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v2"
)

// A TestFile is a file of unit tests, as promtool reads it.
type TestFile struct {
	RuleFiles          []string       `yaml:"rule_files"`
	EvaluationInterval model.Duration `yaml:"evaluation_interval"`
	GroupEvalOrder     []string       `yaml:"group_eval_order"`
	Tests              []testGroup    `yaml:"tests"`
	FuzzyCompare       bool           `yaml:"fuzzy_compare"`

	groups []Group // of RuleFiles, in the order of evaluation
}

type testGroup struct {
	Interval       model.Duration    `yaml:"interval"`
	InputSeries    []inputSeries     `yaml:"input_series"`
	AlertTests     []alertTest       `yaml:"alert_rule_test"`
	ExprTests      []exprTest        `yaml:"promql_expr_test"`
	ExternalLabels map[string]string `yaml:"external_labels"`
	ExternalURL    string            `yaml:"external_url"`
	Name           string            `yaml:"name"`
	StartTimestamp startTimestamp    `yaml:"start_timestamp"`
}

type inputSeries struct {
	Series string `yaml:"series"`
	Values string `yaml:"values"`
}

type alertTest struct {
	EvalTime  model.Duration  `yaml:"eval_time"`
	Alertname string          `yaml:"alertname"`
	ExpAlerts []expectedAlert `yaml:"exp_alerts"`
}

type expectedAlert struct {
	Labels      map[string]string `yaml:"exp_labels"`
	Annotations map[string]string `yaml:"exp_annotations"`
}

type exprTest struct {
	Expr       string           `yaml:"expr"`
	EvalTime   model.Duration   `yaml:"eval_time"`
	ExpSamples []expectedSample `yaml:"exp_samples"`
}

type expectedSample struct {
	Labels    string  `yaml:"labels"`
	Value     float64 `yaml:"value"`
	Histogram string  `yaml:"histogram"` // in the place of Value
}

// startTimestamp is an instant in RFC 3339 or in Unix seconds.
type startTimestamp struct{ time.Time }

// UnmarshalYAML implements yaml.Unmarshaler.
func (t *startTimestamp) UnmarshalYAML(unmarshal func(any) error) error {
	var s string
	if err := unmarshal(&s); err != nil {
		return err
	}
	if seconds, err := strconv.ParseFloat(s, 64); err == nil {
		whole, part := math.Modf(seconds)
		t.Time = time.Unix(int64(whole), int64(math.Round(part*1000))*int64(time.Millisecond)).UTC()
		return nil
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("start_timestamp: cannot parse %q to a valid timestamp", s)
	}
	t.Time = at
	return nil
}

// ReadTests reads a file of unit tests, and the rule files that it names, which
// are relative to its own directory.
func ReadTests(path string) (*TestFile, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	f := &TestFile{}
	if err := yaml.UnmarshalStrict(text, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if f.EvaluationInterval == 0 {
		f.EvaluationInterval = model.Duration(time.Minute)
	}
	groups, err := Load(filepath.Dir(path), f.RuleFiles)
	if err != nil {
		return nil, err
	}
	if f.groups, err = inOrder(groups, f.GroupEvalOrder); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var errs []error
	for i, t := range f.Tests {
		errs = append(errs, t.validate(path, i))
	}
	return f, errors.Join(errs...)
}

func (t testGroup) validate(path string, i int) error {
	for _, a := range t.AlertTests {
		if a.Alertname == "" {
			return fmt.Errorf("%s: %s: an item under alert_rule_test misses required attribute alertname at eval_time %v", path, t.title(i), a.EvalTime)
		}
	}
	return nil
}

func (t testGroup) title(i int) string {
	if t.Name != "" {
		return t.Name
	}
	return fmt.Sprintf("unnamed#%d", i)
}
