package accesslog

import (
	"errors"
	"time"
)

// ErrUnknown says that lines are of no format that has a name.
var ErrUnknown = errors.New("no access log format with a name fits: name one, or give its definition")

// Detect returns the format with a name that reads most of the lines, and at
// least half of them. nginx_timed is found by the three decimals of its times;
// apache_timed never is: a whole number may be in any unit.
func Detect(lines []string, zone *time.Location) (*Format, error) {
	best, most := detectExtended(lines, zone)
	// Lines of vhost_combined fit combined too, so it comes before.
	for _, name := range []string{"vhost_combined", "common", "combined", "nginx_timed", "json", "squid", "haproxy"} {
		f, err := New(name, zone)
		if err != nil {
			return nil, err
		}
		if n := f.reads(lines); n > most {
			best, most = f, n
		}
	}
	if most*2 < len(lines) || most == 0 {
		return nil, ErrUnknown
	}
	return best, nil
}

// reads counts the lines that are of the format.
func (f *Format) reads(lines []string) (n int) {
	var e Entry
	for _, line := range lines {
		if f.Parse(line, &e) == nil && (f.spec != "nginx_timed" || hasDecimals(line)) {
			n++
		}
	}
	return n
}

func hasDecimals(line string) bool { return len(line) > 4 && line[len(line)-4] == '.' }
