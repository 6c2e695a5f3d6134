package foreign

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Tree says where files are and what their series are called.
type Tree struct {
	// Preset fills what is left empty: ganglia, collectd, cacti, librenms. Root
	// is then where the tree begins, if not where the program has it by default.
	Preset string `yaml:"preset"`
	Root   string `yaml:"root"`

	Path    string            `yaml:"path"`    // pattern of the files, absolute
	Exclude string            `yaml:"exclude"` // regular expression: paths to leave out
	Name    string            `yaml:"name"`    // template
	Labels  map[string]string `yaml:"labels"`  // templates
	DS      []string          `yaml:"ds"`      // data sources to show; all if empty

	MaxFiles int `yaml:"max_files"` // 0: 100,000
}

const defaultMaxFiles = 100_000

// Config is what New needs.
type Config struct {
	Trees []Tree
	// Refresh is how often the trees are walked; Lookback that of instants.
	Refresh  time.Duration
	Lookback time.Duration

	Now        func() time.Time // measures how long a walk takes
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// presetOf returns what a preset fills in, with its path below a root.
func presetOf(name string) (t Tree, known bool) {
	switch name {
	case "ganglia": // gmetad: summaries of clusters would be counted as hosts
		return Tree{
			Root: "/var/lib/ganglia/rrds", Path: "{cluster}/{host}/{metric}.rrd", Exclude: "/__SummaryInfo__/",
			Name:   "ganglia_{metric}",
			Labels: map[string]string{"job": "ganglia", "cluster": "{cluster}", "instance": "{host}"},
		}, true
	case "collectd":
		return Tree{
			Root: "/var/lib/collectd/rrd",
			Path: "{host}/{plugin}[-{plugin_instance}]/{type}[-{type_instance}].rrd",
			Name: "collectd_{plugin}_{type}",
			Labels: map[string]string{
				"job": "collectd", "instance": "{host}",
				"plugin_instance": "{plugin_instance}", "type_instance": "{type_instance}",
			},
		}, true
	case "cacti":
		return Tree{
			Root: "/var/lib/cacti/rra", Path: "{host}_{source}_{id:[0-9]+}.rrd",
			Name:   "cacti_{ds}",
			Labels: map[string]string{"job": "cacti", "instance": "{host}", "source": "{source}", "id": "{id}"},
		}, true
	case "librenms":
		return Tree{
			Root: "/opt/librenms/rrd", Path: "{host}/{kind}[-{id}].rrd",
			Name:   "librenms_{kind}_{ds}",
			Labels: map[string]string{"job": "librenms", "instance": "{host}", "id": "{id}"},
		}, true
	}
	return Tree{}, false
}

// filled returns the tree with what its preset says.
func (t Tree) filled() Tree {
	if t.MaxFiles == 0 {
		t.MaxFiles = defaultMaxFiles
	}
	p, known := presetOf(t.Preset)
	if !known {
		return t
	}
	if t.Root == "" {
		t.Root = p.Root
	}
	if t.Path == "" {
		t.Path = filepath.Join(t.Root, p.Path)
		if t.Exclude == "" {
			t.Exclude = p.Exclude
		}
	}
	if t.Name == "" {
		t.Name = p.Name
	}
	if t.Labels == nil {
		t.Labels = p.Labels
	}
	return t
}

// Validate reports every setting of the trees that cannot work, each under the
// key of its item.
func Validate(key string, trees []Tree) error {
	var errs []error
	for i, t := range trees {
		for _, err := range t.validate() {
			errs = append(errs, fmt.Errorf("%s[%d].%w", key, i, err))
		}
	}
	return errors.Join(errs...)
}

func (t Tree) validate() (errs []error) {
	if _, known := presetOf(t.Preset); !known && t.Preset != "" {
		return []error{fmt.Errorf("preset: %q is none of ganglia, collectd, cacti, librenms", t.Preset)}
	}
	if t.Root != "" && (t.Preset == "" || t.Path != "") {
		errs = append(errs, errors.New("root: is for a preset without a path of its own"))
	}
	if t.MaxFiles < 0 {
		errs = append(errs, fmt.Errorf("max_files: %d is negative", t.MaxFiles))
	}
	if slices.Contains(t.DS, "") {
		errs = append(errs, errors.New("ds: has an empty name"))
	}
	_, wrong := compile(t.filled())
	return append(errs, wrong...)
}
