package notify

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"
)

// Teams is a webhook of Microsoft Teams: a workflow "when a webhook request is
// received", or an old connector. Both take an adaptive card
// (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using,
// https://adaptivecards.io/explorer).
type Teams struct {
	URL     string        `yaml:"url"`
	URLFile string        `yaml:"url_file"`
	Timeout time.Duration `yaml:"timeout"`
}

func (c *Teams) withDefaults() channel {
	d := *c
	d.Timeout = orDefault(d.Timeout)
	return &d
}

func (c *Teams) validate(bad complaint) {
	validLocation(c.URL, c.URLFile, bad, "teams.")
	validTimeout(c.Timeout, "teams.timeout", bad)
}

func (c *Teams) routes() []string { return []string{"teams"} }

func (c *Teams) send(ctx context.Context, by means, _ string, n note) (string, error) {
	address, err := location(c.URL, c.URLFile)
	if err != nil {
		return "", err
	}
	r, err := teamsRequest(n, address)
	if err != nil {
		return "", err
	}
	return by.post(ctx, c.Timeout, n.Delivery, r)
}

type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	Content     teamsCard `json:"content"`
}

type teamsCard struct {
	Schema  string        `json:"$schema"`
	Type    string        `json:"type"`
	Version string        `json:"version"`
	Body    []teamsBlock  `json:"body"`
	Actions []teamsAction `json:"actions,omitempty"`
}

type teamsBlock struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Weight string `json:"weight,omitempty"`
	Color  string `json:"color,omitempty"`
	Font   string `json:"fontType,omitempty"`
	Wrap   bool   `json:"wrap"`
}

type teamsAction struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

// maxTeamsText keeps a message well below the 28 kB that Teams takes.
const maxTeamsText = 8000

func teamsRequest(n note, address string) (request, error) {
	// The text is Markdown, in which a line ends with an empty one.
	escape := strings.NewReplacer("\n", "\n\n", "*", "\\*", "_", "\\_").Replace
	card := teamsCard{
		Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
		Body: []teamsBlock{
			{Type: "TextBlock", Text: escape(n.subject), Weight: "Bolder", Color: teamsColour(n.Message), Wrap: true},
			{Type: "TextBlock", Text: escape(strings.TrimSpace(cut(n.text, maxTeamsText))), Font: "Monospace", Wrap: true},
		},
	}
	if n.URL != "" {
		card.Actions = []teamsAction{{"Action.OpenUrl", "Pages", n.URL}}
	}
	r, err := encoded(address, teamsMessage{
		Type:        "message",
		Attachments: []teamsAttachment{{"application/vnd.microsoft.card.adaptive", card}},
	})
	r.judge = judgeTeams
	return r, err
}

func teamsColour(m Message) string {
	switch {
	case m.Event == Recovery:
		return "Good"
	case m.Event == Closed:
		return "Default"
	case m.Severity == "critical":
		return "Attention"
	case m.Severity == "warning":
		return "Warning"
	}
	return "Accent"
}

var errTeams = errors.New("not delivered by Teams")

// judgeTeams: a connector answers 200 also when Teams behind it did not take the
// message, for its rate above all, and says so in words.
func judgeTeams(said []byte) error {
	if bytes.Contains(said, []byte("Webhook message delivery failed")) || bytes.Contains(said, []byte("returned HTTP error")) {
		return errTeams
	}
	return nil
}
