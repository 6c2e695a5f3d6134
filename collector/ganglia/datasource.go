package ganglia

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"plimsoll/collector/port"
)

// DataSource is one cluster that is polled. In YAML it is a mapping, or a line as
// gmetad.conf has it: `data_source "web farm" 15 10.0.0.1 10.0.0.2:8650`.
type DataSource struct {
	// Name tells sources apart; clusters tell their own names.
	Name string `yaml:"name"`
	// Addresses are gmonds that know the same; one of them is asked.
	Addresses []string      `yaml:"addresses"`
	Interval  time.Duration `yaml:"interval"` // 0: 15s
	Timeout   time.Duration `yaml:"timeout"`  // of one address; 0: 5s, or less if the interval is short
}

// The defaults of a DataSource, gmetad's.
const (
	pollInterval = 15 * time.Second
	pollTimeout  = 5 * time.Second
)

// UnmarshalYAML takes a line of gmetad.conf, or a mapping.
func (d *DataSource) UnmarshalYAML(decode func(any) error) error {
	var line string
	if decode(&line) == nil {
		var err error
		*d, err = parseDataSource(line)
		return err
	}
	type mapping DataSource // without this method
	var m mapping
	if err := decode(&m); err != nil {
		return err
	}
	*d = DataSource(m)
	return nil
}

// parseDataSource reads a line of gmetad.conf, with or without its first word.
func parseDataSource(line string) (d DataSource, err error) {
	rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "data_source"))
	if strings.HasPrefix(rest, `"`) {
		var closed bool
		if d.Name, rest, closed = strings.Cut(rest[1:], `"`); !closed {
			return d, fmt.Errorf("%q has a quote that is not closed", line)
		}
	} else {
		d.Name, rest, _ = strings.Cut(rest, " ")
	}
	words := strings.Fields(rest)
	if len(words) > 0 {
		if n, err := strconv.ParseUint(words[0], 10, 16); err == nil {
			d.Interval, words = time.Duration(n)*time.Second, words[1:]
		}
	}
	d.Addresses = words
	return d, nil
}

// withDefaults fills in what is not given.
func (d DataSource) withDefaults() DataSource {
	if d.Interval == 0 {
		d.Interval = pollInterval
	}
	if d.Timeout == 0 {
		d.Timeout = min(pollTimeout, d.Interval*4/5)
	}
	addresses := make([]string, len(d.Addresses))
	for i, a := range d.Addresses {
		addresses[i] = withPort(a)
	}
	d.Addresses = addresses
	return d
}

// withPort adds Ganglia's port to an address that has none.
func withPort(addr string) string {
	if port.IsHostPort(addr) {
		return addr
	}
	return net.JoinHostPort(strings.Trim(addr, "[]"), strconv.Itoa(usualPort))
}

func (c Config) validateSources() (errs []error) {
	seen := map[string]bool{}
	for i, d := range c.DataSources {
		bad := func(wrong bool, format string, args ...any) {
			if wrong {
				errs = append(errs, fmt.Errorf("data_sources[%d].%w", i, fmt.Errorf(format, args...)))
			}
		}
		bad(!goodName(d.Name), "name: %q cannot be a name", d.Name)
		bad(seen[d.Name], "name: %q is given twice", d.Name)
		seen[d.Name] = true
		bad(len(d.Addresses) == 0, "addresses: there are none")
		for j, a := range d.Addresses {
			bad(!port.IsHostPort(withPort(a)) || a == "", "addresses[%d]: %q is not host or host:port", j, a)
		}
		d = d.withDefaults()
		bad(d.Interval < time.Second, "interval: %v is less than 1s", d.Interval)
		bad(d.Timeout <= 0 || d.Timeout > d.Interval, "timeout: %v is not in 0..%v, the interval", d.Timeout, d.Interval)
	}
	return errs
}
