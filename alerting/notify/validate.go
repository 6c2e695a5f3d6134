package notify

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Validate reports all that is wrong with c. Each problem begins with the key
// under which it stands, path being c's own.
func (c Contact) Validate(path string) error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s.%s: %s", path, key, fmt.Sprintf(format, args...)))
	}
	all := c.channels()
	if len(all) == 0 {
		errs = append(errs, fmt.Errorf("%s: needs a way to be told: email, webhook or another", path))
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		all[name].validate(bad)
	}
	c.Template.validate(bad)
	return errors.Join(errs...)
}

func validTimeout(d time.Duration, key string, bad complaint) {
	if d < 10*time.Millisecond || d > 5*time.Minute {
		bad(key, "%v is not between 10ms and 5m", d)
	}
}
