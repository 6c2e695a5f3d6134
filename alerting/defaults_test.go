package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"

	"plimsoll/alerting/rule"
	"plimsoll/alerting/state"
	"plimsoll/internal/metric"
	"plimsoll/internal/query"
)

// hosts are three machines as node_exporter describes them: full, half full, and
// empty; full has a read-only medium and a file system without inodes too.
func hosts() series {
	s := series{}
	fs := func(instance, mount string, avail, readonly float64) {
		s.add("node_filesystem_size_bytes", 100, "instance", instance, "mountpoint", mount)
		s.add("node_filesystem_avail_bytes", avail, "instance", instance, "mountpoint", mount)
		s.add("node_filesystem_readonly", readonly, "instance", instance, "mountpoint", mount)
	}
	fs("full", "/", 5, 0)
	fs("full", "/cdrom", 0, 1)
	fs("half", "/", 12, 0)
	fs("empty", "/", 90, 0)
	for mount, n := range map[string]float64{"/": 100, "/btrfs": 0} {
		s.add("node_filesystem_files", n, "instance", "full", "mountpoint", mount)
		s.add("node_filesystem_files_free", n*0.09, "instance", "full", "mountpoint", mount)
	}
	for instance, up := range map[string]float64{"full": 1, "half": 1, "empty": 0} {
		s.add("up", up, "instance", instance)
	}
	for instance, up := range map[string]float64{"cache": 1, "db": 0} { // asked by an agent
		s.add("up", up, "instance", instance)
		s.add("scrape_duration_seconds", 0.01, "instance", instance)
	}
	s.add("up", 0, "instance", "db2", "check", "disk") // by Nagios: the check tells of itself
	s.add("scrape_duration_seconds", 0.01, "instance", "db2", "check", "disk")
	for instance, full := range map[string]float64{"full": 1, "empty": 0} {
		s.add("plimsoll_rrdstore_disk_full", full, "instance", instance, "mountpoint", "/")
		s.add("plimsoll_alerting_contact_unreached", full, "instance", instance)
	}
	for instance, n := range map[string]float64{"full": 60, "half": 0} {
		s.add("plimsoll_collector_source_refused_samples_total", n, "instance", instance, "reason", "future")
	}
	for instance, avail := range map[string]float64{"full": 4, "half": 7} {
		s.add("node_memory_MemTotal_bytes", 100, "instance", instance)
		s.add("node_memory_MemAvailable_bytes", avail, "instance", instance)
	}
	return s
}

// series are constant values by name and labels, as a storage.Queryable.
type series map[*labels.Labels]float64

func (s series) add(name string, v float64, lbls ...string) {
	l := labels.FromStrings(append(lbls, "__name__", name)...)
	s[&l] = v
}

func (s series) Querier(_, maxt int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
		var found []storage.Series
		for l, v := range s {
			match := true
			for _, m := range ms {
				match = match && m.Matches(l.Get(m.Name))
			}
			if match {
				samples := []chunks.Sample{point{t: maxt, v: v}}
				if strings.HasSuffix(l.Get("__name__"), "_total") { // it began at zero
					samples = append([]chunks.Sample{point{t: maxt - 60_000}}, samples...)
				}
				found = append(found, storage.NewListSeries(*l, samples))
			}
		}
		return &seriesSet{left: found}
	}}, nil
}

type point struct {
	chunks.Sample
	t int64
	v float64
}

func (p point) T() int64                 { return p.t }
func (p point) ST() int64                { return 0 }
func (p point) F() float64               { return p.v }
func (p point) Type() chunkenc.ValueType { return chunkenc.ValFloat }

type seriesSet struct {
	storage.SeriesSet
	left []storage.Series
	at   storage.Series
}

func (s *seriesSet) Next() bool {
	if len(s.left) == 0 {
		return false
	}
	s.at, s.left = s.left[0], s.left[1:]
	return true
}

func (s *seriesSet) At() storage.Series                { return s.at }
func (s *seriesSet) Err() error                        { return nil }
func (s *seriesSet) Warnings() annotations.Annotations { return nil }

func TestDefaultRulesMeanWhatTheySay(t *testing.T) {
	q := query.New(hosts(), query.Default())
	at := time.Unix(60, 0)
	want := map[string]map[string]state.Verdict{
		"HostDown": {"full": state.Good, "half": state.Good, "empty": state.Bad, "gone": state.Missing},
		"ServiceDown": {
			"db":   state.Bad, // of cache, which is good and was not known, nothing is said
			"full": state.Missing, "half": state.Missing, "empty": state.Missing, "gone": state.Missing,
		},
		"FilesystemAlmostFull": {"full": state.Bad, "half": state.Held, "empty": state.Good, "gone": state.Missing},
		"InodesAlmostGone":     {"full": state.Bad, "half": state.Missing, "empty": state.Missing, "gone": state.Missing},
		"MemoryAlmostGone":     {"full": state.Bad, "half": state.Held, "empty": state.Missing, "gone": state.Missing},
		"ContactUnreached":     {"full": state.Bad, "half": state.Missing, "empty": state.Good, "gone": state.Missing},
		"SourceOverLimits":     {"full": state.Bad, "half": state.Good, "empty": state.Missing, "gone": state.Missing},
		"DataDiskFull":         {"full": state.Bad, "half": state.Missing, "empty": state.Good, "gone": state.Missing},
	}
	got := map[string]map[string]state.Verdict{}
	for _, c := range DefaultRules() {
		if want[c.Name] != nil {
			got[c.Name] = verdicts(t, c, q, at)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoisyDefaultRulesBeginAsInfo(t *testing.T) {
	c := Config{DefaultRules: true, noisy: map[string]bool{"FilesystemAlmostFull": true}}.withDefaults()
	for _, r := range c.Rules {
		switch r.Name {
		case "FilesystemAlmostFull":
			if r.Severity != metric.Info || r.Level.Above.Critical != nil {
				t.Errorf("%s is %s", r.Name, r.Severity)
			}
		case "HostDown":
			if r.Severity != metric.Critical {
				t.Errorf("%s is %s", r.Name, r.Severity)
			}
		}
	}
}

// verdicts looks at every host, each taken to have been bad before.
func verdicts(t *testing.T, c rule.Config, q metric.Querier, at time.Time) map[string]state.Verdict {
	t.Helper()
	r, err := rule.New(c.WithDefaults())
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]string{}
	for _, instance := range []string{"full", "half", "empty", "gone"} {
		lbls := map[string]string{"instance": instance}
		if c.Class == metric.Resource && c.Name != "MemoryAlmostGone" {
			lbls["mountpoint"] = "/"
		}
		if c.Name == "SourceOverLimits" {
			lbls["reason"] = "future"
		}
		known[labels.FromMap(lbls).String()] = lbls
	}
	found, err := r.Look(t.Context(), q, at, known)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]state.Verdict{}
	for _, s := range found {
		if _, twice := got[s.Labels["instance"]]; twice {
			t.Errorf("%s: a second verdict on %v", c.Name, s.Labels)
		}
		got[s.Labels["instance"]] = s.Verdict
	}
	return got
}
