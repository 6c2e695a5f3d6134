package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/util/junitxml"

	"plimsoll/alerting"
	"plimsoll/alerting/rulefile"
	"plimsoll/alerting/timeline"
	"plimsoll/internal/app"
)

func rulesTestCommand() command {
	return command{
		name: "rules test", args: "[flags] FILE…", about: "run the unit tests of rule files, as promtool does, and timelines",
		examples: []string{
			"plimsoll rules test tests/*.yml",
			"plimsoll rules test -config /etc/plimsoll/plimsoll.yml night.timeline",
			"plimsoll rules test -run '^disk' -junit report.xml tests/disk.yml",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &rulesTest{}
			f.StringVar(&c.only, "run", "", "`REGEXP` of the names of the tests to run (default all)")
			f.StringVar(&c.config, "config", "", "`FILE` with the configuration of timelines that have none of their own")
			f.StringVar(&c.junit, "junit", "", "`FILE` for the results, in JUnit's XML")
			return c.run
		},
	}
}

type rulesTest struct{ only, junit, config string }

var errTestsFailed = errors.New("not all tests passed")

func (c *rulesTest) run(e env, files []string) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: want files of unit tests", errUsage)
	}
	runs, err := c.prepare()
	if err != nil {
		return err
	}
	report := &junitxml.JUnitXML{}
	good := true
	for _, path := range files {
		suite := report.Suite(path)
		suite.Settime(time.Now().Format("2006-01-02T15:04:05"))
		good = runs.file(e, path, suite) && good
	}
	if c.junit != "" {
		if err := writeJUnit(c.junit, report); err != nil {
			return err
		}
	}
	if !good {
		return errTestsFailed
	}
	return nil
}

// testRuns is what all files are run with.
type testRuns struct {
	only  *regexp.Regexp   // nil: all
	given *alerting.Config // of timelines without a head; nil: none
}

func (c *rulesTest) prepare() (runs testRuns, err error) {
	if c.only != "" {
		if runs.only, err = regexp.Compile(c.only); err != nil {
			return runs, fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	if c.config != "" {
		whole, err := app.Load(c.config)
		if err != nil {
			return runs, err
		}
		runs.given = &whole.Alerting
	}
	return runs, nil
}

// file runs the tests of one file and reports whether all passed.
func (r testRuns) file(e env, path string, suite *junitxml.TestSuite) bool {
	results, err := r.results(e, path)
	if err != nil {
		suite.Abort(err)
		fmt.Fprintf(e.stdout, "%s: not run\n  %s\n", path, indented(err.Error()))
		return false
	}
	good := true
	for _, r := range results {
		entry := suite.Case(r.Name)
		if len(r.Failures) == 0 {
			fmt.Fprintf(e.stdout, "%s: %s: passed\n", path, r.Name)
			continue
		}
		good = false
		fmt.Fprintf(e.stdout, "%s: %s: failed\n", path, r.Name)
		for _, f := range r.Failures {
			entry.Fail(f)
			fmt.Fprintf(e.stdout, "  %s\n", indented(f))
		}
	}
	return good
}

func (r testRuns) results(e env, path string) ([]rulefile.Result, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if timeline.Is(path, text) {
		story, err := timeline.Parse(path, text, r.given)
		if err != nil || r.only != nil && !r.only.MatchString(story.Name) {
			return nil, err
		}
		return []rulefile.Result{{Name: story.Name, Failures: story.Run(e.ctx)}}, nil
	}
	tests, err := rulefile.ReadTests(path)
	if err != nil {
		return nil, err
	}
	for _, pattern := range rulefile.Missing(filepath.Dir(path), tests.RuleFiles) {
		fmt.Fprintf(e.stdout, "%s: rule_files: no file is %q\n", path, pattern)
	}
	return tests.Run(e.ctx, tryRules, r.only), nil
}

func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// tryRules gives rules of files to the engine, with nobody to tell.
func tryRules(s rulefile.Setting) (rulefile.Trial, error) {
	c := alerting.Default()
	c.RuleFiles.Groups, c.RuleFiles.EvaluationInterval, c.RuleFiles.ExternalLabels = s.Groups, s.Interval, s.ExternalLabels
	c.DashboardURL, c.Querier, c.Sink = s.ExternalURL, s.Querier, s.Sink
	return alerting.NewTrial(c)
}

func writeJUnit(path string, report *junitxml.JUnitXML) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return report.WriteXML(f)
}
