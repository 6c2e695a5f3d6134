package alerting

import "plimsoll/alerting/rule"

// RuleConfigs are the rules that are configured, with their defaults.
func (e *Engine) RuleConfigs() []rule.Config {
	var rules []rule.Config
	for _, u := range e.current() {
		if u.rule != nil {
			rules = append(rules, u.rule.Given())
		}
	}
	return rules
}
