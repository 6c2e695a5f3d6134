package notify

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Contact is somebody who is told, in one way or in several at once.
type Contact struct {
	Name string `yaml:"name"`
	// Fallback is the contact that is told when this one is not reached.
	Fallback string `yaml:"fallback"`
	// During is the period outside of which this contact is told of nothing new.
	During       string        `yaml:"during"`
	Email        *Email        `yaml:"email"`
	Webhook      *Webhook      `yaml:"webhook"`
	Slack        *Chat         `yaml:"slack"`
	Mattermost   *Chat         `yaml:"mattermost"`
	Teams        *Teams        `yaml:"teams"`
	PagerDuty    *PagerDuty    `yaml:"pagerduty"`
	Opsgenie     *Opsgenie     `yaml:"opsgenie"`
	Telegram     *Telegram     `yaml:"telegram"`
	Ntfy         *Ntfy         `yaml:"ntfy"`
	SMS          *SMS          `yaml:"sms"`
	Alertmanager *Alertmanager `yaml:"alertmanager"`
	// Template gives other words than the built-in ones.
	Template Template `yaml:"template"`
}

// channel is one way to reach a contact, as it is configured: pointers to the
// types of Contact's fields, never nil.
type channel interface {
	// withDefaults returns a copy with what was left out filled in.
	withDefaults() channel
	validate(bad complaint)
	// routes are the places that the channel reaches; each is told of everything.
	routes() []string
	// send returns what the other side said, for those who try the channel out.
	send(ctx context.Context, by means, route string, n note) (answer string, err error)
}

// complaint takes what is wrong with the value of a key.
type complaint func(key, format string, args ...any)

// channels are the ways of c, by the names of their keys.
func (c Contact) channels() map[string]channel {
	all := map[string]channel{}
	add(all, "email", c.Email)
	add(all, "webhook", c.Webhook.of(c.Name))
	add(all, "slack", c.Slack.as("slack"))
	add(all, "mattermost", c.Mattermost.as("mattermost"))
	add(all, "teams", c.Teams)
	add(all, "pagerduty", c.PagerDuty)
	add(all, "opsgenie", c.Opsgenie)
	add(all, "telegram", c.Telegram)
	add(all, "ntfy", c.Ntfy)
	add(all, "sms", c.SMS)
	add(all, "alertmanager", c.Alertmanager)
	return all
}

// add keeps a channel that is configured.
func add[T any, P interface {
	*T
	channel
}](all map[string]channel, name string, c P) {
	if c != nil {
		all[name] = c.withDefaults()
	}
}

// Routes lists the ways to reach c.
func (c Contact) Routes() []string {
	all := c.channels()
	var routes []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		routes = append(routes, all[name].routes()...)
	}
	return routes
}

// orDefault returns d, or the time that most channels allow for an answer.
func orDefault(d time.Duration) time.Duration {
	if d == 0 {
		return 10 * time.Second
	}
	return d
}
