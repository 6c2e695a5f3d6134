package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/util/junitxml"

	"plimsoll/alerting"
	"plimsoll/alerting/rulefile"
)

func rulesTestCommand() command {
	return command{
		name: "rules test", args: "[flags] FILE…", about: "run the unit tests of rule files, as promtool does",
		examples: []string{
			"plimsoll rules test tests/*.yml",
			"plimsoll rules test -run '^disk' -junit report.xml tests/disk.yml",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &rulesTest{}
			f.StringVar(&c.only, "run", "", "`REGEXP` of the names of the tests to run (default all)")
			f.StringVar(&c.junit, "junit", "", "`FILE` for the results, in JUnit's XML")
			return c.run
		},
	}
}

type rulesTest struct{ only, junit string }

var errTestsFailed = errors.New("not all tests passed")

func (c *rulesTest) run(e env, files []string) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: want files of unit tests", errUsage)
	}
	var only *regexp.Regexp
	if c.only != "" {
		var err error
		if only, err = regexp.Compile(c.only); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	report := &junitxml.JUnitXML{}
	good := true
	for _, path := range files {
		suite := report.Suite(path)
		suite.Settime(time.Now().Format("2006-01-02T15:04:05"))
		good = runUnitTests(e, path, only, suite) && good
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

// runUnitTests runs those of one file and reports whether all passed.
func runUnitTests(e env, path string, only *regexp.Regexp, suite *junitxml.TestSuite) bool {
	tests, err := rulefile.ReadTests(path)
	if err != nil {
		suite.Abort(err)
		fmt.Fprintf(e.stdout, "%s: not run\n  %s\n", path, indented(err.Error()))
		return false
	}
	good := true
	for _, r := range tests.Run(e.ctx, tryRules, only) {
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
