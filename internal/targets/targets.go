// Package targets knows every kind of target that agents ask, and builds them
// from the section targets of a configuration: that of the service and that of
// plimsoll-agent, which have the same.
//
//	targets:
//	  KIND:
//	    - {address: …, job: …, instance: …, interval: …, labels: {…}}
//
// A new kind is a field of Config, a line in each of kinds and Meta.
package targets

import (
	"errors"
	"fmt"
	"slices"

	"plimsoll/agents"
	"plimsoll/agents/apache"
	"plimsoll/agents/haproxy"
	"plimsoll/agents/memcache"
	"plimsoll/agents/mongodb"
	"plimsoll/agents/mysql"
	"plimsoll/agents/nagios"
	"plimsoll/agents/nginx"
	"plimsoll/agents/phpfpm"
	"plimsoll/agents/postgres"
	"plimsoll/agents/rabbitmq"
	"plimsoll/agents/redis"
	"plimsoll/agents/squid"
	"plimsoll/internal/config"
	"plimsoll/internal/metric"
)

// Config is the section targets: by kind, the targets to ask.
type Config struct {
	Apache   []apache.Config   `yaml:"apache"`
	HAProxy  []haproxy.Config  `yaml:"haproxy"`
	Memcache []memcache.Config `yaml:"memcache"`
	MongoDB  []mongodb.Config  `yaml:"mongodb"`
	MySQL    []mysql.Config    `yaml:"mysql"`
	Nagios   []nagios.Config   `yaml:"nagios"`
	Nginx    []nginx.Config    `yaml:"nginx"`
	PHPFPM   []phpfpm.Config   `yaml:"phpfpm"`
	Postgres []postgres.Config `yaml:"postgres"`
	RabbitMQ []rabbitmq.Config `yaml:"rabbitmq"`
	Redis    []redis.Config    `yaml:"redis"`
	Squid    []squid.Config    `yaml:"squid"`
}

// target is the configuration of one target of any kind.
type target interface {
	Validate() error
	// Target makes what is asked. host names the machine it is asked from, for
	// addresses that mean only that.
	Target(host string) (agents.Target, error)
}

// kind is a list of targets with its key.
type kind struct {
	key     string
	targets []target
}

func (c Config) kinds() []kind {
	return []kind{
		of("apache", c.Apache),
		of("haproxy", c.HAProxy),
		of("memcache", c.Memcache),
		of("mongodb", c.MongoDB),
		of("mysql", c.MySQL),
		of("nagios", c.Nagios),
		of("nginx", c.Nginx),
		of("phpfpm", c.PHPFPM),
		of("postgres", c.Postgres),
		of("rabbitmq", c.RabbitMQ),
		of("redis", c.Redis),
		of("squid", c.Squid),
	}
}

// of makes targets of a list of configurations.
func of[T target](key string, list []T) kind {
	k := kind{key: key}
	for _, t := range list {
		k.targets = append(k.targets, t)
	}
	return k
}

// Validate reports all that is wrong, each with its key. host is as in Build.
func (c Config) Validate(host string) error {
	var errs []error
	for _, k := range c.kinds() {
		for i, t := range k.targets {
			errs = append(errs, config.Under(fmt.Sprintf("targets.%s[%d]", k.key, i), t.Validate()))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	_, err := c.Build(host)
	return err
}

// Build makes the targets, as they are asked from the host of that name. Two
// with the same job, instance and labels would write the same series and are an
// error.
func (c Config) Build(host string) ([]agents.Target, error) {
	var (
		all  []agents.Target
		errs []error
	)
	seen := map[string]string{}
	for _, k := range c.kinds() {
		for i, t := range k.targets {
			key := fmt.Sprintf("targets.%s[%d]", k.key, i)
			made, err := t.Target(host)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", key, err))
				continue
			}
			name := fmt.Sprint(made.Name(), " ", made.Job, " ", made.Instance, " ", made.Labels)
			if other, twice := seen[name]; twice {
				errs = append(errs, fmt.Errorf("%s.instance: %q of job %q is that of %s too, with the same labels", key, made.Instance, made.Job, other))
			}
			seen[name] = key
			all = append(all, made)
		}
	}
	return all, errors.Join(errs...)
}

// TellTo has targets that are checks, such as Nagios plugins, tell their results
// to checks.
func TellTo(checks metric.CheckSink, all []agents.Target) {
	for _, t := range all {
		if c, is := t.Agent.(interface{ TellTo(metric.CheckSink) }); is {
			c.TellTo(checks)
		}
	}
}

// Meta describes what the agents of all kinds measure.
func Meta() []metric.Meta {
	return slices.Concat(
		apache.Meta(),
		haproxy.Meta(),
		memcache.Meta(),
		mongodb.Meta(),
		mysql.Meta(),
		nagios.Meta(),
		nginx.Meta(),
		phpfpm.Meta(),
		postgres.Meta(),
		rabbitmq.Meta(),
		redis.Meta(),
		squid.Meta(),
	)
}
