package app

import "reflect"

// restartFor names the top-level keys in which next differs from c and that
// cannot change while the service runs: all but checks, rules,
// contacts and tokens.
func (c Config) restartFor(next Config) (keys []string) {
	old, changed := reflect.ValueOf(c), reflect.ValueOf(next)
	for i := range old.NumField() {
		f := old.Type().Field(i)
		if f.Name == "Alerting" || f.Name == "Auth" {
			continue
		}
		if !reflect.DeepEqual(old.Field(i).Interface(), changed.Field(i).Interface()) {
			keys = append(keys, f.Tag.Get("yaml"))
		}
	}
	return keys
}
