package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"plimsoll/alerting/notify"
	"plimsoll/internal/app"
	"plimsoll/internal/metric"
)

func notifyTestCommand() command {
	return command{
		name: "notify-test", args: "-config FILE [flags] CONTACT",
		about: "send a contact a test problem and its recovery, and show the answers",
		examples: []string{
			"plimsoll notify-test -config /etc/plimsoll.yml ops    # no service needs to run",
			"plimsoll notify-test -config /etc/plimsoll.yml -channel pagerduty -severity critical ops",
		},
		setUp: func(f *flag.FlagSet) func(env, []string) error {
			c := &notifyTest{}
			f.StringVar(&c.config, "config", "", "YAML `FILE` of the service; run as a user that may read its secrets")
			f.StringVar(&c.channel, "channel", "", "`NAME` of the only channel to try, such as email (default all)")
			f.StringVar(&c.severity, "severity", string(metric.Warning), "of the problem: info, warning, critical")
			return c.run
		},
	}
}

type notifyTest struct{ config, channel, severity string }

var errNotTaken = errors.New("not all messages were taken")

// run sends straight from the configuration, past the outbox: no answer is
// waited for twice, and nothing is remembered.
func (c *notifyTest) run(e env, args []string) error {
	if len(args) != 1 || c.config == "" {
		return fmt.Errorf("%w: want -config FILE and one contact", errUsage)
	}
	severity := metric.Severity(c.severity)
	if !slices.Contains([]metric.Severity{metric.Info, metric.Warning, metric.Critical}, severity) {
		return fmt.Errorf("%w: severity %q is none of info, warning, critical", errUsage, c.severity)
	}
	config, err := app.Load(c.config)
	if err != nil {
		return err
	}
	contact, err := contactNamed(config.Alerting.Contacts, args[0])
	if err != nil {
		return err
	}
	sender := notify.NewSender(contact, notify.Options{Dialer: &net.Dialer{}, Clock: time.Now, TemplateFailed: func(err error) {
		fmt.Fprintf(e.stdout, "template not used: %v\n", err)
	}})
	tried, good := 0, true
	for _, route := range contact.Routes() {
		channel, _, _ := strings.Cut(route, ":")
		if c.channel == "" || c.channel == channel {
			tried++
			good = c.try(e, sender, contact.Name, route, severity) && good
		}
	}
	switch {
	case tried == 0:
		return fmt.Errorf("contact %q has no channel %q", contact.Name, c.channel)
	case !good:
		return errNotTaken
	}
	return nil
}

// try sends both messages over a route; there is no recovery without a problem.
func (*notifyTest) try(e env, sender *notify.Sender, contact, route string, severity metric.Severity) bool {
	problem, recovery := notify.Trial(contact, rand.Text()[:8], severity, time.Now().UTC())
	for _, m := range []notify.Message{problem, recovery} {
		m.At = time.Now().UTC()
		answer, err := sender.Try(e.ctx, route, m)
		if err != nil {
			fmt.Fprintf(e.stdout, "%s %s: %s not taken: %v\n", contact, route, m.Event, err)
			return false
		}
		fmt.Fprintf(e.stdout, "%s %s: %s taken: %s\n", contact, route, m.Event, strings.TrimSpace(answer))
	}
	return true
}

func contactNamed(contacts []notify.Contact, name string) (notify.Contact, error) {
	names := make([]string, len(contacts))
	for i, c := range contacts {
		if c.Name == name {
			return c, nil
		}
		names[i] = c.Name
	}
	return notify.Contact{}, fmt.Errorf("there is no contact %q; there are: %s", name, strings.Join(names, ", "))
}
