package notify

import (
	"context"
	"net/url"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/secret"
)

// Opsgenie is an API integration, of Opsgenie or of Jira Service Management
// (https://docs.opsgenie.com/docs/alert-api).
type Opsgenie struct {
	// URL is https://api.opsgenie.com, or that of the EU: https://api.eu.opsgenie.com.
	URL        string        `yaml:"url"`
	APIKeyFile string        `yaml:"api_key_file"`
	Tags       []string      `yaml:"tags"`
	Timeout    time.Duration `yaml:"timeout"`
}

func (o *Opsgenie) withDefaults() channel {
	c := *o
	c.Timeout = orDefault(c.Timeout)
	if c.URL == "" {
		c.URL = "https://api.opsgenie.com"
	}
	return &c
}

func (o *Opsgenie) validate(bad complaint) {
	validLocation(o.URL, "", bad, "opsgenie.")
	validSecret(o.APIKeyFile, "opsgenie.api_key_file", bad)
	validTimeout(o.Timeout, "opsgenie.timeout", bad)
}

func (o *Opsgenie) routes() []string { return []string{"opsgenie"} }

func (o *Opsgenie) send(ctx context.Context, by means, _ string, n note) (string, error) {
	key, err := secret.Read(o.APIKeyFile)
	if err != nil {
		return "", err
	}
	r, err := o.request(n, key)
	if err != nil {
		return "", err
	}
	return by.post(ctx, o.Timeout, n.Delivery, r)
}

type opsAlert struct {
	Message     string            `json:"message"` // at most 130 characters
	Alias       string            `json:"alias"`   // of which one alert is open at a time
	Description string            `json:"description"`
	Tags        []string          `json:"tags,omitempty"`
	Details     map[string]string `json:"details,omitempty"`
	Entity      string            `json:"entity"`
	Source      string            `json:"source"`
	Priority    string            `json:"priority"`
}

type opsClose struct {
	Source string `json:"source"`
	Note   string `json:"note"`
}

func (o *Opsgenie) request(n note, key string) (r request, err error) {
	base, err := parseURL(o.URL)
	if err != nil {
		return r, err
	}
	alerts := base.JoinPath("v2", "alerts")
	if n.Event == Problem {
		r, err = encoded(alerts.String(), opsAlert{
			Message: cut(n.subject, 130), Alias: n.episode(), Description: cut(n.text, 15000), Tags: o.Tags,
			Details: n.Labels, Entity: cut(n.source(), 512), Source: "plimsoll", Priority: opsPriority(n.Severity),
		})
	} else {
		end := alerts.JoinPath(n.episode(), "close")
		end.RawQuery = url.Values{"identifierType": {"alias"}}.Encode()
		r, err = encoded(end.String(), opsClose{"plimsoll", n.subject})
	}
	if err == nil {
		r.header["Authorization"], r.secrets = "GenieKey "+key, []string{key}
	}
	return r, err
}

func opsPriority(s metric.Severity) string {
	switch s {
	case metric.Critical:
		return "P1"
	case metric.Info:
		return "P5"
	}
	return "P3"
}
