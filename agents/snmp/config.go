package snmp

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"plimsoll/internal/metric"
	"plimsoll/internal/mib"
	"plimsoll/internal/usm"
)

// Config configures a Poller.
type Config struct {
	Devices []Device `yaml:"devices"`
	// Interval is how often a device is polled, unless it has its own.
	Interval time.Duration `yaml:"interval"`
	// Timeout bounds the wait for one answer, Retries is how often a device that
	// was well is asked again before its poll fails.
	Timeout time.Duration `yaml:"timeout"`
	Retries int           `yaml:"retries"`
	// MaxInFlight bounds the polls at a time. A quarter more is for devices that
	// did not answer the last time: the dead take nothing from the living.
	MaxInFlight int    `yaml:"max_in_flight"`
	Job         string `yaml:"job"`

	// SinkFor gives the sink of a device's samples.
	SinkFor    func(source string) metric.Sink `yaml:"-"`
	Registerer prometheus.Registerer           `yaml:"-"`
	Logger     *slog.Logger                    `yaml:"-"`
}

// Version is 1, 2c or 3.
type Version string

// UnmarshalYAML takes 1 and 3, which YAML reads as numbers, as it takes 2c.
func (v *Version) UnmarshalYAML(decode func(any) error) error {
	var any any
	if err := decode(&any); err != nil {
		return err
	}
	*v = Version(fmt.Sprint(any))
	return nil
}

// Device is what is polled.
type Device struct {
	// Address is a host or host:port; the port is 161 by default.
	Address string `yaml:"address"`
	// Name is the label instance; the Address by default.
	Name string `yaml:"name"`
	// Version is 1, 2c (the default) or 3.
	Version Version `yaml:"version"`
	// Community of versions 1 and 2c: "public" if none is given.
	Community     string `yaml:"community"`
	CommunityFile string `yaml:"community_file"`
	CommunityEnv  string `yaml:"community_env"`
	// User of version 3, and the context that he asks for.
	User    usm.User `yaml:",inline"`
	Context string   `yaml:"context"`
	// Interval, Timeout: in the place of Config's.
	Interval time.Duration `yaml:"interval"`
	Timeout  time.Duration `yaml:"timeout"`
	// Modules are what is asked: see Modules.
	Modules []string          `yaml:"modules"`
	OIDs    []OID             `yaml:"oids"`
	Labels  map[string]string `yaml:"labels"`
	// InterfaceLabels are what the series of interfaces bear besides ifName:
	// ifDescr, ifAlias, ifIndex. A change of one begins new series. Nil: ifDescr.
	InterfaceLabels []string `yaml:"interface_labels"`
}

// OID is an object of the user's own.
type OID struct {
	// OID is a number or a name that is known. One that ends in .0, or is no
	// column, is asked as it is; with Table all below it is.
	OID   string `yaml:"oid"`
	Table bool   `yaml:"table"`
	// Metric is the series' name, that of the object by default. Index is the
	// label for what stands behind the column: "index" by default.
	Metric string `yaml:"metric"`
	Index  string `yaml:"index"`
	// Kind is counter or gauge where the type of the value says it wrongly.
	Kind string `yaml:"kind"`
	// Scale multiplies gauges; 0 means 1.
	Scale float64 `yaml:"scale"`
}

// Default returns a configuration that needs only Devices and SinkFor.
func Default() Config {
	return Config{Interval: 10 * time.Second, Timeout: 3 * time.Second, Retries: 1, MaxInFlight: 1000, Job: "snmp"}
}

// Validate reports all that is wrong with the configuration.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Interval < time.Second {
		bad("interval: %v is less than 1s", c.Interval)
	}
	if c.Timeout < 10*time.Millisecond {
		bad("timeout: %v is less than 10ms", c.Timeout)
	}
	if c.Retries < 0 || c.Retries > 10 {
		bad("retries: %d is not between 0 and 10", c.Retries)
	}
	if c.MaxInFlight < 1 {
		bad("max_in_flight: %d is less than 1", c.MaxInFlight)
	}
	if c.Job == "" {
		bad("job: must not be empty")
	}
	names := map[string]int{}
	for i, d := range c.Devices {
		errs = append(errs, under(fmt.Sprintf("devices[%d]", i), d.validate()))
		if first, twice := names[d.name()]; twice {
			bad("devices[%d].name: %q is that of devices[%d] too", i, d.name(), first)
		} else {
			names[d.name()] = i
		}
	}
	return errors.Join(errs...)
}

// CheckFiles reads all secrets.
func (c Config) CheckFiles() error {
	var errs []error
	for i, d := range c.Devices {
		key := fmt.Sprintf("devices[%d]", i)
		if d.Version == "3" {
			_, _, err := d.User.Params()
			errs = append(errs, under(key, err))
		} else if d.CommunityFile+d.CommunityEnv != "" {
			if _, err := usm.Secret(d.CommunityFile, d.CommunityEnv); err != nil {
				errs = append(errs, fmt.Errorf("%s.%s: %w", key, d.communityKey(), err))
			}
		}
	}
	return errors.Join(errs...)
}

// communityKey is the key that says where the community is.
func (d Device) communityKey() string {
	if d.CommunityFile != "" {
		return "community_file"
	}
	return "community_env"
}

func (d Device) name() string {
	if d.Name != "" {
		return d.Name
	}
	return d.Address
}

func (d Device) hostPort() (host, port string) {
	if host, port, err := net.SplitHostPort(d.Address); err == nil {
		return host, port
	}
	return d.Address, "161"
}

func (d Device) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	host, port := d.hostPort()
	if n, err := strconv.ParseUint(port, 10, 16); host == "" || err != nil || n == 0 {
		bad("address: %q is not a host or host:port", d.Address)
	}
	if d.Interval != 0 && d.Interval < time.Second {
		bad("interval: %v is less than 1s", d.Interval)
	}
	if d.Timeout != 0 && d.Timeout < 10*time.Millisecond {
		bad("timeout: %v is less than 10ms", d.Timeout)
	}
	errs = append(errs, d.validateAccess())
	for i, name := range d.Modules {
		if _, known := modules()[name]; !known {
			bad("modules[%d]: %q is none of %v", i, name, Modules())
		}
	}
	if len(d.Modules) == 0 && len(d.OIDs) == 0 {
		bad("modules: nothing is asked; name modules or oids")
	}
	for i, o := range d.OIDs {
		errs = append(errs, under(fmt.Sprintf("oids[%d]", i), o.validate()))
	}
	for name := range d.Labels {
		if !validLabel(name) {
			bad("labels: %q is no name of a label", name)
		}
	}
	for i, name := range d.InterfaceLabels {
		if name != "ifDescr" && name != "ifAlias" && name != "ifIndex" {
			bad("interface_labels[%d]: %q is none of ifDescr, ifAlias, ifIndex", i, name)
		}
	}
	return errors.Join(errs...)
}

func (d Device) validateAccess() error {
	switch d.Version {
	case "3":
		if d.Community+d.CommunityFile+d.CommunityEnv != "" {
			return errors.New("community: version 3 has none")
		}
		return d.User.Validate()
	case "", "1", "2c":
		if d.User != (usm.User{}) {
			return errors.New("user: is of no use without version 3")
		}
		return nil
	}
	return fmt.Errorf("version: %q is none of 1, 2c, 3", d.Version)
}

func (o OID) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, err := mib.New().Number(o.OID); err != nil {
		bad("oid: %w", err)
	} else if o.Metric == "" && !validLabel(o.metric()) {
		bad("metric: is needed, for the number %q has no name", o.OID)
	}
	if o.Metric != "" && !validLabel(o.Metric) {
		bad("metric: %q is no name of a metric", o.Metric)
	}
	if o.Index != "" && (!o.Table || !validLabel(o.Index)) {
		bad("index: %q is no name of a label, or there is no table", o.Index)
	}
	if o.Kind != "" && o.Kind != "gauge" && o.Kind != "counter" {
		bad("kind: %q is neither gauge nor counter", o.Kind)
	}
	return errors.Join(errs...)
}

// validLabel reports whether s can name a label or a metric.
func validLabel(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && s[:min(2, len(s))] != "__"
}

// under puts a key before each of the problems that err joins.
func under(key string, err error) error {
	if err == nil {
		return nil
	}
	many, is := err.(interface{ Unwrap() []error })
	if !is {
		return fmt.Errorf("%s.%w", key, err)
	}
	var errs []error
	for _, e := range many.Unwrap() {
		errs = append(errs, under(key, e))
	}
	return errors.Join(errs...)
}
