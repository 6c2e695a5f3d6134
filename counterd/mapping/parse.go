package mapping

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/prometheus/statsd_exporter/pkg/mapper"
	"github.com/prometheus/statsd_exporter/pkg/mapper/fsm"
	"go.yaml.in/yaml/v2"
)

// maxRules bounds the rules of a file, and with them the time of a new name.
const maxRules = 5000

// maxScale bounds scale, so that no value leaves what a sketch can hold.
const maxScale = 1e15

// config is the file, in the library's own types.
type config struct {
	Defaults mapper.MapperConfigDefaults `yaml:"defaults"`
	Mappings []mapper.MetricMapping      `yaml:"mappings"`
}

// Load reads the rules of the file at path. Its errors name the file and the
// line.
func Load(path string) (*Mapper, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read mapping rules: %w", err)
	}
	m, err := Parse(b)
	if err != nil {
		return nil, fmt.Errorf("mapping rules %s: %w", path, err)
	}
	return m, nil
}

// Parse reads rules. An empty file has none.
func Parse(text []byte) (*Mapper, error) {
	var c config
	if err := yaml.UnmarshalStrict(text, &c); err != nil {
		return nil, err
	}
	if len(c.Mappings) > maxRules {
		return nil, fmt.Errorf("%d mappings, more than %d", len(c.Mappings), maxRules)
	}
	m := &Mapper{ignored: ignored(c)}
	where := lines(text, len(c.Mappings))
	for i := range c.Mappings {
		r, err := compile(c.Defaults, &c.Mappings[i])
		if err != nil {
			return nil, fmt.Errorf("%smapping %d, match %q: %w", where(i), i+1, c.Mappings[i].Match, err)
		}
		m.rules = append(m.rules, r)
	}
	m.order(c)
	return m, nil
}

// plainRule is what of a rule the library must see.
type plainRule struct {
	Match           string            `yaml:"match"`
	Name            string            `yaml:"name"`
	Labels          map[string]string `yaml:"labels,omitempty"`
	MatchType       string            `yaml:"match_type"`
	MatchMetricType string            `yaml:"match_metric_type,omitempty"`
}

// compile gives one rule a mapper of its own, and sets its match_type.
func compile(d mapper.MapperConfigDefaults, in *mapper.MetricMapping) (rule, error) {
	in.MatchType = cmp.Or(in.MatchType, d.MatchType, mapper.MatchTypeGlob)
	r := rule{mapper: &mapper.MetricMapper{}, drop: in.Action == mapper.ActionTypeDrop, honor: in.HonorLabels, scale: 1}
	if in.Scale.Set {
		r.scale = in.Scale.Val
	}
	if err := check(in, r.scale); err != nil {
		return rule{}, err
	}
	text, err := yaml.Marshal(map[string][]plainRule{"mappings": {{
		Match: in.Match, Name: in.Name, Labels: in.Labels,
		MatchType: string(in.MatchType), MatchMetricType: string(in.MatchMetricType),
	}}})
	if err != nil {
		return rule{}, err
	}
	return r, r.mapper.InitFromYAMLString(string(text))
}

// check refuses what the library lets pass and the store would not.
func check(in *mapper.MetricMapping, scale float64) error {
	if in.Name == "" {
		return fmt.Errorf("no name")
	}
	if math.IsNaN(scale) || math.Abs(scale) > maxScale {
		return fmt.Errorf("scale %v is not between -%g and %g", scale, float64(maxScale), float64(maxScale))
	}
	if scale < 0 && in.MatchMetricType != mapper.MetricTypeGauge {
		return fmt.Errorf("scale %v is negative: only with match_metric_type gauge", scale)
	}
	for key := range in.Labels {
		if strings.HasPrefix(key, "__") {
			return fmt.Errorf("label %q is reserved", key)
		}
		if t := in.MatchMetricType; key == "quantile" && t != mapper.MetricTypeCounter && t != mapper.MetricTypeGauge {
			return fmt.Errorf("label %q is reserved for timings: set match_metric_type to counter or gauge", key)
		}
	}
	return nil
}

// order builds what finds the rule of a name. Short globs go in first: the
// library forgets one that ends where a longer one before it goes on. Globs of
// different lengths never match the same name, so their order is free.
func (m *Mapper) order(c config) {
	m.globs = fsm.NewFSM([]string{string(mapper.MetricTypeCounter), string(mapper.MetricTypeGauge), string(mapper.MetricTypeObserver)},
		0, c.Defaults.GlobDisableOrdering)
	m.globs.BacktrackingNeeded = true // what the library derives overlooks rules that match
	var globs []int
	for i, r := range c.Mappings {
		if r.MatchType == mapper.MatchTypeRegex {
			m.regexes = append(m.regexes, i)
		} else {
			globs = append(globs, i)
		}
	}
	slices.SortStableFunc(globs, func(a, b int) int {
		return strings.Count(c.Mappings[a].Match, ".") - strings.Count(c.Mappings[b].Match, ".")
	})
	for _, i := range globs {
		m.globs.AddState(c.Mappings[i].Match, string(c.Mappings[i].MatchMetricType), 0, i)
	}
}
