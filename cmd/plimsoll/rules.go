package main

import (
	"errors"
	"flag"
	"fmt"

	"plimsoll/alerting/rulefile"
)

func rulesCommand() command {
	return command{
		name: "rules", args: "COMMAND", about: "check and test rule files, and see what rules would do and are good for",
		sub: []command{rulesCheckCommand(), rulesTestCommand(), rulesReplayCommand(), rulesStatsCommand(), rulesSuggestCommand()},
	}
}

func rulesCheckCommand() command {
	return command{
		name: "rules check", args: "FILE…", about: "say what is wrong with rule files",
		examples: []string{"plimsoll rules check /etc/plimsoll/rules/*.yml"},
		setUp: func(*flag.FlagSet) func(env, []string) error {
			return checkRules
		},
	}
}

var errBadRules = errors.New("not all rule files can be used")

// checkRules reads each file as a start of the service does.
func checkRules(e env, files []string) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: want files to check", errUsage)
	}
	good := true
	for _, path := range files {
		groups, err := rulefile.ReadFile(path)
		if err != nil {
			good = false
			fmt.Fprintf(e.stdout, "%v\n", err)
			continue
		}
		n := 0
		for _, g := range groups {
			n += len(g.Rules)
		}
		fmt.Fprintf(e.stdout, "%s: %d rules in %d groups\n", path, n, len(groups))
		for _, twice := range rulefile.Duplicates(groups) {
			fmt.Fprintf(e.stdout, "%s: more than one rule gives %s\n", path, twice)
		}
	}
	if !good {
		return errBadRules
	}
	return nil
}
