package alerting

import (
	"slices"

	"plimsoll/alerting/builtin"
	"plimsoll/alerting/rule"
)

// DefaultRules watch what agents measure: few, and each a reason to act.
func DefaultRules() []rule.Config { return builtin.Rules() }

// missingDefaults returns the default rules whose names are not in Rules. Those
// that are noisy here begin as info.
func (c Config) missingDefaults() []rule.Config {
	missing := slices.DeleteFunc(DefaultRules(), func(d rule.Config) bool {
		return slices.ContainsFunc(c.Rules, func(r rule.Config) bool { return r.Name == d.Name })
	})
	for i, r := range missing {
		if c.noisy[r.Name] {
			missing[i] = builtin.AsInfo(r)
		}
	}
	return missing
}
