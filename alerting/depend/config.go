package depend

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"plimsoll/alerting/match"
)

// Config is one node: something that can be down, and what it needs in order to
// be reached.
type Config struct {
	Name string `yaml:"name"`
	// Alerts picks the alerts that are the node's: those of class up/down say
	// whether it is up, and all of them are held back while it is not reached.
	// Empty: those of the check, rule or service of the node's name.
	Alerts string `yaml:"alerts"`
	Needs  Needs  `yaml:"needs"`
}

// Needs says which others must be up: one of the three, or none for a root. A
// name that is no node's stands for a root that has the alerts of the check,
// rule or service of that name.
type Needs struct {
	Any     []string `yaml:"any"`
	All     []string `yaml:"all"`
	AtLeast *AtLeast `yaml:"at_least"`
}

// AtLeast is met when Count of the nodes Of are up.
type AtLeast struct {
	Count int      `yaml:"count"`
	Of    []string `yaml:"of"`
}

// list returns what n names, under which key, and how many must be up.
func (n Needs) list() (key string, names []string, count int) {
	switch {
	case n.Any != nil:
		return "any", n.Any, 1
	case n.All != nil:
		return "all", n.All, len(n.All)
	case n.AtLeast != nil:
		return "at_least.of", n.AtLeast.Of, n.AtLeast.Count
	}
	return "", nil, 0
}

// own returns what picks the node's own alerts.
func (c Config) own() (match.Set, error) {
	if c.Alerts == "" {
		return match.Parse(fmt.Sprintf("%s=%q", match.Name, c.Name))
	}
	s, err := match.Parse(c.Alerts)
	if err == nil && s.Empty() {
		return s, fmt.Errorf("%q picks every alert", c.Alerts)
	}
	if err == nil {
		err = s.Misspelt()
	}
	return s, err
}

// Validate reports all that is wrong with configs, each problem with its key
// below path. Beside the nodes, needs may name what stands in known: the checks,
// rules and services that there are.
func Validate(path string, configs []Config, known []string) error {
	names := make(map[string]bool, len(known))
	for _, name := range known {
		names[name] = true
	}
	for _, c := range configs {
		names[c.Name] = true
	}
	return validate(path, configs, func(name string) bool { return names[name] })
}

func validate(path string, configs []Config, known func(string) bool) error {
	var errs []error
	taken := map[string]bool{}
	for i, c := range configs {
		at := fmt.Sprintf("%s[%d]", path, i)
		if taken[c.Name] {
			errs = append(errs, fmt.Errorf("%s.name: %q is taken", at, c.Name))
		}
		taken[c.Name] = true
		errs = append(errs, validName(at, c.Name))
		if _, err := c.own(); err != nil {
			errs = append(errs, fmt.Errorf("%s.alerts: %w", at, err))
		}
		errs = append(errs, c.Needs.validate(at+".needs", known))
	}
	_, cycles := sorted(edges(configs, indexed(configs)))
	for _, cycle := range cycles {
		errs = append(errs, fmt.Errorf("%s[%d].needs: is a cycle: %s", path, cycle[0], written(configs, cycle)))
	}
	return errors.Join(errs...)
}

const maxNameBytes = 100

func validName(at, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s.name: is missing", at)
	case len(name) > maxNameBytes || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%s.name: %q is too long or holds control characters", at, name)
	}
	return nil
}

func (n Needs) validate(path string, known func(string) bool) error {
	kinds := 0
	for _, given := range []bool{n.Any != nil, n.All != nil, n.AtLeast != nil} {
		if given {
			kinds++
		}
	}
	if kinds == 0 {
		return nil
	}
	if kinds > 1 {
		return fmt.Errorf("%s: may have only one of any, all, at_least", path)
	}
	var errs []error
	key, names, count := n.list()
	if len(names) == 0 {
		errs = append(errs, fmt.Errorf("%s.%s: is empty", path, key))
	} else if count < 1 || count > len(names) {
		errs = append(errs, fmt.Errorf("%s.at_least.count: %d is not between 1 and %d", path, count, len(names)))
	}
	for i, name := range names {
		switch at := fmt.Sprintf("%s.%s[%d]", path, key, i); {
		case !known(name):
			errs = append(errs, fmt.Errorf("%s: there is no node, check, rule or service %q", at, name))
		case slices.Contains(names[:i], name):
			errs = append(errs, fmt.Errorf("%s: %q is named twice", at, name))
		}
	}
	return errors.Join(errs...)
}

// written names a cycle whole, as in a -> b -> a.
func written(configs []Config, cycle []int) string {
	var b strings.Builder
	for _, i := range cycle {
		b.WriteString(configs[i].Name + " -> ")
	}
	return b.String() + configs[cycle[0]].Name
}
