package notify

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Chat is an incoming webhook of Slack, or of Mattermost, which takes the same
// (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
// https://developers.mattermost.com/integrate/webhooks/incoming).
type Chat struct {
	URL     string        `yaml:"url"`
	URLFile string        `yaml:"url_file"`
	Channel string        `yaml:"channel"` // of Mattermost; "": the webhook's own
	Timeout time.Duration `yaml:"timeout"`

	kind string // slack or mattermost
}

func (c *Chat) as(kind string) *Chat {
	if c == nil {
		return nil
	}
	d := *c
	d.kind = kind
	return &d
}

func (c *Chat) withDefaults() channel {
	d := *c
	d.Timeout = orDefault(d.Timeout)
	return &d
}

func (c *Chat) validate(bad complaint) {
	validLocation(c.URL, c.URLFile, bad, c.kind+".")
	if c.Channel != "" && c.kind == "slack" {
		bad("slack.channel", "a webhook of Slack has one channel, and cannot choose")
	}
	validTimeout(c.Timeout, c.kind+".timeout", bad)
}

func (c *Chat) routes() []string { return []string{c.kind} }

func (c *Chat) send(ctx context.Context, by means, _ string, n note) (string, error) {
	address, err := location(c.URL, c.URLFile)
	if err != nil {
		return "", err
	}
	r, err := c.request(n, address)
	if err != nil {
		return "", err
	}
	return by.post(ctx, c.Timeout, n.Delivery, r)
}

type chatMessage struct {
	Channel     string           `json:"channel,omitempty"`
	Text        string           `json:"text"`
	Attachments []chatAttachment `json:"attachments"`
}

type chatAttachment struct {
	Fallback string   `json:"fallback"`
	Color    string   `json:"color"`
	Text     string   `json:"text"`
	Markdown []string `json:"mrkdwn_in"`
}

// maxChatText is what Slack shows of an attachment before it folds it, well
// below what either refuses.
const maxChatText = 3000

// request: the subject stands in the text, which phones show; the body, word for
// word, beside a bar of colour.
func (c *Chat) request(n note, address string) (request, error) {
	escape := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace // also keeps <!channel> from calling all
	if c.kind == "mattermost" {
		// A zero width space: @all and @channel call people wherever they stand.
		escape = strings.NewReplacer("@", "@\u200b").Replace
	}
	subject := escape(n.subject)
	if n.URL != "" {
		link := map[string]string{"slack": "<%s|pages>", "mattermost": "[pages](%s)"}[c.kind]
		subject += " " + fmt.Sprintf(link, n.URL)
	}
	body := strings.ReplaceAll(escape(cut(n.text, maxChatText)), "```", "'''")
	return encoded(address, chatMessage{
		Channel: c.Channel, Text: subject,
		Attachments: []chatAttachment{{
			Fallback: escape(n.subject), Color: colour(n.Message), Text: "```\n" + strings.TrimRight(body, "\n") + "\n```",
			Markdown: []string{"text"},
		}},
	})
}

// colour of a message where there is a place for one.
func colour(m Message) string {
	switch m.Event {
	case Recovery:
		return "#2e7d32"
	case Closed:
		return "#757575"
	}
	switch m.Severity {
	case "critical":
		return "#c62828"
	case "warning":
		return "#ef6c00"
	}
	return "#1565c0"
}
