package notify

import (
	"context"
	"time"

	"plimsoll/internal/metric"
	"plimsoll/internal/secret"
)

// Ntfy is a topic of ntfy (https://docs.ntfy.sh/publish/#publish-as-json).
type Ntfy struct {
	URL string `yaml:"url"`
	// Topic is as good as a password where everybody may read: TopicFile holds
	// it in its place.
	Topic     string        `yaml:"topic"`
	TopicFile string        `yaml:"topic_file"`
	TokenFile string        `yaml:"token_file"` // "": without one
	Timeout   time.Duration `yaml:"timeout"`
}

func (c *Ntfy) withDefaults() channel {
	d := *c
	d.Timeout = orDefault(d.Timeout)
	if d.URL == "" {
		d.URL = "https://ntfy.sh"
	}
	return &d
}

func (c *Ntfy) validate(bad complaint) {
	validLocation(c.URL, "", bad, "ntfy.")
	switch {
	case c.TopicFile != "" && c.Topic != "":
		bad("ntfy.topic_file", "stands beside topic: one is enough")
	case c.TopicFile != "":
		validSecret(c.TopicFile, "ntfy.topic_file", bad)
	case c.Topic == "":
		bad("ntfy.topic", "is missing")
	}
	if c.TokenFile != "" {
		validSecret(c.TokenFile, "ntfy.token_file", bad)
	}
	validTimeout(c.Timeout, "ntfy.timeout", bad)
}

func (c *Ntfy) routes() []string { return []string{"ntfy"} }

func (c *Ntfy) send(ctx context.Context, by means, _ string, n note) (answer string, err error) {
	topic, token := c.Topic, ""
	if c.TopicFile != "" {
		topic, err = secret.Read(c.TopicFile)
	}
	if err == nil && c.TokenFile != "" {
		token, err = secret.Read(c.TokenFile)
	}
	if err != nil {
		return "", err
	}
	r, err := c.request(n, topic, token)
	if err != nil {
		return "", err
	}
	return by.post(ctx, c.Timeout, n.Delivery, r)
}

type ntfyMessage struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"` // at most 4096 bytes, or it becomes a file
	Priority int      `json:"priority"`
	Tags     []string `json:"tags"`
	Click    string   `json:"click,omitempty"`
}

func (c *Ntfy) request(n note, topic, token string) (request, error) {
	m := ntfyMessage{
		Topic: topic, Title: n.subject, Message: cut(n.text, 4000), Priority: 3, Tags: []string{"information_source"}, Click: n.URL,
	}
	switch {
	case n.Event == Recovery:
		m.Tags = []string{"white_check_mark"}
	case n.Event == Closed:
		m.Tags = []string{"grey_question"}
	case n.Severity == metric.Critical:
		m.Priority, m.Tags = 5, []string{"rotating_light"}
	case n.Severity != metric.Info:
		m.Priority, m.Tags = 4, []string{"warning"}
	}
	r, err := encoded(c.URL, m)
	if err == nil && token != "" {
		r.header["Authorization"] = "Bearer " + token
	}
	r.secrets = []string{topic, token}
	return r, err
}
