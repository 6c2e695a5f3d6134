package notify

import (
	"context"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/secret"
)

// PagerDuty is an integration of the Events API v2
// (https://developer.pagerduty.com/docs/events-api-v2/trigger-events).
type PagerDuty struct {
	URL            string        `yaml:"url"`
	RoutingKeyFile string        `yaml:"routing_key_file"`
	Timeout        time.Duration `yaml:"timeout"`
}

func (p *PagerDuty) withDefaults() channel {
	c := *p
	c.Timeout = orDefault(c.Timeout)
	if c.URL == "" {
		c.URL = "https://events.pagerduty.com/v2/enqueue"
	}
	return &c
}

func (p *PagerDuty) validate(bad complaint) {
	validLocation(p.URL, "", bad, "pagerduty.")
	validSecret(p.RoutingKeyFile, "pagerduty.routing_key_file", bad)
	validTimeout(p.Timeout, "pagerduty.timeout", bad)
}

func (p *PagerDuty) routes() []string { return []string{"pagerduty"} }

func (p *PagerDuty) send(ctx context.Context, by means, _ string, n note) (string, error) {
	key, err := secret.Read(p.RoutingKeyFile)
	if err != nil {
		return "", err
	}
	r, err := p.request(n, key)
	if err != nil {
		return "", err
	}
	return by.post(ctx, p.Timeout, n.Delivery, r)
}

type pagerEvent struct {
	RoutingKey string `json:"routing_key"`
	Action     string `json:"event_action"`
	// DedupKey makes one incident of a problem and its end, and of a problem that
	// comes twice. At most 255 characters.
	DedupKey  string        `json:"dedup_key"`
	Payload   *pagerPayload `json:"payload,omitempty"` // of a problem
	Client    string        `json:"client"`
	ClientURL string        `json:"client_url,omitempty"`
}

type pagerPayload struct {
	Summary   string       `json:"summary"` // at most 1024 characters
	Source    string       `json:"source"`
	Severity  string       `json:"severity"`
	Timestamp time.Time    `json:"timestamp"`
	Component string       `json:"component"`
	Class     string       `json:"class"`
	Details   pagerDetails `json:"custom_details"`
}

type pagerDetails struct {
	Text   string            `json:"text"`
	Labels map[string]string `json:"labels,omitempty"`
	Value  *float64          `json:"value,omitempty"`
}

func (p *PagerDuty) request(n note, key string) (request, error) {
	e := pagerEvent{
		RoutingKey: key, Action: "resolve", DedupKey: n.episode(), Client: "Plimsoll", ClientURL: n.URL,
	}
	if n.Event == Problem {
		e.Action = "trigger"
		e.Payload = &pagerPayload{
			Summary: cut(n.subject, 1024), Source: n.source(), Severity: pagerSeverity(n.Severity), Timestamp: n.Since.UTC(),
			Component: n.Name, Class: string(n.Class), Details: pagerDetails{n.text, n.Labels, n.Value},
		}
	}
	r, err := encoded(p.URL, e)
	r.secrets = []string{key}
	return r, err
}

func pagerSeverity(s metric.Severity) string {
	switch s {
	case metric.Critical, metric.Warning, metric.Info:
		return string(s)
	}
	return "error" // unknown: somebody must look
}

// episode is an identity that a problem and its end have in common.
func (m Message) episode() string {
	if m.Reply != "" {
		return m.Reply
	}
	return m.Delivery
}

// source is what has the trouble: a host if one is known.
func (m Message) source() string {
	for _, s := range []string{m.Labels["instance"], m.Labels["host"], m.Target} {
		if s != "" {
			return s
		}
	}
	return m.Name
}
