package alerting

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"plimsoll/alerting/check"
	"plimsoll/alerting/depend"
	"plimsoll/alerting/policy"
	"plimsoll/internal/metric"
)

func (c Config) validatePolicy() error {
	errs := []error{c.Acknowledge.Validate("acknowledge"), c.validateServices(), depend.Validate("dependencies", c.Dependencies, c.names())}
	known, problems := c.known()
	errs = append(errs, problems)
	planned := names{}
	for i, k := range c.Downtimes {
		path := fmt.Sprintf("downtimes[%d]", i)
		errs = append(errs, planned.add(path, k.Name), k.Validate(path))
	}
	for i, r := range c.Routes {
		errs = append(errs, r.Validate(fmt.Sprintf("routes[%d]", i), known))
	}
	if c.DependencyWait < 0 || c.DependencyWait > 10*time.Minute {
		errs = append(errs, fmt.Errorf("dependency_wait: %v is not between 0s and 10m", c.DependencyWait))
	}
	g := c.Grouping
	if g.Wait < 0 || g.Wait > time.Hour {
		errs = append(errs, fmt.Errorf("grouping.wait: %v is not between 0s and 1h", g.Wait))
	}
	if g.MaxWait < 0 || g.MaxWait > 24*time.Hour {
		errs = append(errs, fmt.Errorf("grouping.max_wait: %v is not between 0s and 24h", g.MaxWait))
	}
	if g.Storm < 0 {
		errs = append(errs, fmt.Errorf("grouping.storm: %d is negative", g.Storm))
	}
	return errors.Join(errs...)
}

func (c Config) validateServices() error {
	contacts, seen := names{}, names{}
	for _, k := range c.Contacts {
		contacts[k.Name] = true
	}
	for _, k := range c.Rotas {
		contacts[k.Name] = true // whoever is on call
	}
	var errs []error
	for i, k := range c.Services {
		path := fmt.Sprintf("services[%d]", i)
		of := common{path, k.Name, metric.Critical, k.Labels, k.Contacts}
		errs = append(errs, of.validate(seen, contacts), k.Validate(path))
		for j, name := range k.Checks {
			there := func(k check.Config) bool { return k.Name == name }
			if name != "" && !strings.ContainsAny(name, "*?") && !slices.ContainsFunc(c.Checks, there) {
				errs = append(errs, fmt.Errorf("%s.checks[%d]: there is no check %q", path, j, name))
			}
		}
	}
	return errors.Join(errs...)
}

// names are those of all that has alerts.
func (c Config) names() (all []string) {
	for _, k := range c.Checks {
		all = append(all, k.Name)
	}
	for _, k := range c.Rules {
		all = append(all, k.Name)
	}
	for _, k := range c.Services {
		all = append(all, k.Name)
	}
	return all
}

// known are the names that routes may use, with what is wrong with those that
// have them.
func (c Config) known() (known policy.Names, err error) {
	var errs []error
	periods, contacts := names{}, names{}
	for i, k := range c.Periods {
		path := fmt.Sprintf("periods[%d]", i)
		errs = append(errs, periods.add(path, k.Name), k.Validate(path))
		known.Periods = append(known.Periods, k.Name)
	}
	for i, k := range c.Contacts {
		contacts[k.Name] = true
		known.Contacts = append(known.Contacts, k.Name)
		if k.During != "" && !periods[k.During] {
			errs = append(errs, fmt.Errorf("contacts[%d].during: there is no period %q", i, k.During))
		}
	}
	people := maps.Clone(contacts)
	for i, k := range c.Rotas {
		path := fmt.Sprintf("rotas[%d]", i)
		errs = append(errs, people.add(path, k.Name), k.Validate(path))
		for j, m := range k.Members {
			if !contacts[m] {
				errs = append(errs, fmt.Errorf("%s.members[%d]: there is no contact %q", path, j, m))
			}
		}
		known.Contacts = append(known.Contacts, k.Name)
	}
	return known, errors.Join(errs...)
}
